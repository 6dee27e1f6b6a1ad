/** The manager's end of a port in another thread. */
import { expect, it } from 'vitest';
import { PacketManager } from '../../src/packet-manager/packet-manager.js';
import { RingConsumer } from '../../src/ring/spsc-ring.js';
import { layOut } from '../../src/runtime/layout.js';
import { portMaker } from '../../src/runtime/make-ports.js';
import type { Plan } from '../../src/runtime/plan.js';

const PLAN: Plan = {
  ports: [{ name: 'in', spec: { kind: 'queue' } }, { name: 'out', spec: { kind: 'sink', write: null } }],
  functions: [], vms: [], drops: [], flows: 64, mode: 'zero-copy', burst: 16, wakeUp: 'auto', threads: 'separate',
  paths: [{ from: 0, to: 1, bothWays: false, match: 'any', chain: '', routing: 'hub', replicas: [[]], spread: { by: 'connection' } }],
  memory: { slots: 64, slotBytes: 2048 },
};

it('has given the port slots before the manager polls: what comes at once finds a place', () => {
  const { shared, manager: spec } = layOut(PLAN, { reportFlows: false });
  const manager = new PacketManager(shared, spec, portMaker(shared, spec, PLAN.ports));
  const fill = new RingConsumer(shared.control, spec.ports[0].rings!.fill);
  expect(fill.take(new Uint32Array(64), 64)).toBe(16);
  expect(manager.census()).toMatchObject({ slots: 64, free: 48, ports: { in: { filling: 16 } }, faults: [], balanced: true });
});

it('is asked once a poll: what it has comes from another thread, with time', () => {
  const { shared, manager: spec } = layOut(PLAN, { reportFlows: false });
  const make = portMaker(shared, spec, PLAN.ports);
  const comeWithTime: boolean[] = [];
  new PacketManager(shared, spec, (pool, counts) => {
    const hosts = make(pool, counts);
    comeWithTime.push(...hosts.map((host) => host.comesWithTime));
    return hosts;
  });
  expect(comeWithTime).toEqual([true, false]);
});
