/** Classic pcap with nanoseconds, little-endian. One link type a file: that of its first packet. */
import { LinkType } from '../../memory/slot-layout.js';
import { linkTypeToFile } from './link-types.js';
import { MAX_RECORD_BYTES } from './reader.js';
import { CaptureWriter, type RecordMeta, Written } from './writer.js';

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

export class PcapWriter extends CaptureWriter {
  #linkType = -1;

  protected override recordBytes(length: number): number {
    return FILE_HEADER_BYTES + RECORD_HEADER_BYTES + length;
  }

  #begin(linkType: number): void {
    this.#linkType = linkType;
    const { view, used } = this;
    view.setUint32(used, MAGIC_NANOSECONDS, true);
    view.setUint16(used + 4, 2, true);
    view.setUint16(used + 6, 4, true);
    view.setUint32(used + 8, 0, true);
    view.setUint32(used + 12, 0, true);
    view.setUint32(used + 16, MAX_RECORD_BYTES, true);
    view.setUint32(used + 20, linkTypeToFile(linkType), true);
    this.used += FILE_HEADER_BYTES;
  }

  protected override append(bytes: Uint8Array, start: number, length: number, meta: RecordMeta): number {
    if (this.#linkType < 0) this.#begin(meta.linkType);
    if (meta.linkType !== this.#linkType) return Written.linkTypeMismatch;
    const { view, used } = this;
    view.setUint32(used, meta.seconds, true);
    view.setUint32(used + 4, meta.nanos, true);
    view.setUint32(used + 8, length, true);
    view.setUint32(used + 12, meta.originalLength, true);
    this.used += RECORD_HEADER_BYTES;
    this.copyIn(bytes, start, length);
    return Written.yes;
  }

  protected override finish(): void {
    if (this.#linkType < 0) this.#begin(LinkType.ethernet);
  }
}
