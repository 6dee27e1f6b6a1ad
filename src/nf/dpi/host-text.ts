/** Host names as text: made when a flow gets one, never per packet. */
const utf8 = new TextDecoder();

/** The first bytes of a private array as text; bytes that are not UTF-8 become replacement characters. */
export function hostText(bytes: Buffer, length: number): string {
  for (let at = 0; at < length; at++) if (bytes[at] >= 0x80) return utf8.decode(bytes.subarray(0, length));
  return bytes.toString('latin1', 0, length);
}
