/** Entry of a VM's thread: a Piscina task that ends when the runtime stops. */
import { RunState, type SharedSpec } from '../memory/shared-spec.js';
import { Bell, Sleeper } from '../ring/doorbell.js';
import { pollLoop } from '../ring/poll-loop.js';
import { createVm } from './create-vm.js';
import type { VmSpec } from './vm-spec.js';

export interface VmTask {
  shared: SharedSpec;
  vm: VmSpec;
  /** Counts the threads that are ready. */
  readyOffset: number;
}

export default async function runVm({ shared, vm: spec, readyOffset }: VmTask): Promise<void> {
  const wallMs = new Float64Array(1);
  const vm = await createVm(shared, spec, wallMs);
  Atomics.add(new Int32Array(shared.control, readyOffset, 1), 0, 1); // (T) pairs with main's load
  new Bell(shared.control, shared.mainDoorbellOffset).ring();
  const runState = new Int32Array(shared.control, shared.runStateOffset, 1);
  const stopped = () => vm.ended || Atomics.load(runState, 0) === RunState.stopped; // (U) pairs with main's store
  pollLoop(vm, new Sleeper(shared.control, spec.doorbellOffset), stopped, spec.wakeUp, new Float64Array(shared.control, spec.busyOffset, 1), wallMs);
}
