/** Packets of the baselines, in plain arrays: the same headers and payloads as the source's, and what comes back of them. */
import { PAYLOAD_AT, PayloadHash, writePayload } from '../payload.js';
import { SEQUENCE_AT } from '../ports/egress.js';
import { frameTemplates } from '../ports/frame-templates.js';
import { ttlOf } from './headers.js';

const HEADER_BYTES = SEQUENCE_AT + 4;

export class PlainPackets {
  readonly #header: Uint8Array;
  readonly #tail: Uint8Array;
  readonly #bytes: number;
  readonly #seed: number;
  readonly #ingress: PayloadHash | null;
  readonly #egress: PayloadHash | null;
  sent = 0;
  received = 0;
  receivedBytes = 0;
  wrong = 0;

  constructor({ bytes, seed, fresh }: { bytes: number; seed: number; fresh: boolean }) {
    this.#header = new Uint8Array(frameTemplates({ bytes, seed }, 1, HEADER_BYTES >>> 2).buffer);
    this.#tail = new Uint8Array(bytes - HEADER_BYTES);
    writePayload(this.#tail, 0, this.#tail.length, 0, seed);
    this.#bytes = bytes;
    this.#seed = seed;
    this.#ingress = fresh ? new PayloadHash() : null;
    this.#egress = fresh ? new PayloadHash() : null;
  }

  /** Writes the next packet at `at`. */
  write(into: Uint8Array, at: number): void {
    const sequence = this.sent++;
    into.set(this.#header, at);
    into.set(this.#tail, at + HEADER_BYTES);
    for (let k = 0; k < 4; k++) into[at + SEQUENCE_AT + k] = sequence >>> (8 * k);
    if (this.#ingress === null) return;
    writePayload(into, at + HEADER_BYTES, at + this.#bytes, sequence, this.#seed);
    this.#ingress.add(into, at + PAYLOAD_AT, at + this.#bytes);
  }

  /** Checks the packet at `at`: messages keep their order, so its number is known. */
  take(from: Uint8Array, at: number, lastTtl: number): void {
    const sequence = (from[at + SEQUENCE_AT] | (from[at + SEQUENCE_AT + 1] << 8) | (from[at + SEQUENCE_AT + 2] << 16) | (from[at + SEQUENCE_AT + 3] << 24)) >>> 0;
    if (ttlOf(from, at) !== lastTtl || sequence !== this.received) this.wrong++;
    this.received++;
    this.receivedBytes += Math.min(this.#bytes, from.length - at);
    this.#egress?.add(from, at + PAYLOAD_AT, at + this.#bytes);
  }

  hashes(): { sentHash: string; receivedHash: string } {
    return { sentHash: this.#ingress?.digest() ?? '', receivedHash: this.#egress?.digest() ?? '' };
  }
}
