/**
 * What it takes to write packets, and nothing else: the source of the chains fills slots, in a thread of its own. Both modes
 * pay it, so it is what a ratio of the two leaves out ("ingress aside").
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BASE } from '../configure.js';
import { InvalidMeasurement, NO_FACTORS } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import { slotBytesFor } from '../slot-bytes.js';
import type { Way } from '../way.js';
import type { IngressResult, IngressTask } from './ingress.js';

const THREAD = new URL('../bench/baselines/thread.js', import.meta.url);

/** @throws InvalidMeasurement when not every packet was written. */
export function verifyIngress({ written, sum, last }: Pick<IngressResult, 'written' | 'sum' | 'last'>): void {
  const expected = Number(((BigInt(written) * BigInt(written - 1)) / 2n) % 2n ** 32n);
  if (sum !== expected) throw new InvalidMeasurement(`sum of sequence numbers at ingress: expected ${expected}, found ${sum}`);
  if (last !== (written - 1) % 2 ** 32) throw new InvalidMeasurement(`sequence number in the slot filled last: expected ${written - 1}, found ${last}`);
}

async function measure(task: IngressTask): Promise<IngressResult> {
  const worker = new Worker(THREAD, { workerData: task });
  try {
    const [result] = (await once(worker, 'message')) as [IngressResult];
    verifyIngress(result);
    return result;
  } finally {
    await worker.terminate();
  }
}

/** Into a burst of slots that stay in the core's cache, and into all slots of a chain in turn. */
export function ingressWays(bytes: number, { seed, warmUpMs, measuredMs }: BenchSettings): Way[] {
  const { burst, flows, slots: all } = BASE;
  return [burst, all].map((slots): Way => ({
    way: 'ingress alone',
    factors: { ...NO_FACTORS, bytes, burst, flows, slots, slotBytes: slotBytesFor(bytes), threads: 1 },
    measure: async () => {
      const { packets, seconds } = await measure({ role: 'ingress', bytes, burst, flows, slots, seed, warmUpMs, measuredMs });
      return [{ metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds }];
    },
  }));
}
