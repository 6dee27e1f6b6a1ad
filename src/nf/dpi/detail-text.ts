/** Texts of a flow's details: bounded, and without bytes that could do harm in a terminal or a log. Not hot. */
const utf8 = new TextDecoder();
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu;

/** Longest text kept, in bytes: user agents and targets are rarely longer, and a flow has a few of them. */
export const MAX_TEXT_BYTES = 512;

/** The bytes of a text, out of the shared region, where Node reads them fastest. */
const copied = Buffer.alloc(MAX_TEXT_BYTES);

/** Copies `bytes[start, end)` up to the bound; returns how many that were, or -1 - that when one of them is not printable ASCII. */
function copy(bytes: Uint8Array, start: number, end: number): number {
  const length = Math.max(0, Math.min(end - start, MAX_TEXT_BYTES));
  let isPlain = true;
  for (let k = 0; k < length; k++) {
    const byte = bytes[start + k];
    copied[k] = byte;
    if (byte < 0x20 || byte > 0x7e) isPlain = false;
  }
  return isPlain ? length : -1 - length;
}

/** `bytes[start, end)` as text: UTF-8, cut at the bound; what is not UTF-8 or a control becomes a question mark. */
export function detailText(bytes: Uint8Array, start: number, end: number): string {
  const length = copy(bytes, start, end);
  if (length >= 0) return copied.toString('latin1', 0, length);
  return utf8.decode(copied.subarray(0, -1 - length)).replace(CONTROLS, '?');
}

let gathered = 0;
let isGatheredPlain = true;

/** Begins a text that is put together of several pieces, one text at a time: it makes one string instead of one a piece. */
export function beginText(): void {
  gathered = 0;
  isGatheredPlain = true;
}

export function isTextEmpty(): boolean {
  return gathered === 0;
}

/** Adds `bytes[start, end)` in lower case; what goes beyond the bound is left out. */
export function gatherFolded(bytes: Uint8Array, start: number, end: number): void {
  const to = Math.min(end, start + MAX_TEXT_BYTES - gathered);
  for (let at = start; at < to; at++) {
    const byte = bytes[at];
    copied[gathered++] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (byte < 0x20 || byte > 0x7e) isGatheredPlain = false;
  }
}

export function gatherDot(): void {
  if (gathered < MAX_TEXT_BYTES) copied[gathered++] = 0x2e;
}

/** The text, as `detailText` would have it. */
export function gatheredText(): string {
  if (isGatheredPlain) return copied.toString('latin1', 0, gathered);
  return utf8.decode(copied.subarray(0, gathered)).replace(CONTROLS, '?').toLowerCase();
}

/** `bytes[start, end)` as hexadecimal digits, cut so that these keep the bound. */
export function hexText(bytes: Uint8Array, start: number, end: number): string {
  const length = copy(bytes, start, Math.min(end, start + MAX_TEXT_BYTES / 2));
  return copied.toString('hex', 0, length >= 0 ? length : -1 - length);
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Four digits. */
export function hex16(value: number): string {
  return HEX[value >> 8] + HEX[value & 0xff];
}
