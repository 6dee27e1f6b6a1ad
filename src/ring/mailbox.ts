/**
 * Messages from the main thread to a worker, one at a time: a worker in `Atomics.wait` cannot receive `postMessage`, so
 * it looks here once a burst.
 *
 * offset  bytes  field      written by   read by
 *   0      4     sent       main         worker     number of the last message
 *   4      4     length     main         worker     bytes of its text
 *  64      4     answered   worker       main       number of the last message that was handled
 * 128      n     text       main         worker     the message, serialised by V8
 *
 * (O) sent stored by main pairs with (P) loaded by the worker: who sees the number sees the text.
 * (Q) answered stored by the worker pairs with (R) loaded by main: who sees it may write the next text.
 */
import { deserialize, serialize } from 'node:v8';

const SENT_WORD = 0;
const LENGTH_WORD = 1;
const ANSWERED_WORD = 16;
const TEXT_OFFSET = 128;
/** Room for a message: 10 000 firewall rules of 100 B fit. */
export const MAILBOX_TEXT_BYTES = 1 << 20;
export const MAILBOX_BYTES = TEXT_OFFSET + MAILBOX_TEXT_BYTES;

/** A message as structured clone would carry it, Maps and typed arrays too. @throws RangeError when it does not fit. */
export function encodeMessage(message: unknown): Uint8Array {
  const text = serialize(message);
  if (text.length > MAILBOX_TEXT_BYTES) throw new RangeError(`a message of ${text.length} B does not fit the mailbox of ${MAILBOX_TEXT_BYTES} B`);
  return text;
}

export class MailboxSender {
  readonly #words: Int32Array;
  readonly #text: Uint8Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(buffer, offset, TEXT_OFFSET / 4);
    this.#text = new Uint8Array(buffer, offset + TEXT_OFFSET, MAILBOX_TEXT_BYTES);
  }

  /** Whether the last message was handled, so that another may be sent. */
  get ready(): boolean {
    return Atomics.load(this.#words, ANSWERED_WORD) === Atomics.load(this.#words, SENT_WORD); // (R)
  }

  /** @throws RangeError when the message does not fit, Error when the last one was not handled yet. */
  send(message: unknown): void {
    this.sendEncoded(encodeMessage(message));
  }

  /** Sends what `encodeMessage` made, when it is known to fit. */
  sendEncoded(text: Uint8Array): void {
    if (!this.ready) throw new Error('the mailbox still holds an unread message');
    this.#text.set(text);
    this.#words[LENGTH_WORD] = text.length;
    Atomics.add(this.#words, SENT_WORD, 1); // (O)
  }
}

export class MailboxReceiver {
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  #handled: number;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(buffer, offset, TEXT_OFFSET / 4);
    this.#text = new Uint8Array(buffer, offset + TEXT_OFFSET, MAILBOX_TEXT_BYTES);
    this.#handled = Atomics.load(this.#words, ANSWERED_WORD); // own word: no partner
  }

  get hasMessage(): boolean {
    return Atomics.load(this.#words, SENT_WORD) !== this.#handled; // (P)
  }

  /** Handles the waiting message, if there is one. It counts as handled when `receive` has returned. */
  poll(receive: (message: unknown) => void): boolean {
    const sent = Atomics.load(this.#words, SENT_WORD); // (P)
    if (sent === this.#handled) return false;
    const text = Buffer.from(this.#text.slice(0, this.#words[LENGTH_WORD]));
    this.#handled = sent;
    try {
      receive(deserialize(text));
    } finally {
      Atomics.store(this.#words, ANSWERED_WORD, sent); // (Q)
    }
    return true;
  }
}
