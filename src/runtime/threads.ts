/** Starts and ends the threads of a runtime: the manager, one worker; each VM, a Piscina pool of one. Main thread. */
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { VmTask } from '../vm/vm-worker.js';
import type { ManagerTask } from './manager-worker.js';

export function startManagerThread(task: ManagerTask): Worker {
  return new Worker(new URL('../runtime/manager-worker.js', import.meta.url), { workerData: task, name: 'millrace manager' });
}

/** Most memory of a VM's own heap: a function that leaks ends its VM, not the process. Tables and packets lie outside of it. */
const VM_HEAP_MB = 512;

/** A VM's thread. `ended` settles once the thread can no longer write: only then may its packets be reclaimed. */
export class VmThread {
  /** Resolves with null when the VM ended as it was told to, with the error otherwise. Never rejects. */
  readonly ended: Promise<Error | null>;
  readonly #pool: Piscina;
  readonly #abort = new AbortController();

  constructor(task: VmTask) {
    // Of at least one thread, Piscina would begin another when this one is ended, and leave it if this one takes longer to exit than that.
    this.#pool = new Piscina({ minThreads: 0, maxThreads: 1, maxQueue: 0, recordTiming: false, atomics: 'disabled', resourceLimits: { maxOldGenerationSizeMb: VM_HEAP_MB } });
    let poolError: Error | null = null;
    this.#pool.on('error', (error: Error) => (poolError = error));
    const filename = new URL('../vm/vm-worker.js', import.meta.url).href;
    const done = this.#pool.run(task, { filename, signal: this.#abort.signal });
    const worker = this.#pool.threads[0]; // begun by run()
    // A turn later: Piscina knows why, unless it is a thread that has not come to its task yet.
    const exited = new Promise<number>((resolve) => worker.once('exit', (code) => setImmediate(resolve, code)));
    this.ended = Promise.race([done, exited.then((code) => { throw new Error(`its thread exited with code ${code}`); })])
      .then(
        () => null,
        (error: unknown) => poolError ?? (error instanceof Error ? error : new Error(inspect(error))),
      )
      .then(async (error) => {
        // The task's promise settles before its thread is dead.
        await this.#pool.destroy().catch(() => undefined);
        await exited;
        return error;
      });
  }

  /** Ends the thread wherever it is, also in a tight loop. */
  kill(): void {
    this.#abort.abort();
  }
}
