/** The one routine that copies packet bytes between ingress and egress; it counts what it copies. */
import { BlockCopier } from './block-copier.js';

/** For one direction between two memories: as a `BlockCopier`. */
export class CopyCounter {
  readonly #cell: Float64Array;
  readonly #index: number;
  readonly #copier = new BlockCopier();

  constructor(cell: Float64Array, index: number) {
    this.#cell = cell;
    this.#index = index;
  }

  /** Copies `length` bytes. In zero-copy mode nothing calls this, and the count stays 0. */
  copy(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
    this.#copier.copy(from, fromStart, to, toStart, length);
    this.#cell[this.#index] += length;
  }
}
