/** A VM of a mesh: it rings in time for what it owes the packet manager, and has counted a packet before its neighbour sees that. */
import { expect, it, vi } from 'vitest';
import { Region } from '../../src/memory/region.js';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { initialDataOffset } from '../../src/memory/slot-layout.js';
import { forward, type Definition } from '../../src/nf/contract.js';
import { Cell, counterBlock } from '../../src/observe/counters.js';
import { Sleeper } from '../../src/ring/doorbell.js';
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import { layOut } from '../../src/runtime/layout.js';
import type { Plan, PlanFunction } from '../../src/runtime/plan.js';
import { Vm } from '../../src/vm/vm.js';
import { shareOf, shareRow } from '../../src/vnic/mesh.js';

/** Polls in which a ring that was put off must come, whatever the exact bound. */
const MANY_POLLS = 1000;
const SLOTS = 64;

const called = (name: string): PlanFunction => ({ name, chain: 'c', replica: { index: 0, count: 1 }, module: 'none:', function: 'none', options: {}, drops: [], counters: [], tables: {} });
const PLAN: Plan = {
  ports: [{ name: 'in', spec: { kind: 'generator', packets: 1 } }, { name: 'out', spec: { kind: 'sink', write: null } }],
  functions: [called('one'), called('two')],
  vms: [{ name: 'one', chain: 'c', functions: [0], isInline: false }, { name: 'two', chain: 'c', functions: [1], isInline: false }],
  paths: [{ from: 0, to: 1, bothWays: true, match: 'any', chain: 'c', routing: 'mesh', replicas: [[0, 1]], spread: { by: 'connection' } }],
  drops: [],
  memory: { slots: SLOTS, slotBytes: 2048 },
  flows: 64,
  mode: 'zero-copy',
  burst: 16,
  wakeUp: 'throughput', threads: 'separate',
};
const DEFINITION = { create: () => () => forward } as unknown as Definition;

/** The first of two VMs of a mesh, whose other ends the test plays. The manager sleeps. */
async function rig() {
  const { shared, vms: [spec] } = layOut(PLAN, { reportFlows: false });
  const vm = await Vm.create(shared, spec, [DEFINITION], new Float64Array(1));
  const region = new Region(shared.region);
  const headers = new SlotHeaders(shared.control, shared.headersOffset, SLOTS);
  const toVm = new RingProducer(shared.control, spec.vnic.rx);
  const manager = new Sleeper(shared.control, shared.managerDoorbellOffset);
  const next = new RingConsumer(shared.control, spec.mesh!.outputs[0].ring);
  const taken = new Uint32Array(1);
  return {
    counters: counterBlock(shared.control, spec.functions[0].countersBlockOffset),
    neighbourSees: () => !next.isEmpty(),
    share: shareOf(shared.control, spec.mesh!.shareOffset),
    isAsleep: () => manager.word[0] === Sleeper.asleep,
    sleep: () => {
      manager.announce();
    },
    pass: (slot: number): number => {
      headers.u32.fill(0, slot << 4, (slot + 1) << 4);
      headers.u32[slot << 4] = initialDataOffset(0);
      headers.u32[(slot << 4) + 1] = 60;
      toVm.push(region.address(slot));
      toVm.publish();
      return vm.poll();
    },
    poll: () => vm.poll(),
    takeNext: (): number => {
      const count = next.peek(taken, 1);
      next.release(count);
      return count;
    },
  };
}

it.each(['no packets', 'packets for its neighbour'] as const)('a VM with %s rings for the one that it gave back before', async (has) => {
  const { share, isAsleep, sleep, pass, poll, takeNext } = await rig();
  sleep();
  expect(pass(0)).toBe(1); // no row: to the manager
  expect(isAsleep()).toBe(true);
  share[shareRow(0, 0)] = 1;
  let handedOn = 0;
  for (let k = 0; k < MANY_POLLS && isAsleep(); k++) {
    if (has === 'no packets') poll();
    else {
      pass(1);
      handedOn += takeNext();
    }
  }
  expect(isAsleep()).toBe(false);
  expect(handedOn > 0).toBe(has !== 'no packets');
});

it('has counted a packet when its neighbour can see it: the run may end before it comes to its next line', async () => {
  const { share, counters, neighbourSees, pass } = await rig();
  share[shareRow(0, 0)] = 1;
  const store = Atomics.store.bind(Atomics);
  const seenWith: number[][] = [];
  const watched = vi.spyOn(Atomics, 'store').mockImplementation(((words: Int32Array, at: number, value: number) => {
    const stored = store(words, at, value);
    if (seenWith.length === 0 && neighbourSees()) seenWith.push([counters[Cell.received], counters[Cell.returned]]);
    return stored;
  }) as typeof Atomics.store);
  try {
    pass(0);
  } finally {
    watched.mockRestore();
  }
  expect(seenWith).toEqual([[1, 1]]);
});
