/** The other thread of the stress test of coalesced wake-ups: a poll loop that gives back what it gets and rings when its policy says so. */
import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { echoEnd, runEnd } = await import('./wake-up-ends.ts');

const { memory, total } = workerData;
parentPort.postMessage({ ready: true });
parentPort.postMessage(runEnd(echoEnd(memory, total), memory.workerBell, memory));
