/** A packet manager with a generator, two VMs that the test plays, and a sink. */
import { Region } from '../../src/memory/region.js';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { counterBlock } from '../../src/observe/counters.js';
import { PacketManager } from '../../src/packet-manager/packet-manager.js';
import { layOut } from '../../src/runtime/layout.js';
import { portMaker } from '../../src/runtime/make-ports.js';
import type { Plan, PlanFunction } from '../../src/runtime/plan.js';
import { Vnic } from '../../src/vnic/vnic.js';

const called = (name: string): PlanFunction => ({ name, chain: 'c', replica: { index: 0, count: 1 }, module: 'none:', function: 'none', options: {}, drops: ['chosen'], counters: [], tables: {} });

/** Packets that a VM takes at a time, and a port gives. */
export const BURST = 16;

/** @param arriving packets that the generator gives each time it is asked: as if they came with time. Without it, all are at hand. */
export function rig(packets: number, slots = 64, arriving?: () => number) {
  const plan: Plan = {
    ports: [{ name: 'in', spec: { kind: 'generator', packets } }, { name: 'out', spec: { kind: 'sink', write: null } }],
    functions: [called('one'), called('two')],
    vms: [{ name: 'one', chain: 'c', functions: [0], isInline: false }, { name: 'two', chain: 'c', functions: [1], isInline: false }],
    paths: [{ from: 0, to: 1, bothWays: true, match: 'any', chain: 'c', routing: 'hub', replicas: [[0, 1]], spread: { by: 'connection' } }],
    drops: ['chosen'],
    memory: { slots, slotBytes: 2048 },
    flows: 64,
    mode: 'zero-copy',
    burst: BURST,
    wakeUp: 'auto', threads: 'separate',
  };
  const layout = layOut(plan, { reportFlows: false });
  const { shared, manager: spec } = layout;
  const make = portMaker(shared, spec, plan.ports);
  const manager = new PacketManager(shared, spec, (pool, counts) => {
    const ports = make(pool, counts);
    if (arriving !== undefined) {
      const receive = ports[0].receive.bind(ports[0]);
      Object.assign(ports[0], { comesWithTime: true, receive: (out: Uint32Array, max: number) => receive(out, Math.min(max, arriving())) });
    }
    return ports;
  });
  const settle = () => { for (let k = 0; k < 20; k++) manager.poll(); };
  const vms = layout.vms.map(({ vnic, functions }) => {
    const end = new Vnic(shared.control, vnic);
    const out = new Uint32Array(slots);
    const put = (addresses: number[]) => {
      for (const address of addresses) end.tx.push(address);
      end.tx.publish();
    };
    return {
      take: (most = slots) => Array.from(out.subarray(0, end.rx.take(out, most))),
      put,
      give: (...addresses: number[]) => {
        put(addresses);
        settle();
      },
      counters: counterBlock(shared.control, functions[0].countersBlockOffset),
    };
  });
  const ports = spec.ports.map((port) => counterBlock(shared.control, port.countersBlockOffset));
  const headers = new SlotHeaders(shared.control, shared.headersOffset, slots);
  settle();
  return { manager, one: vms[0], two: vms[1], inside: ports[0], out: ports[1], headers, region: new Region(shared.region), names: spec.dropNames, settle };
}
