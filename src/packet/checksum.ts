/**
 * Hot: no allocation. The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * A rewriter never computes a checksum anew: it applies the difference that the rewrite makes. So a checksum that was
 * wrong stays wrong by the same difference, and the receiver still finds out.
 */
import { readU16, writeU16 } from './bytes.js';

function fold(sum: number): number {
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/** Largest run of bytes whose sum of words stays below 2^31 whatever they hold: `fold` works on 32-bit integers. */
const RUN_BYTES = 32768;

/** One's complement sum of `length` bytes, folded to 16 bits. An odd last byte counts as the high half of a word. */
export function onesComplementSum(bytes: Uint8Array, start: number, length: number, initial = 0): number {
  let sum = fold(initial);
  const end = start + length;
  let at = start;
  while (at + 1 < end) {
    const stop = end - at > RUN_BYTES ? at + RUN_BYTES : end;
    for (; at + 1 < stop; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
    sum = fold(sum);
  }
  if (at < end) sum = fold(sum + (bytes[at] << 8));
  return sum;
}

/**
 * The checksum of `length` bytes. `initial` is a sum to go on from, such as a pseudo-header's. Over bytes that contain
 * their own right checksum the result is 0.
 */
export function checksum(bytes: Uint8Array, start: number, length: number, initial = 0): number {
  return ~onesComplementSum(bytes, start, length, initial) & 0xffff;
}

/** Sum of the pseudo-header of RFC 9293 section 3.1 and RFC 8200 section 8.1, whose addresses lie at `addresses`. */
export function pseudoHeaderSum(
  bytes: Uint8Array, addresses: number, addressBytes: number, protocol: number, l4Length: number,
): number {
  return onesComplementSum(bytes, addresses, addressBytes, fold(protocol + (l4Length >>> 16) + (l4Length & 0xffff)));
}

/** What replacing a word adds to the sum: ~m + m'. Nothing when it stays, so that the checksum stays bit for bit. */
export function difference16(oldWord: number, newWord: number): number {
  return oldWord === newWord ? 0 : (~oldWord & 0xffff) + newWord;
}

export function difference32(oldWord: number, newWord: number): number {
  return difference16(oldWord >>> 16, newWord >>> 16) + difference16(oldWord & 0xffff, newWord & 0xffff);
}

/** HC' = ~(~HC + ~m + m'), RFC 1624 equation 3. `difference` is a sum of at most 2^14 words. */
export function applyDifference(old: number, difference: number): number {
  return ~fold((~old & 0xffff) + difference) & 0xffff;
}

/** The checksum after one 16-bit word was replaced. */
export function updateChecksum16(old: number, oldWord: number, newWord: number): number {
  return applyDifference(old, difference16(oldWord, newWord));
}

/** The checksum after one 32-bit word, aligned to 16 bits, was replaced. */
export function updateChecksum32(old: number, oldWord: number, newWord: number): number {
  return applyDifference(old, difference32(oldWord, newWord));
}

/** Mends the checksum at `at`. */
export function mendChecksum(bytes: Uint8Array, at: number, difference: number): void {
  writeU16(bytes, at, applyDifference(readU16(bytes, at), difference));
}

/** Mends the checksum of UDP at `at`: zero means that there is none and stays, a result of zero is sent as 0xffff (RFC 768). */
export function mendUdpChecksum(bytes: Uint8Array, at: number, difference: number): void {
  const old = readU16(bytes, at);
  if (old === 0 || difference === 0) return;
  const mended = applyDifference(old, difference);
  writeU16(bytes, at, mended === 0 ? 0xffff : mended);
}
