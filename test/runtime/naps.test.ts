/** Who naps: threads that share cores, but not where packets wait for each other. */
import { expect, it } from 'vitest';
import { availableCores } from '../../src/runtime/cores.js';
import { layOut } from '../../src/runtime/layout.js';
import type { Plan, PlanPortSpec } from '../../src/runtime/plan.js';

/** A VM for each core, so that they share these with the packet manager. */
function napBelow(...specs: PlanPortSpec[]): number {
  const names = Array.from({ length: availableCores() }, (_, at) => `f${at}`);
  const plan: Plan = {
    ports: specs.map((spec, at) => ({ name: `p${at}`, spec })),
    functions: names.map((name) => ({ name, chain: 'c', replica: { index: 0, count: 1 }, module: 'none:', function: 'none', options: {}, drops: [], counters: [], tables: {} })),
    vms: names.map((name, at) => ({ name, chain: 'c', functions: [at], isInline: false })),
    paths: [{ from: 0, to: 1, bothWays: true, match: 'any', chain: 'c', routing: 'hub', replicas: [names.map((_, at) => at)], spread: { by: 'connection' } }],
    drops: [],
    memory: { slots: 64, slotBytes: 2048 },
    flows: 64,
    mode: 'zero-copy',
    burst: 16,
    wakeUp: 'auto', threads: 'separate',
  };
  return layOut(plan, { reportFlows: false }).manager.wakeUp.napBelow;
}

const capture = (side: 'inside' | 'outside' | null): PlanPortSpec => ({ kind: 'capture', file: 'a.pcap', inside: null, side, write: null });

it('lets nobody nap where a capture is read from both sides, whose answers wait for what they answer', () => {
  expect(napBelow({ kind: 'generator', packets: 1 }, { kind: 'sink', write: null })).toBe(16);
  expect(napBelow(capture(null), { kind: 'sink', write: null })).toBe(16);
  expect(napBelow(capture('inside'), capture('outside'))).toBe(0);
});
