/** Hot: no allocation. Writes a record that a reader stands at into a free slot, with all header fields that are a port's. */
import { BlockCopier } from '../../memory/block-copier.js';
import { HEADER_BYTES_LOG2, HeaderWord, initialDataOffset, ParseFlag } from '../../memory/slot-layout.js';
import type { PortMemory } from '../contract.js';

/** What a header says of a packet when it arrives. */
export interface Arrival {
  readonly length: number;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly linkType: number;
  readonly interfaceId: number;
}

export class SlotFiller {
  readonly #memory: PortMemory;
  readonly #copier = new BlockCopier();

  constructor(memory: PortMemory) {
    this.#memory = memory;
  }

  /** The bytes at `dataOffset` of `buffer` become the packet at `address`. They must fit: at most `maxPacketBytes`. */
  fill(address: number, buffer: Uint8Array, dataOffset: number, arrival: Arrival): void {
    const memory = this.#memory;
    const slotIndex = memory.slotIndex(address);
    const start = initialDataOffset(slotIndex);
    this.#copier.copy(buffer, dataOffset, memory.region, address + start, arrival.length);
    describeArrival(memory, slotIndex, start, arrival);
  }
}

/** Writes the header only, for ports that put the bytes there themselves. */
export function describeArrival(memory: PortMemory, slotIndex: number, dataOffset: number, arrival: Arrival): void {
  const { i32 } = memory.headers;
  const at = slotIndex << (HEADER_BYTES_LOG2 - 2);
  i32[at + HeaderWord.dataOffset] = dataOffset;
  i32[at + HeaderWord.length] = arrival.length;
  i32[at + HeaderWord.originalLength] = arrival.originalLength;
  i32[at + HeaderWord.kind] = (arrival.linkType << 24) | (arrival.length < arrival.originalLength ? ParseFlag.snapped << 16 : 0);
  i32[at + HeaderWord.ports] = arrival.interfaceId << 16;
  i32[at + HeaderWord.timestampSeconds] = arrival.seconds;
  i32[at + HeaderWord.timestampNanos] = arrival.nanos;
}
