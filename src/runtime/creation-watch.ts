/** Whoever waits for network functions that are being created is told so, and not for ever. Main thread. */
import type { EventDesk } from './event-desk.js';
import type { Failures } from './failures.js';
import type { Workers } from './workers.js';

/** When it is told that a network function is not created yet: that takes a tenth of a second, with much to read a few. */
const CREATION_MS = 5000;

/** What of a run it works on. */
interface Parts {
  readonly desk: EventDesk;
  readonly failures: Failures;
  readonly workers: Workers;
  /** How long creation may take. */
  readonly timeoutMs: number;
  /** Lets main look at why the run ends. */
  readonly wake: () => void;
}

export class CreationWatch {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @param vms that have the functions.
   * @param areMade a timer may be late: the main thread was busy, or the machine asleep.
   * @returns what ends it.
   */
  begin(vms: readonly number[], areMade: () => boolean): () => void {
    const { desk, failures, timeoutMs } = this.#parts;
    const slow = setTimeout(() => {
      for (const culprit of vms.map((at) => failures.at(at))) if (culprit.doing === 'create') desk.stalled(culprit);
    }, CREATION_MS);
    const late = setTimeout(() => {
      desk.drain();
      if (!areMade()) this.#giveUp(vms);
    }, timeoutMs);
    return () => {
      clearTimeout(slow);
      clearTimeout(late);
    };
  }

  /** Network functions were not created in time. @param vms of which some wait for theirs. */
  #giveUp(vms: readonly number[]): void {
    const { desk, failures, workers, timeoutMs, wake } = this.#parts;
    desk.failure ??= failures.ofUnmade(vms, timeoutMs);
    for (const vm of vms) workers.kill(vm);
    wake();
  }
}
