/** P1: one hop between two worker threads, against ringbuf.js, a ring in C, and DPDK's. */
import { dpdkTestWays } from '../rings/dpdk-test.js';
import { hopWays } from '../rings/hop-run.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group } from '../way.js';

const BURSTS = [1, 8, 32, 256];
const DPDK_TEST_REPETITIONS = { quick: 1, default: 2, full: 10 } as const;

function groups({ profile }: BenchSettings): Group[] {
  return [
    ...BURSTS.map((burst): Group => ({ name: `burst ${burst}`, ways: hopWays(burst, profile === 'quick') })),
    ...(profile === 'quick' ? [] : [{ name: 'dpdk-test', ways: dpdkTestWays(DPDK_TEST_REPETITIONS[profile]) }]),
  ];
}

export const hopCase: BenchCase = { name: 'hop', says: 'one hop between two threads, against ringbuf.js, C and DPDK', byDefault: true, groups };
