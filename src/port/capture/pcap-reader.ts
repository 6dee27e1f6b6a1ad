/**
 * Classic pcap (draft-ietf-opsawg-pcap), microseconds and nanoseconds, both byte orders.
 *
 *   file header   | magic 4 | major 2 | minor 2 | reserved 8 | snap length 4 | link type 4 |
 *   record        | seconds 4 | fraction 4 | captured length 4 | original length 4 | bytes … |
 */
import type { ByteSource } from './byte-source.js';
import { linkTypeFromFile } from './link-types.js';
import type { ReadWindow } from './read-window.js';
import { CaptureReader, MAX_RECORD_BYTES, Step } from './reader.js';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** The rest of the word tells of a frame check sequence, which is treated as part of the packet. */
const LINK_TYPE_MASK = 0xffff;

export interface PcapVariant {
  littleEndian: boolean;
  /** Nanoseconds in one unit of the fraction: 1000 or 1. */
  nanosPerUnit: number;
}

export class PcapReader extends CaptureReader {
  readonly format = 'pcap';
  readonly #variant: PcapVariant;
  #begun = false;

  constructor(path: string, source: ByteSource, window: ReadWindow, variant: PcapVariant) {
    super(path, source, window);
    this.#variant = variant;
  }

  #u32(at: number): number {
    const bytes = this.window.buffer;
    return this.#variant.littleEndian
      ? (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
      : ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }

  #begin(): number {
    const found = this.need(FILE_HEADER_BYTES, 'the file header');
    if (found !== Step.record) return found;
    const at = this.window.cursor;
    const fileLinkType = this.#u32(at + 20) & LINK_TYPE_MASK;
    this.interfaces.push({
      name: '',
      fileLinkType,
      linkType: linkTypeFromFile(fileLinkType),
      snapLength: this.#u32(at + 16),
      resolution: this.#variant.nanosPerUnit === 1 ? 9 : 6,
      offsetSeconds: 0,
    });
    this.window.skip(FILE_HEADER_BYTES);
    this.#begun = true;
    return Step.nothing;
  }

  protected override advance(): number {
    if (!this.#begun) return this.#begin();
    let found = this.need(RECORD_HEADER_BYTES, 'a record header');
    if (found !== Step.record) return found;
    const length = this.#u32(this.window.cursor + 8);
    const offset = this.window.fileOffset;
    if (length > MAX_RECORD_BYTES) {
      this.records++;
      this.log.add('record-length-invalid', offset, `${length} B, at most ${MAX_RECORD_BYTES} B are believed`);
      return Step.ended;
    }
    found = this.need(RECORD_HEADER_BYTES + length, 'a record');
    if (found !== Step.record) {
      if (found === Step.ended) this.records++;
      return found;
    }
    const at = this.window.cursor;
    this.records++;
    this.seconds = this.#u32(at);
    this.nanos = this.#u32(at + 4) * this.#variant.nanosPerUnit;
    this.length = length;
    this.originalLength = this.#u32(at + 12);
    this.interfaceId = 0;
    this.dataOffset = at + RECORD_HEADER_BYTES;
    this.position = this.window.position + RECORD_HEADER_BYTES;
    this.window.skip(RECORD_HEADER_BYTES + length);
    return this.admit(offset) ? Step.record : Step.nothing;
  }
}
