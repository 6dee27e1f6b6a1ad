/** Addresses as text, for configuration, alerts and reports. Not for the data path: strings are made. */
import { isIPv6 } from 'node:net';
import { addressLibrary } from './address-library.js';

/** A network: `words` is one u32 for IPv4 and four for IPv6, with zeros after the first `length` bits. */
export interface Prefix {
  version: 4 | 6;
  words: Uint32Array;
  length: number;
}

/** `192.0.2.1` from a u32 or an int32. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The one text form of RFC 5952: lower case, the longest run of zeros left out, IPv4-mapped addresses with dots. */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${formatIpv4(w3)}`;
  halves[0] = w0 >>> 16;
  halves[1] = w0 & 0xffff;
  halves[2] = w1 >>> 16;
  halves[3] = w1 & 0xffff;
  halves[4] = w2 >>> 16;
  halves[5] = w2 & 0xffff;
  halves[6] = w3 >>> 16;
  halves[7] = w3 & 0xffff;
  // The first of the longest runs of at least two zeros.
  let runAt = -1;
  let runLength = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && halves[end] === 0) end++;
    if (end - at > runLength) {
      runAt = at;
      runLength = end - at;
    }
    at = end;
  }
  let text = '';
  for (let at = 0; at < 8; ) {
    if (at === runAt) {
      text += '::';
      at += runLength;
      continue;
    }
    text += at === 0 || at === runAt + runLength ? halves[at].toString(16) : `:${halves[at].toString(16)}`;
    at++;
  }
  return text;
}

/** Flows are told by their addresses as often as they are described: the library's way takes ten times as long. */
const halves = new Uint16Array(8);

/** `02:00:5e:10:00:01` from 48 bits. */
export function formatMac(address: number): string {
  return address.toString(16).padStart(12, '0').replace(/..(?=.)/g, '$&:');
}

/** A u32, or null for anything but four decimal parts without leading zeros. */
export function parseIpv4(text: string): number | null {
  const { IPv4 } = addressLibrary();
  if (!IPv4.isValidFourPartDecimal(text)) return null;
  const [a, b, c, d] = IPv4.parse(text).octets as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Four words, or null for anything but an IPv6 address (RFC 4291 section 2.2). A zone, as in `fe80::1%eth0`, is refused. */
export function parseIpv6(text: string): Uint32Array | null {
  if (text.includes('%') || !isIPv6(text)) return null;
  const parts = addressLibrary().IPv6.parse(text).parts;
  return Uint32Array.from({ length: 4 }, (_, k) => ((parts[2 * k] << 16) | parts[2 * k + 1]) >>> 0);
}

/**
 * A network as `10.0.0.0/8` or `fd00::/8`; an address alone is a network of one. Bits after the length become zero. Null
 * for any other text.
 */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const ipv4 = parseIpv4(address);
  const words = ipv4 === null ? parseIpv6(address) : Uint32Array.of(ipv4);
  if (words === null) return null;
  const bits = words.length * 32;
  const lengthText = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(lengthText) || Number(lengthText) > bits) return null;
  const length = Number(lengthText);
  const masked = words.map((word, k) => word & wordMask(length - 32 * k));
  return { version: words.length === 1 ? 4 : 6, words: masked, length };
}

/** A mask of the first `bits` bits of a word, for any integer. */
function wordMask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : ~(0xffffffff >>> bits);
}
