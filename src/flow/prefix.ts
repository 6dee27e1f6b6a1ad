/** Prefixes and small numbers out of text. Runs before any traffic. */
import { parseIpv4, parseIpv6 } from '../packet/address.js';
import type { Prefix } from './match.js';

/** A decimal number between the bounds, or null. */
export function decimal(text: string, min: number, max: number): number | null {
  if (!/^\d{1,9}$/.test(text)) return null;
  const number = Number(text);
  return number >= min && number <= max ? number : null;
}

/** `10.0.0.0/8`, `192.0.2.1`, `fd00::/8`. Bits behind the length are cleared. Null when it is neither. */
export function parsePrefixText(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const address = slash === -1 ? text : text.slice(0, slash);
  const ipv4 = parseIpv4(address);
  const words = ipv4 === null ? parseIpv6(address) : [ipv4];
  if (words === null) return null;
  const width = 32 * words.length;
  const length = slash === -1 ? width : decimal(text.slice(slash + 1), 0, width);
  if (length === null) return null;
  const kept = Array.from(words, (word, k) => (word & prefixMask(length - 32 * k)) >>> 0);
  return { version: ipv4 === null ? 6 : 4, words: kept, length };
}

/** The first `bits` bits of a word, as an unsigned number; fewer than 0 are none, more than 32 all. */
export function prefixMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}
