/** Hot: no allocation. The TCP options that windows depend on: scale (RFC 7323 section 2) and SACK (RFC 2018). */
import { readU32 } from '../../packet/bytes.js';
import { TCP_MIN_BYTES } from '../../packet/tcp.js';

const END = 0;
const NO_OPERATION = 1;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const MAX_SCALE = 14; // RFC 7323 section 2.3

/** Bits of what an end has said in its SYN, eight in all: its scale, that it has one, that it takes SACKs. */
export const SCALE_MASK = 15;
export const SCALE_GIVEN = 16;
export const SACK_TAKEN = 32;

/** What the options of a SYN say. The header lies at `at` and ends at `end`, or where the bytes do. */
export function synOptions(bytes: Uint8Array, at: number, end: number): number {
  let said = 0;
  let option = at + TCP_MIN_BYTES;
  while (option < end) {
    const kind = bytes[option];
    if (kind === END) break;
    if (kind === NO_OPERATION) {
      option++;
      continue;
    }
    const length = option + 1 < end ? bytes[option + 1] : 0;
    if (length < 2 || option + length > end) break;
    if (kind === WINDOW_SCALE && length === 3) said |= SCALE_GIVEN | Math.min(bytes[option + 2], MAX_SCALE);
    else if (kind === SACK_PERMITTED && length === 2) said |= SACK_TAKEN;
    option += length;
  }
  return said;
}

/** The highest sequence number that a packet acknowledges, by its SACK blocks too. */
export function highestAck(bytes: Uint8Array, at: number, end: number, acknowledged: number): number {
  let highest = acknowledged;
  let option = at + TCP_MIN_BYTES;
  while (option < end) {
    const kind = bytes[option];
    if (kind === END) break;
    if (kind === NO_OPERATION) {
      option++;
      continue;
    }
    const length = option + 1 < end ? bytes[option + 1] : 0;
    if (length < 2 || option + length > end) break;
    if (kind === SACK) {
      for (let block = option + 2; block + 8 <= option + length; block += 8) {
        const edge = readU32(bytes, block + 4);
        if (((edge - highest) | 0) > 0) highest = edge;
      }
    }
    option += length;
  }
  return highest;
}
