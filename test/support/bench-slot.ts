/** A packet placed in a slot of its own and parsed, as it is after ingress. The bytes around it are poison. */
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HEADER_BYTES, HeaderOffset, LinkType } from '../../src/memory/slot-layout.js';
import { Packet } from '../../src/packet/packet.js';

export const SLOT_BYTES = 4096;
export const MARGIN = 256;

export interface Placing {
  linkType?: number;
  /** Bytes on the wire, when a capture kept fewer. */
  originalLength?: number;
  /** What every byte around the packet is. */
  poison?: number;
}

/** Parses `bytes`. Every call makes a slot of its own, so several packets can be looked at side by side. */
export function place(bytes: ArrayLike<number>, { linkType = LinkType.ethernet, originalLength = bytes.length, poison = 0xa5 }: Placing = {}): Packet {
  const headers = new SlotHeaders(new ArrayBuffer(HEADER_BYTES), 0, 1);
  const slotBytes = Math.max(SLOT_BYTES, bytes.length + 2 * MARGIN);
  const slot = new Uint8Array(slotBytes).fill(poison);
  slot.set(bytes, MARGIN);
  headers.u32[HeaderOffset.dataOffset >> 2] = MARGIN;
  headers.u32[HeaderOffset.length >> 2] = bytes.length;
  headers.u32[HeaderOffset.originalLength >> 2] = originalLength;
  headers.u8[HeaderOffset.linkType] = linkType;
  const packet = new Packet(headers, slotBytes);
  packet.moveTo(slot, MARGIN, 0);
  packet.reparse();
  return packet;
}

/** The packet's bytes, copied out. */
export function bytesOf(packet: Packet): number[] {
  return [...packet.bytes.slice(packet.start, packet.start + packet.length)];
}
