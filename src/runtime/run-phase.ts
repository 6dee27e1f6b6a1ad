/** The word by which main tells all threads how far the run is: starting, running, draining, stopped. Main thread. */
import { RunState, type SharedSpec } from '../memory/shared-spec.js';

export class RunPhase {
  readonly #word: Int32Array;

  constructor({ control, runStateOffset }: SharedSpec) {
    this.#word = new Int32Array(control, runStateOffset, 1);
  }

  /** Not when it was told to drain while it was starting. */
  run(): void {
    Atomics.compareExchange(this.#word, 0, RunState.starting, RunState.running); // (U) pairs with the workers' loads
    Atomics.notify(this.#word, 0); // (U)
  }

  /** Live ports stop receiving, and end by themselves. Never back from `stopped`: who has not looked yet would miss the end. */
  drain(): void {
    if (Atomics.load(this.#word, 0) !== RunState.stopped) this.#set(RunState.draining); // (U)
  }

  stop(): void {
    this.#set(RunState.stopped);
  }

  #set(state: number): void {
    Atomics.store(this.#word, 0, state); // (U) pairs with the workers' loads
    Atomics.notify(this.#word, 0); // (U)
  }
}
