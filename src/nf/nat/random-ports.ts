/**
 * Hot: no allocation. Numbers that nobody can guess, for external ports (RFC 6056 section 3.3): drawn from the system by the
 * kilobyte. With a seed, a sequence that can be repeated, for tests.
 */
import { randomFillSync } from 'node:crypto';

/** Numbers drawn from the system at a time. */
const DRAWN = 1024;
const TWO_32 = 2 ** 32;

export class RandomPorts {
  readonly #drawn = new Uint32Array(DRAWN);
  #used = DRAWN;
  /** Of the repeatable sequence (xorshift, Marsaglia 2003), never 0; 0: there is no seed. */
  #state: number;

  constructor(seed?: number) {
    // A state of 0 would stay 0; a small one would begin with small numbers.
    this.#state = seed === undefined ? 0 : Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  }

  /** A port from `first` to `last`, each as likely as any other. */
  between(first: number, last: number): number {
    return first + Math.floor((this.#next() / TWO_32) * (last - first + 1));
  }

  #next(): number {
    if (this.#state !== 0) {
      this.#state ^= this.#state << 13;
      this.#state ^= this.#state >>> 17;
      this.#state ^= this.#state << 5;
      return this.#state >>> 0;
    }
    if (this.#used === DRAWN) {
      randomFillSync(this.#drawn);
      this.#used = 0;
    }
    const value = this.#drawn[this.#used];
    // What was given out is nobody's to read.
    this.#drawn[this.#used++] = 0;
    return value;
  }
}
