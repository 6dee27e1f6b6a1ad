/** The ring with both ends in one thread: what the code costs, without the cache lines that two threads pull to and fro. */
import { ringBytes } from '#millrace/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '#millrace/ring/spsc-ring.js';
import { SLOTS } from '../settings.js';
import { OPERATIONS, type MicroCase } from './micro-case.js';

export function ringCases(): MicroCase[] {
  return [1, 8, 32, 256].map((burst) => {
    const buffer = new SharedArrayBuffer(ringBytes(SLOTS));
    const spec = { offset: 0, capacity: SLOTS };
    const producer = new RingProducer(buffer, spec);
    const consumer = new RingConsumer(buffer, spec);
    const from = Uint32Array.from({ length: burst }, (_, k) => k * 2048);
    const out = new Uint32Array(burst);
    const call = (): number => {
      let taken = 0;
      for (let k = 0; k < OPERATIONS; k += burst) {
        producer.pushBurst(from, 0, burst);
        producer.publish();
        taken += consumer.take(out, burst);
      }
      return taken;
    };
    return { name: 'ring, one thread', bytes: null, burst, operations: OPERATIONS, unit: 'address', call, expected: OPERATIONS };
  });
}
