/** The one routine that copies packet bytes between ingress and egress; it counts what it copies. Long copies allocate a view. */

/** Up to here a plain loop costs less than the view that a block copy needs. */
const LOOP_BYTES = 160;

export class CopyCounter {
  readonly #cell: Float64Array;
  readonly #index: number;

  constructor(cell: Float64Array, index: number) {
    this.#cell = cell;
    this.#index = index;
  }

  /** Copies `length` bytes. In zero-copy mode nothing calls this, and the count stays 0. */
  copy(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
    if (length <= LOOP_BYTES) for (let k = 0; k < length; k++) to[toStart + k] = from[fromStart + k];
    else to.set(from.subarray(fromStart, fromStart + length), toStart);
    this.#cell[this.#index] += length;
  }
}
