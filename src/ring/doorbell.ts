/**
 * Hot: no allocation. How a sleeping thread is woken: one word per thread, not per ring.
 *
 *   sleeper                                  ringer
 *   store word = ASLEEP            (E)       publish something              (A)
 *   check every input once more    (B)       load word                      (F)
 *   wait while word = ASLEEP                 if ASLEEP: store AWAKE, notify (G)
 *   store word = AWAKE             (H)
 *
 * (E) before (B) in the sleeper and (A) before (F) in the ringer: whichever of (E) and (F) comes first in the single
 * order of all atomic operations, either the ringer sees ASLEEP and rings, or the sleeper's check sees what was
 * published. A plain read in place of (F) may be older than (A) and then both go wrong: a lost wake-up.
 * (G) stores before it notifies, so a sleeper that had not yet begun to wait does not begin.
 */
const AWAKE = 0;
const ASLEEP = 1;

/** Size of a doorbell in control memory: a cache line. */
export const DOORBELL_BYTES = 64;

/** The end of those who ring. Any number of threads may have one. */
export class Bell {
  readonly #word: Int32Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#word = new Int32Array(buffer, offset, 1);
  }

  /** Wakes the sleeper if it sleeps. Call after publishing. Cheap when it is awake: one atomic load. */
  ring(): void {
    if (Atomics.load(this.#word, 0) === ASLEEP) { // (F)
      Atomics.store(this.#word, 0, AWAKE); // (G)
      Atomics.notify(this.#word, 0, 1); // (G)
    }
  }
}

/** The end of the one thread that sleeps. */
export class Sleeper {
  readonly #word: Int32Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#word = new Int32Array(buffer, offset, 1);
  }

  /** Announces sleep. Check every input after this and call `cancel` if there is work, else `wait`. */
  announce(): void {
    Atomics.store(this.#word, 0, ASLEEP); // (E)
  }

  cancel(): void {
    Atomics.store(this.#word, 0, AWAKE); // (H)
  }

  /** Sleeps until rung or for `timeoutMs`. Not on the main thread. */
  wait(timeoutMs: number): void {
    Atomics.wait(this.#word, 0, ASLEEP, timeoutMs); // pairs with (G)
    Atomics.store(this.#word, 0, AWAKE); // (H)
  }

  /** Sleeps for `timeoutMs`, rung or not. Not on the main thread. */
  pause(timeoutMs: number): void {
    Atomics.wait(this.#word, 0, Atomics.load(this.#word, 0), timeoutMs); // nothing is expected: no partner
  }

  /** The word itself, for `waitAsync` on the main thread. */
  get word(): Int32Array {
    return this.#word;
  }

  static readonly asleep: number = ASLEEP;
}
