/** Host names as text: made when a flow gets one, never per packet. */
const utf8 = new TextDecoder();

/** Texts kept: a power of two. */
const KEPT = 1024;

/** Hosts are asked for again and again, so of those that came lately the texts are kept, but for the few that are not all ASCII. */
export class HostTexts {
  /** By the lower bits of the hash: the one that came last. */
  readonly #kept = new Array<string>(KEPT).fill('');

  /**
   * The first bytes of a private array as text; bytes that are not UTF-8 become replacement characters.
   * @param hash of these bytes.
   */
  of(bytes: Buffer, length: number, hash: number): string {
    const at = hash & (KEPT - 1);
    if (reads(this.#kept[at], bytes, length)) return this.#kept[at];
    for (let k = 0; k < length; k++) if (bytes[k] >= 0x80) return utf8.decode(bytes.subarray(0, length));
    this.#kept[at] = bytes.toString('latin1', 0, length);
    return this.#kept[at];
  }
}

/** Whether the bytes read as an ASCII text. */
function reads(text: string, bytes: Buffer, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (text.charCodeAt(at) !== bytes[at]) return false;
  return true;
}
