/**
 * Two threads, two rings, two doorbells: this thread sends addresses, a worker gives them back. Bursts and sleeps are
 * random by a seed, which a failure names; `STRESS_SEED` in the environment runs that one.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Bell, DOORBELL_BYTES, Sleeper } from '../../src/ring/doorbell.js';
import { CONSUMER_INDEX_WORD, PRODUCER_INDEX_WORD, ringBytes, ringCapacity, type RingSpec } from '../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import { randomSource } from './random-source.mjs';

/** Long past any pause of a busy machine: a sleep that lasts this long was never ended by a bell. */
const WAIT_MS = 20_000;
/** Slots are 64 B apart here; the number of the message rides in the rest of the address. */
const ADDRESS_STRIDE = 64;

interface Outcome {
  failure: string | null;
  echoed: number;
  sleeps: number;
}

interface Memory {
  buffer: SharedArrayBuffer;
  toWorker: RingSpec;
  fromWorker: RingSpec;
  workerBell: number;
  mainBell: number;
}

/** Two rings whose indexes are about to pass 2^32, and two doorbells. */
function layOut(slots: number): Memory {
  // Bursts are of any size up to all slots, and the worker passes them on before it lets go of them.
  const capacity = ringCapacity(slots, slots);
  const ring = ringBytes(Math.max(16, capacity));
  const buffer = new SharedArrayBuffer(2 * ring + 2 * DOORBELL_BYTES);
  for (const offset of [0, ring]) {
    const words = new Int32Array(buffer, offset);
    words[PRODUCER_INDEX_WORD] = -1000;
    words[CONSUMER_INDEX_WORD] = -1000;
  }
  return { buffer, toWorker: { offset: 0, capacity }, fromWorker: { offset: ring, capacity }, workerBell: 2 * ring, mainBell: 2 * ring + DOORBELL_BYTES };
}

/** Sends and takes until all is back. Returns how often it slept, or says what went wrong. */
function exchange(memory: Memory, slots: number, total: number, seed: number): number | string {
  const { buffer, toWorker, fromWorker } = memory;
  const output = new RingProducer(buffer, toWorker);
  const input = new RingConsumer(buffer, fromWorker);
  const bell = new Bell(buffer, memory.workerBell);
  const sleeper = new Sleeper(buffer, memory.mainBell);
  const random = randomSource(seed);
  const taken = new Uint32Array(slots);
  let sent = 0;
  let received = 0;
  let sleeps = 0;
  while (received < total) {
    const burst = Math.min(random(slots + 1), slots - (sent - received), total - sent);
    for (let k = 0; k < burst; k++) output.push((++sent * ADDRESS_STRIDE) >>> 0);
    output.publish();
    bell.ring();
    const count = input.peek(taken, 1 + random(slots));
    for (let k = 0; k < count; k++) {
      const expected = (++received * ADDRESS_STRIDE) >>> 0;
      if (taken[k] !== expected) return `address ${taken[k]} came as number ${received}, expected ${expected}`;
    }
    input.release(count);
    if (count > 0 && random(4) !== 0) continue;
    sleeper.announce();
    if (!input.isEmpty() || sent === received) {
      sleeper.cancel();
      continue;
    }
    const since = performance.now();
    sleeper.wait(WAIT_MS);
    sleeps++;
    if (performance.now() - since >= WAIT_MS) return `slept ${WAIT_MS} ms with ${sent} sent and ${received} received: a wake-up was lost`;
  }
  return input.isEmpty() && output.occupancy() === 0 ? sleeps : 'something is left in a ring';
}

const CASES: [slots: number, total: number, seed: number][] = [
  [2, 20_000, 0x5eed01],
  [16, 60_000, 0x5eed02],
  [256, 200_000, 0x5eed03],
];

describe('two threads', () => {
  it.each(CASES)('pass addresses of %i slots through rings in order, each once', async (slots, total, fixedSeed) => {
    const workerFile = new URL('./stress-worker.mjs', import.meta.url);
    const seed = Number(process.env['STRESS_SEED'] ?? fixedSeed);
    const context = `STRESS_SEED=${seed}, slots ${slots}`;
    const memory = layOut(slots);
    const worker = new Worker(workerFile, { workerData: { ...memory, slots, total, seed: seed + 1, waitMs: WAIT_MS, stride: ADDRESS_STRIDE } });
    try {
      await once(worker, 'message');
      const ended = once(worker, 'message') as Promise<[Outcome]>;
      const sleeps = exchange(memory, slots, total, seed);
      const [outcome] = await ended;
      expect([outcome.failure, typeof sleeps === 'string' ? sleeps : null, outcome.echoed], context).toEqual([null, null, total]);
      expect(Number(sleeps) + outcome.sleeps, `${context}: nobody ever slept`).toBeGreaterThan(0);
    } finally {
      await worker.terminate();
    }
  });
});
