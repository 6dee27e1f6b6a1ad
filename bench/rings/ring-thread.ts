/**
 * One end of a ring, in a thread of its own: puts the numbers 0, 1, 2 … or takes and adds them up. Nobody sleeps. A full
 * ring is no state of the product's (every ring holds every slot), so the producer asks for room here, when what it knew of
 * is used up, as the other rings do for themselves.
 */
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import type { RingSpec } from '../../src/ring/ring-layout.js';
import { parentPort, workerData } from 'node:worker_threads';

export interface RingTask {
  readonly kind: 'millrace' | 'ringbuf.js';
  readonly end: 'put' | 'take';
  readonly buffer: SharedArrayBuffer;
  readonly spec: RingSpec;
  readonly burst: number;
  readonly values: number;
}

export interface RingResult {
  readonly packets: number;
  readonly seconds: number;
  /** Sum of all values, modulo 2^53. */
  readonly sum: number;
}

interface End {
  /** Puts at most `count` values of `batch` and returns how many; or takes. */
  (batch: Uint32Array, start: number, count: number): number;
}

async function endOf({ kind, end, buffer, spec }: RingTask): Promise<End> {
  if (kind === 'ringbuf.js') {
    const { RingBuffer } = await import('ringbuf.js');
    const ring = new RingBuffer(buffer, Uint32Array);
    return end === 'put' ? (batch, start, count) => ring.push(batch, count, start) : (batch, _start, count) => ring.pop(batch, count);
  }
  if (end === 'take') {
    const consumer = new RingConsumer(buffer, spec);
    return (batch, _start, count) => consumer.take(batch, count);
  }
  const producer = new RingProducer(buffer, spec);
  let room = spec.capacity;
  return (batch, start, count) => {
    if (room < count) {
      room = spec.capacity - producer.occupancy();
      if (room < count) return 0;
    }
    producer.pushBurst(batch, start, count);
    producer.publish();
    room -= count;
    return count;
  };
}

/** What is put, or was taken. Large enough to lie outside of V8's heap, whatever the burst. */
const batch = new Uint32Array(1024);

/**
 * What is done with the values costs as much as the ring, so it is done by functions that are called once a burst: V8 compiles
 * these better than the long loop that a benchmark is (docs/hot-code.md).
 */
function fill(from: number, count: number): void {
  const values = batch;
  for (let k = 0; k < count; k++) values[k] = from + k;
}

function total(count: number): number {
  const values = batch;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += values[k];
  return sum;
}

function put(end: End, { burst, values }: RingTask): void {
  for (let sent = 0; sent < values; ) {
    const count = Math.min(burst, values - sent);
    fill(sent, count);
    for (let done = 0; done < count; ) done += end(batch, done, count - done);
    sent += count;
  }
}

function take(end: End, { burst, values }: RingTask): RingResult {
  const warm = Math.floor(values / 3);
  let [taken, sum, from, begin] = [0, 0, 0, 0];
  while (taken < values) {
    const count = end(batch, 0, burst);
    sum += total(count);
    taken += count;
    if (begin === 0 && taken >= warm) [begin, from] = [taken, performance.now()];
  }
  return { packets: values - begin, seconds: (performance.now() - from) / 1000, sum };
}

const task = workerData as RingTask;
const end = await endOf(task);
parentPort!.once('message', () => {
  if (task.end === 'put') put(end, task);
  else parentPort!.postMessage(take(end, task));
});
parentPort!.postMessage('ready');
