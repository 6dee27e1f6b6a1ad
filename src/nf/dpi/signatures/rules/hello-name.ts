/** Hot: no allocation. The server name in a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066, 3), as it stands, for rules. */
const RECORD_HEADER_BYTES = 5;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const CLIENT_RANDOM_END = 38;
const SERVER_NAME = 0;
const MAX_HELLO_BYTES = 1 << 15;

/** What `read` says. */
export const HelloState = { none: 0, more: 1, whole: 2 } as const;

export class HelloName {
  /** The hello with its records joined, up to `end`; the name is `bytes[from, to)`, empty where there is none. */
  readonly bytes = new Uint8Array(MAX_HELLO_BYTES);
  from = 0;
  to = 0;
  end = 0;

  /** Reads the records at `from`. `more`: the hello goes on behind `end`. */
  read(source: Uint8Array, from: number, end: number): number {
    if (end > from && source[from] !== HANDSHAKE) return HelloState.none;
    if (end > from + 1 && source[from + 1] !== 3) return HelloState.none;
    let length = 0;
    let wanted = 4;
    let at = from;
    while (at + RECORD_HEADER_BYTES <= end && source[at] === HANDSHAKE && length < wanted) {
      const next = at + RECORD_HEADER_BYTES + ((source[at + 3] << 8) | source[at + 4]);
      const to = Math.min(next, end);
      for (let k = at + RECORD_HEADER_BYTES; k < to && length < MAX_HELLO_BYTES; k++) this.bytes[length++] = source[k];
      if (length >= 4) {
        if (this.bytes[0] !== CLIENT_HELLO) return HelloState.none;
        wanted = 4 + ((this.bytes[1] << 16) | (this.bytes[2] << 8) | this.bytes[3]);
        if (wanted > MAX_HELLO_BYTES) return HelloState.none;
      }
      if (next >= end) break;
      at = next;
    }
    if (length < wanted) return HelloState.more;
    this.end = wanted;
    this.from = 0;
    this.to = 0;
    this.#findName(wanted);
    return HelloState.whole;
  }

  #findName(end: number): void {
    const { bytes } = this;
    let at = CLIENT_RANDOM_END;
    if (at >= end) return;
    at += 1 + bytes[at];
    if (at + 2 > end) return;
    at += 2 + ((bytes[at] << 8) | bytes[at + 1]);
    if (at >= end) return;
    at += 1 + bytes[at];
    at += 2;
    while (at + 4 <= end) {
      const type = (bytes[at] << 8) | bytes[at + 1];
      const length = (bytes[at + 2] << 8) | bytes[at + 3];
      if (type === SERVER_NAME) {
        // List length (2), kind of the name (1), its length (2), the name.
        if (length < 5 || at + 9 > end || bytes[at + 6] !== 0) return;
        this.from = at + 9;
        this.to = Math.max(this.from, Math.min(at + 9 + ((bytes[at + 7] << 8) | bytes[at + 8]), at + 4 + length, end));
        return;
      }
      at += 4 + length;
    }
  }
}
