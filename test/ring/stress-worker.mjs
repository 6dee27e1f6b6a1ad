/** The other thread of the stress test: gives back what it gets, in the order in which it came, in bursts of random size. */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';
import { randomSource } from './random-source.mjs';

register();
const { Bell, Sleeper } = await import('../../src/ring/doorbell.ts');
const { RingConsumer, RingProducer } = await import('../../src/ring/spsc-ring.ts');

const { buffer, toWorker, fromWorker, workerBell, mainBell, slots, total, seed, waitMs, stride } = workerData;
const input = new RingConsumer(buffer, toWorker);
const output = new RingProducer(buffer, fromWorker);
const sleeper = new Sleeper(buffer, workerBell);
const bell = new Bell(buffer, mainBell);
const random = randomSource(seed);
const addresses = new Uint32Array(slots);

let echoed = 0;
let sleeps = 0;
let failure = null;
parentPort.postMessage({ ready: true });
while (echoed < total && failure === null) {
  const count = input.peek(addresses, 1 + random(slots));
  for (let k = 0; k < count && failure === null; k++) {
    const expected = ((echoed + k + 1) * stride) >>> 0;
    if (addresses[k] !== expected) failure = `address ${addresses[k]} came to the worker as number ${echoed + k + 1}, expected ${expected}`;
  }
  output.pushBurst(addresses, 0, count);
  if (random(2) === 0) output.publish(); // else more than one burst becomes visible at once
  input.release(count);
  echoed += count;
  if (count > 0 && random(4) !== 0) continue;
  output.publish();
  bell.ring();
  sleeper.announce();
  if (!input.isEmpty() || echoed === total) {
    sleeper.cancel();
    continue;
  }
  const since = performance.now();
  sleeper.wait(waitMs);
  sleeps++;
  if (performance.now() - since >= waitMs) failure = `the worker slept ${waitMs} ms at ${echoed} of ${total}: a wake-up was lost`;
}
output.publish();
bell.ring();
parentPort.postMessage({ failure, echoed, sleeps });
