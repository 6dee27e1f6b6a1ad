/**
 * Two threads that put off waking each other: poll loops, wakers, rings and doorbells as they run, but with sleeps that end by
 * a bell or not at all. Where a ring is lost both sleep, or the one that is busy waits in vain, and the test says so.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { DOORBELL_BYTES } from '../../src/ring/doorbell.js';
import { ringBytes, ringCapacity } from '../../src/ring/ring-layout.js';
import { wakeUpSpec, type WakeUp } from '../../src/ring/wake-up.js';
import { randomSource } from './random-source.mjs';
import { runEnd, sourceEnd, type Bound, type Memory, type Outcome } from './wake-up-ends.js';

/** Long past any pause of a busy machine. */
const SLEEP_MS = 8000;

/** @param naps whoever naps looks by itself, and hides what was lost. */
function layOut(slots: number, policy: WakeUp, burst: number, naps: boolean): Memory {
  const capacity = ringCapacity(slots, slots);
  const ring = ringBytes(capacity);
  const buffer = new SharedArrayBuffer(2 * ring + 2 * DOORBELL_BYTES);
  return {
    buffer, slots, sleepMs: SLEEP_MS, wakeUp: { ...wakeUpSpec(policy, slots, burst, false), napBelow: naps ? Infinity : 0 },
    toWorker: { offset: 0, capacity }, fromWorker: { offset: ring, capacity }, workerBell: 2 * ring, mainBell: 2 * ring + DOORBELL_BYTES,
  };
}

/** @returns what both ends say, the worker's first. */
async function exchange(memory: Memory, total: number, burst: () => number, busy: Bound | null): Promise<[Outcome, Outcome]> {
  const worker = new Worker(new URL('./wake-up-worker.mjs', import.meta.url), { workerData: { memory, total } });
  try {
    await once(worker, 'message');
    const ended = once(worker, 'message') as Promise<[Outcome]>;
    const main = runEnd(sourceEnd(memory, total, burst, busy), memory.mainBell, memory);
    expect(main.failure).toBeNull();
    return [(await ended)[0], main];
  } finally {
    await worker.terminate();
  }
}

describe('two threads that put off their rings', () => {
  it.each([['throughput', 'never naps', false], ['auto', 'never naps', false], ['throughput', 'naps before it sleeps', true]] as const)('pass everything without a clock that wakes them (%s, who %s)', async (policy, _, naps) => {
    const seed = Number(process.env['STRESS_SEED'] ?? 0x5eed11);
    const random = randomSource(seed);
    // A burst of 8 and a mark at 16 of 64 slots: each reason for a ring comes about.
    const [worker, main] = await exchange(layOut(64, policy, 8, naps), 8000, () => random(20), null);
    expect(worker.failure, `STRESS_SEED=${seed}`).toBeNull();
    expect(worker.sleeps + main.sleeps, 'nobody ever slept').toBeGreaterThan(0);
    expect(worker.naps + main.naps > 0, 'whether somebody napped').toBe(naps);
  });

  it.each([['polls', 200], ['clock', 30]] as const)('a producer that never sleeps still rings for a single packet, by its %s', async (bound, total) => {
    // Less than the mark, and the policy rings for no burst at once.
    const [worker] = await exchange(layOut(64, 'throughput', 8, false), total, () => 1, bound);
    expect(worker.failure).toBeNull();
    expect(worker.sleeps, 'the worker never slept').toBeGreaterThan(0);
  });
});
