/**
 * A generation word: one number in shared memory that says which edition of a policy is in force. Whoever caches a
 * consequence of the policy keeps the generation beside it; a bump makes every such entry stale at its next use, with
 * no sweep of any table.
 */
export class Generation {
  readonly #words: Int32Array;
  readonly #index: number;

  constructor(words: Int32Array, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** The generation in force. Read it before the policy: an entry may then be stale too early, never too late. */
  current(): number {
    return Atomics.load(this.#words, this.#index); // (I)
  }

  /** Call after the policy has been changed. (J) pairs with (I): who sees the number sees the policy. */
  bump(): number {
    return (Atomics.add(this.#words, this.#index, 1) + 1) | 0; // (J)
  }
}
