/** The ring with both ends in one thread: what the code costs, without the cache lines that two threads pull to and fro. */
import { ringbufCases, ringCases } from '../micro/ring-cases.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';
import { timeCalls } from './micro-case.js';

const BURSTS = [1, 8, 32, 256];

async function groups({ profile }: BenchSettings): Promise<Group[]> {
  const ringbuf = await ringbufCases(BURSTS);
  return BURSTS.map((burst, at): Group => ({
    name: `one thread, burst ${burst}`,
    ways: [ringCases(BURSTS)[at], ...(ringbuf === null ? [] : [ringbuf[at]])].map((micro): Way => ({
      way: micro.name, factors: { burst, slots: 4096, threads: 1 }, measure: async () => [await timeCalls(micro, profile)],
    })),
  }));
}

export const ringCase: BenchCase = { name: 'ring', says: 'the ring with both ends in one thread, against ringbuf.js', byDefault: true, groups };
