/** Hot: no allocation. The sending half of a benchmark's ports: counts, and in the runs that ask for it hashes or times. */
import { HeaderOffset, HeaderWord } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { CELLS, NOW, readClock } from '../../src/ring/monotonic-clock.js';
import { PAYLOAD_AT, type PayloadHash } from '../payload.js';
import { bucketOf, Cell } from './panel.js';

/** Where the source writes a packet's sequence number: a word of its payload. */
export const SEQUENCE_AT = 44;

/** What a source knows of the packets that it has under way. One run a thread, so there is one of these. */
export interface UnderWay {
  /** By slot: when the packet was due, in milliseconds; negative, when that was before the window. */
  dueMs: Float64Array | null;
}

export class BenchEgress {
  readonly #memory: PortMemory;
  readonly #panel: Float64Array;
  readonly #hash: PayloadHash | null;
  readonly #underWay: UnderWay | null;
  /** Made for the first packet: a chain has packets at one end only, and a closure is the faster for being the only one. */
  #pending: Pending | null = null;
  readonly #times = new Float64Array(CELLS);
  readonly #payloadAt: (slot: number, start: number) => number;

  constructor(memory: PortMemory, panel: Float64Array, hash: PayloadHash | null, underWay: UnderWay | null, isReal: boolean) {
    this.#memory = memory;
    this.#panel = panel;
    this.#hash = hash;
    this.#underWay = underWay;
    // Of a recorded packet the payload begins where its headers end; what a NAT rewrites lies before.
    this.#payloadAt = isReal ? (slot) => memory.headers.u16[(slot << 5) + (HeaderOffset.payloadOffset >> 1)] : () => PAYLOAD_AT;
  }

  transmit(addresses: Uint32Array, count: number): void {
    const panel = this.#panel;
    const { bytes, sequences } = (this.#pending ??= pendingOf(this.#memory)).take(addresses, count);
    if (panel[Cell.transmitted] === 0) panel[Cell.firstOutNs] = Number(process.hrtime.bigint());
    panel[Cell.transmitted] += count;
    panel[Cell.transmittedBytes] += bytes;
    panel[Cell.sequenceOut] = (panel[Cell.sequenceOut] + (sequences >>> 0)) % 0x100000000;
    if (this.#hash !== null) this.#addHashes(this.#hash, addresses, count);
    if (this.#underWay !== null) this.#addLatencies(this.#underWay, addresses, count);
  }

  #addHashes(hash: PayloadHash, addresses: Uint32Array, count: number): void {
    const { region, headers } = this.#memory;
    for (let k = 0; k < count; k++) {
      const slot = this.#memory.slotIndex(addresses[k]);
      const start = addresses[k] + headers.u32[slot << 4];
      const length = headers.u32[(slot << 4) + 1];
      hash.add(region, start + Math.min(length, this.#payloadAt(slot, start)), start + length);
    }
    hash.writeTo(this.#panel, Cell.hashOut);
  }

  #addLatencies({ dueMs }: UnderWay, addresses: Uint32Array, count: number): void {
    if (dueMs === null) return;
    readClock(this.#times);
    const now = this.#times[NOW];
    for (let k = 0; k < count; k++) {
      const due = dueMs[this.#memory.slotIndex(addresses[k])];
      // Packets of the warm-up are timed too: code that has never run would be compiled within the window.
      this.#panel[(due > 0 ? Cell.buckets : Cell.bucketsBefore) + bucketOf((now - Math.abs(due)) * 1e6)]++;
    }
  }

  complete(out: Uint32Array, max: number): number {
    return this.#pending === null ? 0 : this.#pending.complete(out, max);
  }
}

/** What was given for sending, until the manager asks for it. */
interface Pending {
  /** @returns of these packets their bytes, and the sum of their sequence numbers as an int32; the object is used again. */
  take(addresses: Uint32Array, count: number): { readonly bytes: number; readonly sequences: number };
  complete(out: Uint32Array, max: number): number;
}

/** Closures over constants: docs/hot-code.md. */
function pendingOf(memory: PortMemory): Pending {
  const allWords = new Int32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
  const allHeaders = memory.headers.i32;
  const capacity = Math.max(64, 2 ** Math.ceil(Math.log2(memory.headers.slotCount)));
  const allPending = new Int32Array(capacity);
  const mask = capacity - 1;
  const sums = { bytes: 0, sequences: 0 };
  let consumerIndex = 0;
  let producerIndex = 0;
  return {
    take(addresses, count) {
      const words = allWords;
      const headers = allHeaders;
      const pending = allPending;
      const index = producerIndex;
      let bytes = 0;
      let sequences = 0;
      for (let k = 0; k < count; k++) {
        const address = addresses[k];
        const at = memory.slotIndex(address) << 4;
        bytes = (bytes + headers[at | HeaderWord.length]) | 0;
        sequences = (sequences + words[(address + headers[at] + SEQUENCE_AT) >>> 2]) | 0;
        pending[(index + k) & mask] = address;
      }
      producerIndex = (index + count) | 0;
      sums.bytes = bytes;
      sums.sequences = sequences;
      return sums;
    },

    complete(out, max) {
      const pending = allPending;
      const ready = (producerIndex - consumerIndex) | 0;
      const count = ready < max ? ready : max;
      for (let k = 0; k < count; k++) out[k] = pending[(consumerIndex + k) & mask];
      consumerIndex = (consumerIndex + count) | 0;
      return count;
    },
  };
}
