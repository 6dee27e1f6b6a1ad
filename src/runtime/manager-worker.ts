/** Entry of the packet manager's thread. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunState, type SharedSpec } from '../memory/shared-spec.js';
import type { ManagerSpec } from '../packet-manager/manager-spec.js';
import { PacketManager } from '../packet-manager/packet-manager.js';
import { Bell, Sleeper } from '../ring/doorbell.js';
import { pollLoop } from '../ring/poll-loop.js';
import type { VmSpec } from '../vm/vm-spec.js';
import { InlineVms } from './inline-vms.js';
import { importFactories, portMaker } from './make-ports.js';
import type { PlanPort } from './plan.js';

export interface ManagerTask {
  shared: SharedSpec;
  manager: ManagerSpec;
  ports: PlanPort[];
  /** Those that run in this thread too. */
  inlineVms: VmSpec[];
  readyOffset: number;
}

const { shared, manager: spec, ports, inlineVms, readyOffset } = workerData as ManagerTask;
const manager = new PacketManager(shared, spec, portMaker(shared, spec, ports, await importFactories(ports)));
const inline = new InlineVms(shared, manager, parentPort!);
let areStanding = true;
for (const vm of inlineVms) if (!(await inline.add(vm))) areStanding = false;
if (areStanding) Atomics.add(new Int32Array(shared.control, readyOffset, 1), 0, 1); // (T) pairs with main's load
new Bell(shared.control, shared.mainDoorbellOffset).ring();
const runState = new Int32Array(shared.control, shared.runStateOffset, 1);
// Nothing flows before every network function stands.
Atomics.wait(runState, 0, RunState.starting); // (U) pairs with main's store
const stopped = () => Atomics.load(runState, 0) === RunState.stopped; // (U)
const sleeper = new Sleeper(shared.control, spec.doorbellOffset);
const busyMs = new Float64Array(shared.control, spec.busyOffset, 1);
const work = inlineVms.length > 0 ? inline : manager;
do {
  await inline.addSuccessor();
  pollLoop(work, sleeper, () => inline.hasSuccessor || stopped(), spec.wakeUp.spins, busyMs);
} while (!stopped());
