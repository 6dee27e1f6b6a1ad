/** Hot: no allocation. Turns an echo request into its reply where it lies (RFC 1122 section 3.2.2.6, RFC 4443 section 4.2). */
import { readU16, readU32, writeU16, writeU32 } from '../../packet/bytes.js';
import { difference16, mendChecksum } from '../../packet/checksum.js';
import { ICMP_CHECKSUM } from '../../packet/l4-checksum.js';

export const EchoRequest = { type4: 8, type6: 128 } as const;
const REQUEST_6 = 0x8000;
const REPLY_6 = 0x8100;
const REQUEST_4 = 0x0800;

/** The packet at `ip`, whose ICMP message is at `icmp`. */
export function turnEcho4(bytes: Uint8Array, ip: number, icmp: number, ttl: number): void {
  const source = readU32(bytes, ip + 12);
  writeU32(bytes, ip + 12, readU32(bytes, ip + 16));
  writeU32(bytes, ip + 16, source);
  const old = readU16(bytes, ip + 8);
  const fresh = (ttl << 8) | (old & 0xff);
  writeU16(bytes, ip + 8, fresh);
  mendChecksum(bytes, ip + 10, difference16(old, fresh));
  writeU16(bytes, icmp, 0);
  mendChecksum(bytes, icmp + ICMP_CHECKSUM, difference16(REQUEST_4, 0));
}

/** The packet at `ip`, whose ICMPv6 message is at `icmp`. */
export function turnEcho6(bytes: Uint8Array, ip: number, icmp: number, hopLimit: number): void {
  for (let k = 8; k < 24; k += 4) {
    const word = readU32(bytes, ip + k);
    writeU32(bytes, ip + k, readU32(bytes, ip + k + 16));
    writeU32(bytes, ip + k + 16, word);
  }
  bytes[ip + 7] = hopLimit;
  writeU16(bytes, icmp, REPLY_6);
  mendChecksum(bytes, icmp + ICMP_CHECKSUM, difference16(REQUEST_6, REPLY_6));
}

/** Gives an Ethernet header back to who sent it. */
export function swapHardwareAddresses(bytes: Uint8Array, start: number): void {
  for (let k = start; k < start + 6; k++) {
    const byte = bytes[k];
    bytes[k] = bytes[k + 6]!;
    bytes[k + 6] = byte;
  }
}
