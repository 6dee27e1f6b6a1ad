/**
 * A thread of a baseline. Of postMessage: a relay, which stands where a VM stands, or the ends, which stand for the manager. Or the
 * source of the chains alone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { runEnds } from './ends.js';
import { runIngress, type IngressTask } from './ingress.js';
import type { EndsTask, RelayTask } from './messages.js';
import { runRelay } from './relay.js';

const task = workerData as RelayTask | EndsTask | IngressTask;
if (task.role === 'relay') runRelay(task);
else if (task.role === 'ingress') parentPort!.postMessage(runIngress(task));
else runEnds(task, (result) => parentPort!.postMessage(result));
