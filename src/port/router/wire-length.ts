/**
 * Hot: no allocation. How long a packet's parts will be on the wire: a long TCP packet that travels whole is cut by the interface
 * that it leaves by, and its parts count against the MTU, not it.
 */
import { HeaderOffset, Layer3, ParseFlag } from '../../memory/slot-layout.js';
import type { SlotHeaders } from '../../memory/slot-headers.js';
import { readU16 } from '../../packet/bytes.js';
import { IPV6_BYTES } from '../../packet/packet-end.js';
import { GsoType, gsoType, segmentBytes } from '../live/native/offload.js';

/** Bytes of the longest IP packet that the one at `at` becomes. */
export function longestWirePacket(bytes: Uint8Array, headers: SlotHeaders, address: number, slot: number, at: number): number {
  const whole = headers.u8[(slot << 6) + HeaderOffset.l3] === Layer3.ipv4 ? readU16(bytes, at + 2) : IPV6_BYTES + readU16(bytes, at + 4);
  if (!isUndivided(bytes, address, headers.u8[(slot << 6) + HeaderOffset.parseFlags])) return whole;
  const payloadOffset = headers.u16[(slot << 5) + (HeaderOffset.payloadOffset >> 1)];
  const headerBytes = payloadOffset - headers.u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
  return Math.min(whole, headerBytes + segmentBytes(bytes, address));
}

/** Whether the packet in the slot at `address` is one that the interface will cut. */
export function isUndivided(bytes: Uint8Array, address: number, parseFlags: number): boolean {
  return (parseFlags & ParseFlag.offload) !== 0 && gsoType(bytes, address) !== GsoType.none;
}
