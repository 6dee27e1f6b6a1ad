/** Host names as text: made when a flow gets one, never per packet. */
const utf8 = new TextDecoder();

/** Texts kept: a power of two. */
const KEPT = 1024;

/** Hosts are asked for again and again, so of those that came lately the texts are kept. */
export class HostTexts {
  /** By the lower bits of the hash: the one that came last. */
  readonly #kept = new Array<string>(KEPT).fill('');

  /**
   * The first bytes of a private array as text; bytes that are not UTF-8 become replacement characters.
   * @param hash of these bytes.
   */
  of(bytes: Buffer, length: number, hash: number): string {
    const at = hash & (KEPT - 1);
    const kept = this.#kept[at];
    if (isAscii(kept, bytes, length)) return kept;
    const text = hostText(bytes, length);
    this.#kept[at] = text;
    return text;
  }
}

function hostText(bytes: Buffer, length: number): string {
  for (let at = 0; at < length; at++) if (bytes[at] >= 0x80) return utf8.decode(bytes.subarray(0, length));
  return bytes.toString('latin1', 0, length);
}

/** Whether the text is that of the bytes, all of which are ASCII. */
function isAscii(text: string, bytes: Buffer, length: number): boolean {
  if (text.length !== length) return false;
  for (let at = 0; at < length; at++) if (bytes[at] >= 0x80 || text.charCodeAt(at) !== bytes[at]) return false;
  return true;
}
