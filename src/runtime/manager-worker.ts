/** Entry of the packet manager's thread; with `threads: one`, of the one thread that there is beside main's. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunState, type SharedSpec } from '../memory/shared-spec.js';
import type { ManagerSpec } from '../packet-manager/manager-spec.js';
import { PacketManager } from '../packet-manager/packet-manager.js';
import { Bell, Sleeper } from '../ring/doorbell.js';
import { pollLoop } from '../ring/poll-loop.js';
import type { VmSpec } from '../vm/vm-spec.js';
import { InlineVms } from './inline-vms.js';
import type { InlineHalf, InlinePorts } from './inline-ports.js';
import { importFactories, portMaker } from './make-ports.js';
import type { PlanPort } from './plan.js';

export interface ManagerTask {
  shared: SharedSpec;
  manager: ManagerSpec;
  ports: PlanPort[];
  /** Those that run in this thread too. */
  inlineVms: VmSpec[];
  /** Halves of ports on interfaces that are served in this thread. */
  inlineHalves: InlineHalf[];
  readyOffset: number;
}

/** Empty looks before a thread with ports sleeps: what it sent may have been answered meanwhile. */
const SPINS_WITH_PORTS = 3;

const { shared, manager: spec, ports, inlineVms, inlineHalves, readyOffset } = workerData as ManagerTask;
const manager = new PacketManager(shared, spec, portMaker(shared, spec, ports, await importFactories(ports), (failure) => { parentPort!.postMessage(failure); }));
const wallMs = new Float64Array(1);
const inline = new InlineVms(shared, manager, parentPort!, wallMs);
const runState = new Int32Array(shared.control, shared.runStateOffset, 1);
const phase = () => Atomics.load(runState, 0); // (U) pairs with main's store
const stopped = () => phase() === RunState.stopped;
let areStanding = true;
for (const vm of inlineVms) if (!(await inline.add(vm))) areStanding = false;
const work = inlineVms.length > 0 ? inline : manager;
const inlinePorts = inlineHalves.length > 0 ? await openInlinePorts() : null;
if (areStanding) Atomics.add(new Int32Array(shared.control, readyOffset, 1), 0, 1); // (T) pairs with main's load
new Bell(shared.control, shared.mainDoorbellOffset).ring();
// Nothing flows before every network function stands.
Atomics.wait(runState, 0, RunState.starting); // (U) pairs with main's store
const sleeper = new Sleeper(shared.control, spec.doorbellOffset);
const busyMs = new Float64Array(shared.control, spec.busyOffset, 1);
// Where the start has failed, no neighbour may hear of addresses that may be somebody else's.
if (phase() === RunState.running) inlinePorts?.begin();
do {
  await inline.addSuccessor();
  const isToLeave = () => inline.hasSuccessor || stopped();
  if (inlinePorts === null) pollLoop(work, sleeper, isToLeave, spec.wakeUp, busyMs, wallMs);
  else pollLoop(inlinePorts, inlinePorts, isToLeave, spec.wakeUp.sleeps ? { spins: SPINS_WITH_PORTS, napBelow: 0, sleeps: true } : spec.wakeUp, busyMs, wallMs);
} while (!stopped());

/** Its module needs koffi, which others do without. */
async function openInlinePorts(): Promise<InlinePorts> {
  const [module, { loadLibc }] = await Promise.all([import('./inline-ports.js'), import('../port/live/native/libc.js')]);
  const made = new module.InlinePorts(await loadLibc(), shared, inlineHalves, work, phase, (state) => parentPort!.postMessage(state), (failure) => parentPort!.postMessage(failure), wallMs);
  for (const failure of made.unmade.length > 0 ? made.unmade : made.detectDuplicates()) {
    areStanding = false;
    parentPort!.postMessage(failure);
  }
  return made;
}
