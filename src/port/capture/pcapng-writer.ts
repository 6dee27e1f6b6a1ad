/**
 * pcapng, little-endian, nanoseconds. An interface is described when its first packet is written: one for each
 * interface and link type that packets came from, with the name it had there.
 */
import type { InterfaceDirectory } from './interfaces.js';
import { linkTypeToFile } from './link-types.js';
import { toNanoseconds } from './timestamps.js';
import { type ByteSink, CaptureWriter, type RecordMeta, Written } from './writer.js';

const APPLICATION = new TextEncoder().encode('millrace');
/** A comment's option head, its padding and the end of options. */
const COMMENT_OVERHEAD_BYTES = 12;
/** Type, length twice, and the fields of an enhanced packet; and its padding. */
const PACKET_OVERHEAD_BYTES = 32 + 3;
/** Longest name kept of an interface; the system allows 15 bytes, tools write more. */
const MAX_NAME_BYTES = 1024;
/** A section header and an interface description with the longest name. */
const FRONT_BYTES = 64 + 48 + MAX_NAME_BYTES;
const NANOSECONDS = 9;

/** `received` and `dropped` are those of interface statistics; codes have their meaning in one kind of block. */
const Option = { end: 0, comment: 1, interfaceName: 2, application: 4, timestampResolution: 9, received: 4, dropped: 5 } as const;
const padded = (length: number): number => (length + 3) & ~3;

export class PcapngWriter extends CaptureWriter {
  readonly #directory: InterfaceDirectory;
  /** Interface in this file, by where the packet came from and its link type. */
  readonly #interfaces = new Map<number, number>();
  readonly #halves = { high: 0, low: 0 };
  #begun = false;

  constructor(target: string | ByteSink, reading: readonly string[], directory: InterfaceDirectory) {
    super(target, reading);
    this.#directory = directory;
  }

  protected override recordBytes(length: number, comment: Uint8Array | null): number {
    return FRONT_BYTES + PACKET_OVERHEAD_BYTES + length + (comment === null ? 0 : COMMENT_OVERHEAD_BYTES + comment.length);
  }

  protected override append(bytes: Uint8Array, start: number, length: number, meta: RecordMeta, comment: Uint8Array | null): number {
    if (!this.#begun) this.#section();
    const key = (meta.ingressPort * 65536 + meta.interfaceId) * 256 + meta.linkType;
    const target = this.#interfaces.get(key) ?? this.#describe(key, meta);
    const { view, used } = this;
    const optionBytes = comment === null ? 0 : 8 + padded(comment.length);
    const total = 32 + padded(length) + optionBytes;
    toNanoseconds(meta.seconds, meta.nanos, this.#halves);
    view.setUint32(used, 6, true);
    view.setUint32(used + 4, total, true);
    view.setUint32(used + 8, target, true);
    view.setUint32(used + 12, this.#halves.high, true);
    view.setUint32(used + 16, this.#halves.low, true);
    view.setUint32(used + 20, length, true);
    view.setUint32(used + 24, meta.originalLength, true);
    this.used += 28;
    this.copyIn(bytes, start, length);
    this.#pad(length);
    if (comment !== null) {
      this.#option(Option.comment, comment);
      this.#endOptions();
    }
    this.#endBlock(total);
    return Written.yes;
  }

  /** Says what is in front of the first packet, so that a reader of a stream knows what to expect. */
  begin(): void {
    if (!this.#begun) this.#section();
  }

  /**
   * Adds an interface statistics block: how many packets were seen, and how many of them found no room.
   * @param from whose interface: described now, if no packet of it was written.
   */
  statistics(from: RecordMeta, received: number, dropped: number): void {
    this.begin();
    const key = (from.ingressPort * 65536 + from.interfaceId) * 256 + from.linkType;
    const target = this.#interfaces.get(key) ?? this.#describe(key, from);
    // The head, two counts of 8 B with their option heads, the end of options, and the length once more.
    const total = 20 + 2 * 12 + 4 + 4;
    const { view } = this;
    toNanoseconds(from.seconds, from.nanos, this.#halves);
    view.setUint32(this.used, 5, true);
    view.setUint32(this.used + 4, total, true);
    view.setUint32(this.used + 8, target, true);
    view.setUint32(this.used + 12, this.#halves.high, true);
    view.setUint32(this.used + 16, this.#halves.low, true);
    this.used += 20;
    this.#count(Option.received, received);
    this.#count(Option.dropped, dropped);
    this.#endOptions();
    this.#endBlock(total);
  }

  #count(code: number, value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
    this.#option(code, bytes);
  }

  #section(): void {
    this.#begun = true;
    const total = 28 + 8 + APPLICATION.length;
    const { view, used } = this;
    view.setUint32(used, 0x0a0d0d0a, true);
    view.setUint32(used + 4, total, true);
    view.setUint32(used + 8, 0x1a2b3c4d, true);
    view.setUint16(used + 12, 1, true);
    view.setUint16(used + 14, 0, true);
    // Section length: not told.
    view.setInt32(used + 16, -1, true);
    view.setInt32(used + 20, -1, true);
    this.used += 24;
    this.#option(Option.application, APPLICATION);
    this.#endOptions();
    this.#endBlock(total);
  }

  #describe(key: number, meta: RecordMeta): number {
    const id = this.#interfaces.size;
    this.#interfaces.set(key, id);
    const source = this.#directory.find(meta.ingressPort, meta.interfaceId);
    const name = new TextEncoder().encode(source?.name ?? '').subarray(0, MAX_NAME_BYTES);
    const nameBytes = name.length === 0 ? 0 : 4 + padded(name.length);
    const total = 20 + nameBytes + 8 + 4;
    const { view, used } = this;
    view.setUint32(used, 1, true);
    view.setUint32(used + 4, total, true);
    view.setUint16(used + 8, linkTypeToFile(meta.linkType), true);
    view.setUint16(used + 10, 0, true);
    // No snap length: packets may have grown on their way.
    view.setUint32(used + 12, 0, true);
    this.used += 16;
    if (name.length > 0) this.#option(Option.interfaceName, name);
    this.#option(Option.timestampResolution, Uint8Array.of(NANOSECONDS));
    this.#endOptions();
    this.#endBlock(total);
    return id;
  }

  #option(code: number, value: Uint8Array): void {
    this.view.setUint16(this.used, code, true);
    this.view.setUint16(this.used + 2, value.length, true);
    this.used += 4;
    this.buffer.set(value, this.used);
    this.used += value.length;
    this.#pad(value.length);
  }

  #pad(length: number): void {
    const end = this.used + (-length & 3);
    while (this.used < end) this.buffer[this.used++] = 0;
  }

  #endOptions(): void {
    this.view.setUint32(this.used, Option.end, true);
    this.used += 4;
  }

  #endBlock(total: number): void {
    this.view.setUint32(this.used, total, true);
    this.used += 4;
  }

  protected override finish(): void {
    if (!this.#begun) this.#section();
  }
}
