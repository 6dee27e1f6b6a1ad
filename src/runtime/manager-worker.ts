/** Entry of the packet manager's thread. */
import { workerData } from 'node:worker_threads';
import { RunState, type SharedSpec } from '../memory/shared-spec.js';
import type { ManagerSpec } from '../packet-manager/manager-spec.js';
import { PacketManager } from '../packet-manager/packet-manager.js';
import { Bell, Sleeper } from '../ring/doorbell.js';
import { pollLoop } from '../ring/poll-loop.js';
import { importFactories, portMaker } from './make-ports.js';
import type { PlanPort } from './plan.js';

export interface ManagerTask {
  shared: SharedSpec;
  manager: ManagerSpec;
  ports: PlanPort[];
  readyOffset: number;
}

const { shared, manager: spec, ports, readyOffset } = workerData as ManagerTask;
const manager = new PacketManager(shared, spec, portMaker(shared, spec, ports, await importFactories(ports)));
Atomics.add(new Int32Array(shared.control, readyOffset, 1), 0, 1); // (T) pairs with main's load
new Bell(shared.control, shared.mainDoorbellOffset).ring();
const runState = new Int32Array(shared.control, shared.runStateOffset, 1);
// Nothing flows before every network function stands.
Atomics.wait(runState, 0, RunState.starting); // (U) pairs with main's store
const stopped = () => Atomics.load(runState, 0) === RunState.stopped; // (U)
pollLoop(manager, new Sleeper(shared.control, spec.doorbellOffset), stopped, spec.wakeUp.spins, new Float64Array(shared.control, spec.busyOffset, 1));
