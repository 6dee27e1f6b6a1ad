/** The one routine that copies packet bytes between ingress and egress; it counts what it copies. Allocates a view a copy. */
export class CopyCounter {
  readonly #cell: Float64Array;
  readonly #index: number;

  constructor(cell: Float64Array, index: number) {
    this.#cell = cell;
    this.#index = index;
  }

  /** Copies `length` bytes. In zero-copy mode nothing calls this, and the count stays 0. */
  copy(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
    to.set(from.subarray(fromStart, fromStart + length), toStart);
    this.#cell[this.#index] += length;
  }
}
