/** Hot: no allocation. The sending half of a benchmark's ports: counts, and in the runs that ask for it hashes or times. */
import { HeaderOffset } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { PAYLOAD_AT, type PayloadHash } from '../payload.js';
import { bucketOf, Cell } from './panel.js';

/** Where the source writes a packet's sequence number: a word of its payload. */
export const SEQUENCE_AT = 44;

/** What a source knows of the packets that it has under way. One run a thread, so there is one of these. */
export interface UnderWay {
  /** By slot: when the packet was due, in milliseconds; 0: not to be timed. */
  dueMs: Float64Array | null;
}

export class BenchEgress {
  readonly #memory: PortMemory;
  readonly #words: Uint32Array;
  readonly #panel: Float64Array;
  readonly #hash: PayloadHash | null;
  readonly #underWay: UnderWay | null;
  readonly #pending: Uint32Array;
  readonly #payloadAt: (slot: number, start: number) => number;
  #consumerIndex = 0;
  #producerIndex = 0;

  constructor(memory: PortMemory, panel: Float64Array, hash: PayloadHash | null, underWay: UnderWay | null, isReal: boolean) {
    this.#memory = memory;
    this.#words = new Uint32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
    this.#panel = panel;
    this.#hash = hash;
    this.#underWay = underWay;
    this.#pending = new Uint32Array(2 ** Math.ceil(Math.log2(memory.headers.slotCount)));
    // Of a recorded packet the payload begins where its headers end; what a NAT rewrites lies before.
    this.#payloadAt = isReal ? (slot) => memory.headers.u16[(slot << 5) + (HeaderOffset.payloadOffset >> 1)] : () => PAYLOAD_AT;
  }

  transmit(addresses: Uint32Array, count: number): void {
    const panel = this.#panel;
    const { u32 } = this.#memory.headers;
    const words = this.#words;
    const mask = this.#pending.length - 1;
    let bytes = 0;
    let sequences = 0;
    for (let k = 0; k < count; k++) {
      const address = addresses[k];
      const at = this.#memory.slotIndex(address) << 4;
      bytes += u32[at + 1];
      sequences = (sequences + words[(address + u32[at] + SEQUENCE_AT) >>> 2]) | 0;
      this.#pending[this.#producerIndex++ & mask] = address;
    }
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
    const now = performance.now();
    for (let k = 0; k < count; k++) {
      const due = dueMs[this.#memory.slotIndex(addresses[k])];
      if (due > 0) this.#panel[Cell.buckets + bucketOf((now - due) * 1e6)]++;
    }
  }

  complete(out: Uint32Array, max: number): number {
    const ready = this.#producerIndex - this.#consumerIndex;
    const count = ready < max ? ready : max;
    const mask = this.#pending.length - 1;
    for (let k = 0; k < count; k++) out[k] = this.#pending[this.#consumerIndex++ & mask];
    return count;
  }
}
