/** Hot: no allocation. Numbers in bytes, big-endian unless the name says otherwise. The caller has checked the length. */

export function read16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function read24(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
}

export function read32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function little16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function little32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/**
 * A length in BER (X.690, 8.1.3) at `at`, in `bytes[…, end)`: -1 when it is cut, indefinite or longer than three bytes.
 * `berContent` is where the content begins.
 */
export function berLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const first = bytes[at];
  if (first < 0x80) {
    berContent = at + 1;
    return first;
  }
  const size = first & 0x7f;
  if (size === 0 || size > 3 || at + 1 + size > end) return -1;
  let length = 0;
  for (let k = 1; k <= size; k++) length = length * 256 + bytes[at + k];
  berContent = at + 1 + size;
  return length;
}

export let berContent = 0;
