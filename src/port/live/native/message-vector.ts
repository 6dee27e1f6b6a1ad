/**
 * Hot: no allocation. Messages for `recvmmsg` and `sendmmsg`, and pieces of memory for `readv` and `writev`, as Linux lays
 * them out on 64-bit machines with little-endian byte order, in memory that does not move.
 *
 * mmsghdr, 64 B each                      iovec, 16 B each              control, 40 B each
 *   0  name, 8  its length                  0  base                       what comes with a message: VLAN tags
 *  16  iovec's address, 24 their number     8  length
 *  32  control's address, 40 its length
 *  48  flags of the answer
 *  56  length of the message
 */
import type { Libc } from './libc.js';

const MESSAGE_WORDS = 16;
const IOVEC_ADDRESS_WORD = 4;
const IOVEC_COUNT_WORD = 6;
const CONTROL_ADDRESS_WORD = 8;
const CONTROL_LENGTH_WORD = 10;
const MESSAGE_LENGTH_WORD = 14;
const IOVEC_WORDS = 4;
const CONTROL_BYTES = 40;
const TWO_TO_32 = 2 ** 32;

export class MessageVector {
  /** The messages: what the system calls take. */
  readonly bytes: Uint8Array;
  /** Control messages, `CONTROL_BYTES` for each. */
  readonly control: Uint8Array;
  /** Pieces of memory of each message. */
  readonly piecesEach: number;
  readonly #words: Uint32Array;
  /** The messages from k on, for a call that goes on after k of them. */
  readonly #tails: Uint8Array[] = [];
  readonly #iovecs: number;
  readonly #iovecAddress: number;

  /**
   * @param messages how many.
   * @param each pieces of memory of each message.
   */
  constructor(libc: Libc, messages: number, each: number) {
    const iovecsAt = messages * MESSAGE_WORDS * 4;
    const controlAt = iovecsAt + messages * each * IOVEC_WORDS * 4;
    const buffer = new SharedArrayBuffer(controlAt + messages * CONTROL_BYTES);
    this.bytes = new Uint8Array(buffer, 0, iovecsAt);
    this.control = new Uint8Array(buffer, controlAt);
    this.#words = new Uint32Array(buffer);
    this.#iovecs = iovecsAt >>> 2;
    this.piecesEach = each;
    const base = libc.addressOf(new Uint8Array(buffer));
    this.#iovecAddress = base + iovecsAt;
    for (let k = 0; k < messages; k++) {
      this.#tails.push(this.bytes.subarray(k * MESSAGE_WORDS * 4));
      this.#setAddress(k * MESSAGE_WORDS + IOVEC_ADDRESS_WORD, this.iovecAddress(k));
      this.#words[k * MESSAGE_WORDS + IOVEC_COUNT_WORD] = each;
      this.#setAddress(k * MESSAGE_WORDS + CONTROL_ADDRESS_WORD, base + controlAt + k * CONTROL_BYTES);
    }
  }

  /** The messages from k on. */
  from(k: number): Uint8Array {
    return this.#tails[k];
  }

  /** Address of the pieces of message k. */
  iovecAddress(k: number): number {
    return this.#iovecAddress + k * this.piecesEach * IOVEC_WORDS * 4;
  }

  /** Piece `part` of message k: `length` bytes at an address. */
  setPiece(k: number, part: number, address: number, length: number): void {
    const at = this.#iovecs + (k * this.piecesEach + part) * IOVEC_WORDS;
    this.#setAddress(at, address);
    this.#words[at + 2] = length;
  }

  /** Lets the first messages bring control data: the system writes over the length. */
  expectControl(messages: number): void {
    for (let k = 0; k < messages; k++) this.#words[k * MESSAGE_WORDS + CONTROL_LENGTH_WORD] = CONTROL_BYTES;
  }

  /** Bytes of control data that message k brought. */
  controlLength(k: number): number {
    return this.#words[k * MESSAGE_WORDS + CONTROL_LENGTH_WORD];
  }

  controlOffset(k: number): number {
    return k * CONTROL_BYTES;
  }

  /** Bytes of message k, as the last call left it. */
  length(k: number): number {
    return this.#words[k * MESSAGE_WORDS + MESSAGE_LENGTH_WORD];
  }

  #setAddress(word: number, address: number): void {
    this.#words[word] = address % TWO_TO_32;
    this.#words[word + 1] = address / TWO_TO_32;
  }
}
