/**
 * Hot: no allocation. Lowers the largest segment that a TCP SYN announces (RFC 9293 section 3.7.1), so that neither end sends
 * what does not fit the way between them: hosts behind filters that swallow "fragmentation needed" hang otherwise (RFC 2923
 * section 2.1).
 */
import { readU16, writeU16 } from '../../packet/bytes.js';
import { difference16, mendChecksum } from '../../packet/checksum.js';
import { TCP_CHECKSUM } from '../../packet/l4-checksum.js';
import { TcpFlag } from '../../packet/protocols.js';

const TCP_BYTES = 20;
const DATA_OFFSET = 12;
const FLAGS = 13;
const Option = { end: 0, nothing: 1, mss: 2 } as const;
const MSS_BYTES = 4;

/**
 * The TCP header at `tcp`, in a packet that ends at `end`. What announces nothing is left alone.
 * @param isBegun the checksum is only begun: it does not cover the options yet.
 */
export function clampMss(bytes: Uint8Array, tcp: number, end: number, most: number, isBegun: boolean): void {
  if (tcp + TCP_BYTES > end || (bytes[tcp + FLAGS] & TcpFlag.syn) === 0) return;
  const optionsEnd = Math.min(end, tcp + ((bytes[tcp + DATA_OFFSET] >>> 4) << 2));
  for (let at = tcp + TCP_BYTES; at < optionsEnd && bytes[at] !== Option.end; ) {
    if (bytes[at] === Option.nothing) {
      at++;
      continue;
    }
    const length = at + 1 < optionsEnd ? bytes[at + 1] : 0;
    if (length < 2 || at + length > optionsEnd) return;
    if (bytes[at] === Option.mss && length === MSS_BYTES) {
      if (readU16(bytes, at + 2) > most) replace(bytes, tcp, at + 2, most, isBegun);
      return;
    }
    at += length;
  }
}

/** An option may begin at an odd byte: then the sum has its value with the bytes changed about. */
function replace(bytes: Uint8Array, tcp: number, at: number, value: number, isBegun: boolean): void {
  const old = readU16(bytes, at);
  writeU16(bytes, at, value);
  if (isBegun) return;
  const isOdd = ((at - tcp) & 1) !== 0;
  mendChecksum(bytes, tcp + TCP_CHECKSUM, isOdd ? difference16(swap(old), swap(value)) : difference16(old, value));
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}
