/**
 * Hot: no allocation. When a sleeping thread is woken for what was published to it, and how long a thread looks for work
 * before it sleeps. Waking costs a system call and, where cores are few, the time slice of whoever else has something to
 * do, so many small wake-ups ruin throughput; every one that is put off adds to the latency. The delay is bounded: a
 * producer rings at the latest after `ringAfterPolls` of its polls, at the next tick of the clock of milliseconds that its loop
 * sees (`pollLoop` flushes), and before it sleeps itself; only a single poll that takes longer than that is not interrupted.
 */
import type { Bell } from './doorbell.js';
import type { RingProducer } from './spsc-ring.js';

/**
 * `throughput`: rings when much waits, or the producer has nothing else to do. `latency`: rings at once. `auto`: rings at once
 * when less than a full burst was published, which is to say while there is little load, and as `throughput` else. `poll`: no thread
 * sleeps, so nobody has to be woken; each takes a core whether there is work or not.
 */
export type WakeUp = 'throughput' | 'latency' | 'auto' | 'poll';

/** A policy in numbers: a plain value that crosses threads. */
export interface WakeUpSpec {
  /** Bursts smaller than this are rung for at once. */
  atOnceBelow: number;
  /** Occupancy of a ring from which its consumer is rung for in any case. */
  mark: number;
  /** Polls after which the bell is rung in any case. */
  ringAfterPolls: number;
  /** Empty polls before a thread sleeps, or, where it does not sleep, before it looks whether it is to end. */
  spins: number;
  /** Less work than this between two rests is little, as a poll counts it: packets of a VM, hand-overs of the packet manager. While there is little, and often, a thread naps, and nobody has to wake it. 0: it never naps. */
  napBelow: number;
  sleeps: boolean;
}

/** Ring at once when this share of the slots waits: fewer, larger wake-ups win. */
const MARK_SHARE = 4;
/** Some microseconds of polls: a sleep and a wake-up cost more. */
const SPINS = 100;
/** A thread that has a core to itself loses nothing by looking for longer. */
const SPINS_ON_OWN_CORE = 4000;
const RING_AFTER_POLLS = 16;
/** This much work between two rests is not little, however many slots there are. */
const MOST_LITTLE = 1024;

/**
 * @param hasOwnCores every thread has a core to itself.
 * @param isLockstep packets come in when those before them have gone out, so a thread that is late makes all of them late, and none come together.
 */
export function wakeUpSpec(policy: WakeUp, slots: number, burst: number, hasOwnCores: boolean, isLockstep = false): WakeUpSpec {
  const mark = Math.max(1, Math.floor(slots / MARK_SHARE));
  return {
    atOnceBelow: policy === 'latency' ? Infinity : policy === 'auto' ? burst : 0,
    mark,
    ringAfterPolls: RING_AFTER_POLLS,
    spins: hasOwnCores && (policy === 'latency' || policy === 'auto') ? SPINS_ON_OWN_CORE : SPINS,
    // A wake-up takes the core from somebody else, for a few packets: let them come together, but not so many that slots run out.
    napBelow: !hasOwnCores && !isLockstep && (policy === 'throughput' || policy === 'auto') ? Math.min(mark, MOST_LITTLE) : 0,
    sleeps: policy !== 'poll',
  };
}

/** The end of a producer that publishes to one sleeper, through one ring or several. */
export class Waker {
  readonly #bell: Bell;
  readonly #spec: WakeUpSpec;
  #due = 0;

  constructor(bell: Bell, spec: WakeUpSpec) {
    this.#bell = bell;
    this.#spec = spec;
  }

  /** `count` addresses have become visible in `ring`. */
  published(count: number, ring: RingProducer): void {
    this.#due++;
    if (count < this.#spec.atOnceBelow || this.#due >= this.#spec.ringAfterPolls || ring.occupancy() >= this.#spec.mark) this.ring();
  }

  /** A poll in which nothing was published: what waits has waited longer. */
  passed(): void {
    if (this.#due > 0 && ++this.#due >= this.#spec.ringAfterPolls) this.ring();
  }

  /** Rings if something was published since the last time: called before the producer sleeps, and at every tick of its loop's clock. */
  flush(): void {
    if (this.#due > 0) this.ring();
  }

  ring(): void {
    this.#due = 0;
    this.#bell.ring();
  }
}
