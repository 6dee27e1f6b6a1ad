/** A thread of the postMessage baseline: a relay, which stands where a VM stands, or the ends, which stand for the manager. */
import { parentPort, workerData } from 'node:worker_threads';
import { runEnds } from './ends.js';
import type { EndsTask, RelayTask } from './messages.js';
import { runRelay } from './relay.js';

const task = workerData as RelayTask | EndsTask;
if (task.role === 'relay') runRelay(task);
else runEnds(task, (result) => parentPort!.postMessage(result));
