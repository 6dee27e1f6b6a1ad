/** Hot: no allocation. Sends frames that a port makes itself, each by a call of its own: answers, questions, fragments. */
import { BlockCopier } from '../../../memory/block-copier.js';
import type { FrameOutlet } from '../../router/responder.js';
import type { PortLedger } from '../port-ledger.js';
import type { FrameIo } from './frame-io.js';
import { Errno, type Libc } from './libc.js';
import { MessageVector } from './message-vector.js';
import { OFFLOAD_BYTES } from './offload.js';

/** An echo may be as long as any IP packet. */
const LONGEST_FRAME_BYTES = 65535 + 18;
const HEADER_STRIDE = 16;
/** How often a full queue of the system is waited for, a millisecond each, before a fragment is lost. */
const MAX_WAITS = 100;

export class NativeOutlet implements FrameOutlet {
  readonly #io: FrameIo;
  readonly #ledger: PortLedger;
  readonly #vector: MessageVector;
  readonly #frame: Uint8Array;
  readonly #whole = new BlockCopier();
  readonly #head = new BlockCopier();
  readonly #frameAddress: number;
  readonly #regionAddress: number;

  constructor(libc: Libc, io: FrameIo, region: Uint8Array, ledger: PortLedger) {
    this.#io = io;
    this.#ledger = ledger;
    this.#vector = new MessageVector(libc, 1, 3);
    const bytes = new Uint8Array(new SharedArrayBuffer(HEADER_STRIDE + LONGEST_FRAME_BYTES));
    this.#frame = bytes.subarray(HEADER_STRIDE);
    this.#frameAddress = libc.addressOf(bytes) + HEADER_STRIDE;
    this.#regionAddress = libc.addressOf(region);
    // Nothing is left undone in what is sent here.
    this.#vector.setPiece(0, 0, this.#frameAddress - HEADER_STRIDE, OFFLOAD_BYTES);
  }

  send(bytes: Uint8Array, start: number, length: number): void {
    this.#whole.copy(bytes, start, this.#frame, 0, length);
    this.#vector.setPiece(0, 1, this.#frameAddress, length);
    this.#vector.setPiece(0, 2, this.#frameAddress, 0);
    if (this.#io.send(this.#vector, 0, 1) === 1) this.#ledger.originate(length);
  }

  sendPieces(head: Uint8Array, headBytes: number, _region: Uint8Array, start: number, length: number): boolean {
    this.#head.copy(head, 0, this.#frame, 0, headBytes);
    this.#vector.setPiece(0, 1, this.#frameAddress, headBytes);
    this.#vector.setPiece(0, 2, this.#regionAddress + start, length);
    for (let waits = 0; waits < MAX_WAITS; waits++) {
      const sent = this.#io.send(this.#vector, 0, 1);
      if (sent === 1) return true;
      if (-sent !== Errno.again && -sent !== Errno.nobufs && -sent !== Errno.intr) return false;
      this.#io.waitToSend();
    }
    return false;
  }
}
