/**
 * Hot: no allocation. IPv4 fragmentation (RFC 791 section 3.2) of a packet that is longer than its MTU and may be fragmented.
 * The payload stays where it is: each fragment is a header of its own, and a piece of the packet.
 */
import { readU16, writeU16 } from '../../packet/bytes.js';
import { checksum } from '../../packet/checksum.js';

const IPV4_BYTES = 20;
const MORE = 0x2000;
const OFFSET = 0x1fff;
const COPIED = 0x80;
const Option = { end: 0, nothing: 1 } as const;
/** Longest IPv4 header. */
export const MAX_HEADER_BYTES = 60;

/** Takes fragments in turn: `begin`, then `next` until it says no. */
export class Fragmenter {
  /** Of the fragment at hand: its payload. */
  payload = 0;
  payloadBytes = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #ip = 0;
  #headerBytes = 0;
  #at = 0;
  #end = 0;
  #mtu = 0;
  #field = 0;

  /** The packet at `ip`, wholly there, in fragments of at most `mtu` bytes. */
  begin(bytes: Uint8Array, ip: number, mtu: number): void {
    this.#bytes = bytes;
    this.#ip = ip;
    this.#headerBytes = (bytes[ip] & 15) << 2;
    this.#at = ip + this.#headerBytes;
    this.#end = ip + readU16(bytes, ip + 2);
    this.#mtu = mtu;
    this.#field = readU16(bytes, ip + 6);
  }

  /** Writes the next fragment's IP header to `out[at, …)` and returns its length; 0 when there is no more. */
  next(out: Uint8Array, at: number): number {
    if (this.#at >= this.#end) return 0;
    const bytes = this.#bytes;
    const isFirst = this.#at === this.#ip + this.#headerBytes;
    const headerBytes = isFirst ? this.#copyHeader(out, at) : this.#copyCopiedOptions(out, at);
    // Fragments but the last are multiples of 8 bytes.
    const room = (this.#mtu - headerBytes) & ~7;
    this.payload = this.#at;
    this.payloadBytes = this.#end - this.#at <= this.#mtu - headerBytes ? this.#end - this.#at : room;
    const before = (this.#at - this.#ip - this.#headerBytes) >>> 3;
    this.#at += this.payloadBytes;
    const isLast = this.#at >= this.#end && (this.#field & MORE) === 0;
    out[at] = 0x40 | (headerBytes >>> 2);
    writeU16(out, at + 2, headerBytes + this.payloadBytes);
    writeU16(out, at + 4, readU16(bytes, this.#ip + 4));
    writeU16(out, at + 6, (((this.#field & OFFSET) + before) & OFFSET) | (isLast ? 0 : MORE));
    writeU16(out, at + 10, 0);
    writeU16(out, at + 10, checksum(out, at, headerBytes));
    return headerBytes;
  }

  #copyHeader(out: Uint8Array, at: number): number {
    for (let k = 0; k < this.#headerBytes; k++) out[at + k] = this.#bytes[this.#ip + k]!;
    return this.#headerBytes;
  }

  /** Later fragments carry the options whose copied bit is set (RFC 791 section 3.1). */
  #copyCopiedOptions(out: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    for (let k = 0; k < IPV4_BYTES; k++) out[at + k] = bytes[this.#ip + k]!;
    let to = at + IPV4_BYTES;
    const end = this.#ip + this.#headerBytes;
    for (let from = this.#ip + IPV4_BYTES; from < end && bytes[from] !== Option.end; ) {
      const length = bytes[from] === Option.nothing ? 1 : from + 1 < end ? bytes[from + 1] : 0;
      if (length === 0 || from + length > end) break;
      if ((bytes[from] & COPIED) !== 0) for (let k = 0; k < length; k++) out[to++] = bytes[from + k]!;
      from += length;
    }
    while (((to - at) & 3) !== 0) out[to++] = Option.end;
    return to - at;
  }
}
