/** Entry of a thread of a live port. */
import { parentPort, workerData } from 'node:worker_threads';
import { RunState, type SharedSpec } from '../../memory/shared-spec.js';
import { Bell, Sleeper } from '../../ring/doorbell.js';
import type { LiveBackend } from './backend.js';
import { servePort } from './serve-port.js';
import type { PortState, PortThreadSpec } from './thread-spec.js';

export interface PortTask {
  shared: SharedSpec;
  thread: PortThreadSpec;
  backend: LiveBackend;
  /** Counts the threads that are ready. */
  readyOffset: number;
}

const { shared, thread, backend, readyOffset } = workerData as PortTask;
const runState = new Int32Array(shared.control, shared.runStateOffset, 1);
await servePort(backend, {
  shared,
  thread,
  sleeper: new Sleeper(shared.control, thread.doorbellOffset),
  ready: () => {
    Atomics.add(new Int32Array(shared.control, readyOffset, 1), 0, 1); // (T) pairs with main's load
    new Bell(shared.control, shared.mainDoorbellOffset).ring();
    // Nothing flows before every network function stands.
    Atomics.wait(runState, 0, RunState.starting); // (U) pairs with main's store
  },
  phase: () => Atomics.load(runState, 0), // (U)
  tell: (up, detail) => {
    parentPort?.postMessage({ port: thread.port, up, detail } satisfies PortState);
  },
});
// Whatever is still open keeps no thread alive that has nothing more to do.
process.exit(0);
