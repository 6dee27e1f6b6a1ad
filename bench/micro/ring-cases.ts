/** Rings with both ends in one thread. */
import { allocateControl } from '../../src/memory/control-memory.js';
import { ringBytes } from '../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import { SLOTS } from '../settings.js';
import { OPERATIONS, type MicroCase } from './micro-case.js';

type Pass = (from: Uint32Array, out: Uint32Array, burst: number) => number;

function caseOf(name: string, burst: number, pass: Pass): MicroCase {
  const from = Uint32Array.from({ length: burst }, (_, k) => k * 2048);
  const out = new Uint32Array(burst);
  const call = (): number => {
    let taken = 0;
    for (let k = 0; k < OPERATIONS; k += burst) taken += pass(from, out, burst);
    return taken;
  };
  return { name, bytes: null, burst, operations: OPERATIONS, unit: 'address', call, expected: OPERATIONS };
}

export function ringCases(bursts: readonly number[]): MicroCase[] {
  return bursts.map((burst) => {
    const buffer = allocateControl(ringBytes(SLOTS));
    const spec = { offset: 0, capacity: SLOTS };
    const producer = new RingProducer(buffer, spec);
    const consumer = new RingConsumer(buffer, spec);
    return caseOf('millrace', burst, (from, out, count) => {
      producer.pushBurst(from, 0, count);
      producer.publish();
      return consumer.take(out, count);
    });
  });
}

/** Null where the package is not installed. */
export async function ringbufCases(bursts: readonly number[]): Promise<MicroCase[] | null> {
  const found = await import('ringbuf.js').catch(() => null);
  if (found === null) return null;
  const { RingBuffer } = found;
  return bursts.map((burst) => {
    const ring = new RingBuffer(RingBuffer.getStorageForCapacity(SLOTS, Uint32Array), Uint32Array);
    return caseOf('ringbuf.js', burst, (from, out, count) => {
      ring.push(from, count);
      return ring.pop(out, count);
    });
  });
}
