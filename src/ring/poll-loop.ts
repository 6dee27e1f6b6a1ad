/**
 * The shell of a worker thread: polls until the run state says stop, and sleeps when there is nothing to do. Everything
 * that is worth testing is in the `poll()` that it is given.
 */
import type { Sleeper } from './doorbell.js';

export interface Pollable {
  /** One bounded step; returns the work done. `wallMs`: the time of day in milliseconds. */
  poll(wallMs: number): number;
  /** Whether a poll would find something. */
  hasWork(): boolean;
  /** Wakes others for what was published. */
  flush(): void;
}

export interface LoopPolicy {
  /** Empty polls before sleeping: a short wait is cheaper than a sleep and a wake-up. */
  spins: number;
  /** Longest sleep. Bounds how late a worker notices that it is to stop, and lets `terminate()` through. */
  sleepMs: number;
}

export const DEFAULT_LOOP: LoopPolicy = { spins: 50, sleepMs: 50 };

/** Runs until `stopped()` says so at an empty poll. */
export function pollLoop(work: Pollable, sleeper: Sleeper, stopped: () => boolean, policy: LoopPolicy = DEFAULT_LOOP): void {
  let idle = 0;
  for (;;) {
    if (work.poll(Date.now()) > 0) {
      idle = 0;
      continue;
    }
    if (++idle < policy.spins) continue;
    work.flush();
    if (stopped()) return;
    sleeper.announce();
    if (work.hasWork() || stopped()) sleeper.cancel();
    else sleeper.wait(policy.sleepMs);
    idle = 0;
  }
}
