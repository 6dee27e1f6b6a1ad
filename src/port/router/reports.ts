/**
 * Hot: no allocation. What the receiving half of a leg hears of neighbours, told to the sending half, which owns the table of
 * them: by a ring of words, whose orderings are those of every ring (src/ring/spsc-ring.ts). When it is full, reports are left
 * out: whoever is wanted is asked again.
 *
 * A report: four words of the address, upper 16 bits of the hardware address with ReportFlag above them, its lower 32 bits.
 */
import { readU16, readU32 } from '../../packet/bytes.js';
import type { Bell } from '../../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../../ring/spsc-ring.js';
import type { RingSpec } from '../../ring/ring-layout.js';
import type { NeighbourTable } from './neighbour-table.js';

const WORDS = 6;
/** Entries of the ring: some 170 reports. */
export const REPORT_RING_CAPACITY = 1024;
/** Reports that are taken at a time. */
const MAX_AT_ONCE = 64;

export const ReportFlag = {
  /** An answer to a question of ours. */
  answer: 0x10000,
  /** Replaces what is known. */
  override: 0x20000,
  /** It asked for us: it will want to hear from us. */
  asksUs: 0x40000,
} as const;

export class ReportWriter {
  readonly #ring: RingProducer;
  readonly #bell: Bell;

  constructor(buffer: ArrayBufferLike, spec: RingSpec, bell: Bell) {
    this.#ring = new RingProducer(buffer, spec);
    this.#bell = bell;
  }

  /** The address is in these words, and the hardware address in the bytes at `mac`. Words are int32. */
  tell(w0: number, w1: number, w2: number, w3: number, bytes: Uint8Array, mac: number, flags: number): void {
    if (this.#ring.occupancy() + WORDS > this.#ring.capacity) return;
    this.#ring.push(w0);
    this.#ring.push(w1);
    this.#ring.push(w2);
    this.#ring.push(w3);
    this.#ring.push(readU16(bytes, mac) | flags);
    this.#ring.push(readU32(bytes, mac + 2));
    this.#ring.publish();
    this.#bell.ring();
  }
}

export class ReportReader {
  readonly #ring: RingConsumer;
  readonly #batch = new Uint32Array(WORDS * MAX_AT_ONCE);

  constructor(buffer: ArrayBufferLike, spec: RingSpec) {
    this.#ring = new RingConsumer(buffer, spec);
  }

  get isEmpty(): boolean {
    return this.#ring.isEmpty();
  }

  /** Tells the table what was heard. */
  drain(table: NeighbourTable, nowMs: number): void {
    if (this.#ring.isEmpty()) return;
    const batch = this.#batch;
    // Reports are published whole, and taken whole.
    const words = this.#ring.take(batch, batch.length);
    for (let at = 0; at < words; at += WORDS) {
      const flags = batch[at + 4];
      table.learn(
        batch[at] | 0, batch[at + 1] | 0, batch[at + 2] | 0, batch[at + 3] | 0, flags & 0xffff, batch[at + 5] | 0,
        (flags & ReportFlag.answer) !== 0, (flags & ReportFlag.override) !== 0, (flags & ReportFlag.asksUs) !== 0, nowMs,
      );
    }
  }
}
