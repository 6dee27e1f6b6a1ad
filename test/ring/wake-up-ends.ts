/** The two ends of the stress test of coalesced wake-ups: the real poll loop, wakers, rings and doorbells, and sleeps that no clock ends. */
import { Bell, Sleeper } from '../../src/ring/doorbell.js';
import { pollLoop, type Pollable } from '../../src/ring/poll-loop.js';
import type { RingSpec } from '../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import { Waker, type WakeUpSpec } from '../../src/ring/wake-up.js';

export interface Memory {
  buffer: SharedArrayBuffer;
  toWorker: RingSpec;
  fromWorker: RingSpec;
  workerBell: number;
  mainBell: number;
  slots: number;
  wakeUp: WakeUpSpec;
  /** How long a sleep lasts that nobody ends: so long that it is a failure. */
  sleepMs: number;
}

/** What alone makes a busy producer ring: the number of its polls, or the clock of its loop. */
export type Bound = 'polls' | 'clock';

export interface End extends Pollable {
  isOver(): boolean;
  /** Where it is, for whoever reads of a failure. */
  story(): string;
}

export interface Outcome {
  failure: string | null;
  sleeps: number;
  naps: number;
}

/** Runs one end until it is over. The sleep that the loop asks for is replaced: after 50 ms it would look by itself, and hide what was lost. */
export function runEnd(end: End, bell: number, { buffer, wakeUp, sleepMs }: Memory): Outcome {
  const sleeper = new Sleeper(buffer, bell);
  let sleeps = 0;
  let naps = 0;
  let failure: string | null = null;
  const untilRung = {
    announce: () => {
      sleeper.announce();
    },
    cancel: () => {
      sleeper.cancel();
    },
    wait: () => {
      const since = performance.now();
      sleeper.wait(sleepMs);
      sleeps++;
      if (performance.now() - since >= sleepMs) failure = `slept ${sleepMs} ms, ${end.story()}: a wake-up was lost`;
    },
    pause: (milliseconds: number) => {
      sleeper.pause(milliseconds);
      naps++;
    },
  };
  const bigint = process.hrtime.bigint.bind(process.hrtime);
  // To a clock that stands each sleep is short, so it naps however busy the machine is.
  if (wakeUp.napBelow > 0) process.hrtime.bigint = () => 0n;
  try {
    pollLoop(end, untilRung, () => failure !== null || end.isOver(), { ...wakeUp, spins: 1 });
  } finally {
    process.hrtime.bigint = bigint;
  }
  return { failure, sleeps, naps };
}

/** Gives back what it gets, until all has passed. */
export function echoEnd({ buffer, toWorker, fromWorker, mainBell, slots, wakeUp }: Memory, total: number): End {
  const input = new RingConsumer(buffer, toWorker);
  const output = new RingProducer(buffer, fromWorker);
  const waker = new Waker(new Bell(buffer, mainBell), wakeUp);
  const taken = new Uint32Array(slots);
  let echoed = 0;
  return {
    poll: () => {
      const count = input.peek(taken, slots);
      if (count > 0) {
        output.pushBurst(taken, 0, count);
        waker.published(output.publish(), output);
        input.release(count);
        echoed += count;
      } else waker.passed();
      return count;
    },
    hasWork: () => !input.isEmpty(),
    flush: () => {
      waker.flush();
    },
    isOver: () => echoed === total,
    story: () => `the worker at ${echoed} of ${total}`,
  };
}

/**
 * Sends addresses, as many at a time as `burst` says and there are slots for, until all are back.
 * @param busy it has other work too and never comes to sleep, and one packet is on its way at a time: nothing but this bound on the delay
 * makes it ring. Null: it sleeps when there is nothing to do.
 */
export function sourceEnd({ buffer, toWorker, fromWorker, workerBell, slots, wakeUp, sleepMs }: Memory, total: number, burst: () => number, busy: Bound | null): End {
  const output = new RingProducer(buffer, toWorker);
  const input = new RingConsumer(buffer, fromWorker);
  const waker = new Waker(new Bell(buffer, workerBell), busy === 'clock' ? { ...wakeUp, ringAfterPolls: Infinity } : wakeUp);
  const taken = new Uint32Array(slots);
  const bell = new Int32Array(buffer, workerBell, 1);
  let awakeMs = 0;
  /** Every other packet goes at once, when the worker may be about to sleep, and every other when it has been asleep for a millisecond. */
  const isWaitedFor = (): boolean => {
    if (busy === null || sent % 2 === 0 || sent !== received) return false;
    if (Atomics.load(bell, 0) !== Sleeper.asleep) awakeMs = performance.now();
    return performance.now() - awakeMs < 1;
  };
  let sent = 0;
  let received = 0;
  let latest = performance.now();
  const inFlight = busy === null ? slots : 1;
  return {
    poll: () => {
      const count = input.peek(taken, slots);
      for (let k = 0; k < count; k++) if (taken[k] !== ++received) throw new Error(`address ${taken[k]} came as number ${received}`);
      input.release(count);
      const sending = isWaitedFor() ? 0 : Math.min(burst(), inFlight - (sent - received), total - sent);
      for (let k = 0; k < sending; k++) output.push(++sent);
      if (sending > 0) waker.published(output.publish(), output);
      else waker.passed();
      if (busy === null || received === total) return count + sending;
      if (count > 0) latest = performance.now();
      else if (performance.now() - latest >= sleepMs) throw new Error(`nothing came back in ${sleepMs} ms, ${sent} sent and ${received} received: a ring was put off for ever`);
      return 1;
    },
    // What is to be sent is there, whatever the chance said this time.
    hasWork: () => !input.isEmpty() || (sent === received && sent < total),
    flush: () => {
      if (busy !== 'polls' || received === total) waker.flush();
    },
    isOver: () => received === total,
    story: () => `main with ${sent} sent and ${received} received`,
  };
}
