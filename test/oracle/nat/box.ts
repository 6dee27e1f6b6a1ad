/** A NAT with two links, whatever is in it; and ours as one. */
import type { Harness } from '../../../src/nf/harness.js';

export type Side = 'inside' | 'outside';

export interface Box {
  readonly name: string;
  /** Puts a frame on a link, and tells what comes out of both. */
  send(side: Side, frame: Uint8Array): Promise<Record<Side, Uint8Array[]>>;
  pass(milliseconds: number): Promise<void>;
  close(): void;
}

/** Millrace's NAT: time is what packets say. */
export class OurBox implements Box {
  readonly name = 'millrace';
  readonly #nf: Harness;
  #nowMs = 1_700_000_000_000;

  constructor(nf: Harness) {
    this.#nf = nf;
  }

  send(side: Side, frame: Uint8Array): Promise<Record<Side, Uint8Array[]>> {
    this.#nowMs += 1;
    const before = this.#nf.originated.length;
    const { verdict, bytes, turnedBack } = this.#nf.process(frame, { direction: side === 'inside' ? 'forward' : 'reverse', timestampMs: this.#nowMs });
    const seen: Record<Side, Uint8Array[]> = { inside: [], outside: [] };
    // What the function sends of its own travels as the packet that it had in hand.
    if (verdict === 'forward') seen[turnedBack === (side === 'inside') ? 'inside' : 'outside'].push(bytes, ...this.#nf.originated.slice(before));
    return Promise.resolve(seen);
  }

  pass(milliseconds: number): Promise<void> {
    this.#nowMs += milliseconds;
    this.#nf.expire(this.#nowMs);
    return Promise.resolve();
  }

  close(): void {
    // Nothing outlives it.
  }
}
