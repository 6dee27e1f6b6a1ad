/** Hot: no allocation. The TCP options that windows depend on: scale (RFC 7323 section 2) and SACK (RFC 2018). */
import { readInt32 } from '../../packet/bytes.js';
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

/**
 * The next option of a kind that has a length, from `option` on; -1 at the end, and where the options make no sense. Its
 * length is at the byte behind, and lies within `end`.
 */
function optionFrom(bytes: Uint8Array, option: number, end: number): number {
  while (option < end && bytes[option] === NO_OPERATION) option++;
  if (option + 1 >= end || bytes[option] === END) return -1;
  const length = bytes[option + 1];
  return length < 2 || option + length > end ? -1 : option;
}

/** What the options of a SYN say. The header lies at `at` and ends at `end`, or where the bytes do. */
export function synOptions(bytes: Uint8Array, at: number, end: number): number {
  let said = 0;
  for (let option = optionFrom(bytes, at + TCP_MIN_BYTES, end); option >= 0; option = optionFrom(bytes, option + bytes[option + 1], end)) {
    const kind = bytes[option];
    const length = bytes[option + 1];
    if (kind === WINDOW_SCALE && length === 3) said |= SCALE_GIVEN | Math.min(bytes[option + 2], MAX_SCALE);
    else if (kind === SACK_PERMITTED && length === 2) said |= SACK_TAKEN;
  }
  return said;
}

/** The highest sequence number that a packet acknowledges, by its SACK blocks too, as an int32. */
export function highestAck(bytes: Uint8Array, at: number, end: number, acknowledged: number): number {
  let highest = acknowledged;
  for (let option = optionFrom(bytes, at + TCP_MIN_BYTES, end); option >= 0; option = optionFrom(bytes, option + bytes[option + 1], end)) {
    if (bytes[option] !== SACK) continue;
    for (let block = option + 2; block + 8 <= option + bytes[option + 1]; block += 8) {
      const edge = readInt32(bytes, block + 4);
      if (((highest - edge) | 0) < 0) highest = edge;
    }
  }
  return highest;
}
