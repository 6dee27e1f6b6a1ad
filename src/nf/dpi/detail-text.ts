/** Texts of a flow's details: bounded, and without bytes that could do harm in a terminal or a log. Not hot. */
const utf8 = new TextDecoder();
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu;

/** Longest text kept, in bytes: user agents and targets are rarely longer, and a flow has a few of them. */
export const MAX_TEXT_BYTES = 512;

/** `bytes[start, end)` as text: UTF-8, cut at the bound; what is not UTF-8 or a control becomes a question mark. */
export function detailText(bytes: Uint8Array, start: number, end: number): string {
  return utf8.decode(Uint8Array.from(bytes.subarray(start, Math.min(end, start + MAX_TEXT_BYTES)))).replace(CONTROLS, '?');
}

/** `bytes[start, end)` as hexadecimal digits, cut at the bound. */
export function hexText(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(Uint8Array.from(bytes.subarray(start, Math.min(end, start + MAX_TEXT_BYTES)))).toString('hex');
}

export function hex16(value: number): string {
  return value.toString(16).padStart(4, '0');
}
