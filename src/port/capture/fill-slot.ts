/** Hot: no allocation. Writes a record that a reader stands at into a free slot, with all header fields that are a port's. */
import { HEADER_BYTES_LOG2, HeaderOffset, initialDataOffset, ParseFlag } from '../../memory/slot-layout.js';
import type { PortMemory } from '../contract.js';
import { copyBytes } from './copy-bytes.js';

/** What a header says of a packet when it arrives. */
export interface Arrival {
  readonly length: number;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly linkType: number;
  readonly interfaceId: number;
}

/** The bytes at `dataOffset` of `buffer` become the packet at `address`. They must fit: at most `maxPacketBytes`. */
export function fillSlot(memory: PortMemory, address: number, buffer: Uint8Array, dataOffset: number, arrival: Arrival): void {
  const slotIndex = memory.slotIndex(address);
  const start = initialDataOffset(slotIndex);
  copyBytes(buffer, dataOffset, memory.region, address + start, arrival.length);
  describeArrival(memory, slotIndex, start, arrival);
}

/** Writes the header only, for ports that put the bytes there themselves. */
export function describeArrival(memory: PortMemory, slotIndex: number, dataOffset: number, arrival: Arrival): void {
  const { u8, u16, u32 } = memory.headers;
  const at32 = slotIndex << (HEADER_BYTES_LOG2 - 2);
  const at8 = slotIndex << HEADER_BYTES_LOG2;
  u32[at32 + (HeaderOffset.dataOffset >> 2)] = dataOffset;
  u32[at32 + (HeaderOffset.length >> 2)] = arrival.length;
  u32[at32 + (HeaderOffset.originalLength >> 2)] = arrival.originalLength;
  u32[at32 + (HeaderOffset.timestampSeconds >> 2)] = arrival.seconds;
  u32[at32 + (HeaderOffset.timestampNanos >> 2)] = arrival.nanos;
  u16[(slotIndex << (HEADER_BYTES_LOG2 - 1)) + (HeaderOffset.interfaceId >> 1)] = arrival.interfaceId;
  u8[at8 + HeaderOffset.linkType] = arrival.linkType;
  u8[at8 + HeaderOffset.parseFlags] = arrival.length < arrival.originalLength ? ParseFlag.snapped : 0;
}
