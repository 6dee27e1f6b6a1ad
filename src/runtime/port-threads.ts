/** The threads of live ports: started when their descriptors are open, ended before those are closed. Main thread. */
import { Worker } from 'node:worker_threads';
import type { SharedSpec } from '../memory/shared-spec.js';
import type { InterfaceBackend } from '../port/live/backend.js';
import type { PortTask } from '../port/live/port-worker.js';
import type { PortState, PortThreadSpec } from '../port/live/thread-spec.js';
import type { InlineHalf } from './inline-ports.js';
import type { Layout } from './layout.js';
import type { OpenPorts } from './open-ports.js';

export interface PortThreadListener {
  /** A thread ended that was not told to. Nobody writes for the port any more: its threads and descriptors are gone. */
  died: (port: number, error: Error) => void;
  state: (state: PortState) => void;
}

export function portFailure(name: string, message: string, cause?: Error | null): Error {
  return new Error(`port '${name}' failed: ${message}`, { cause });
}

export class PortThreads {
  readonly #shared: SharedSpec;
  readonly #threads: readonly PortThreadSpec[];
  readonly #inline: readonly PortThreadSpec[];
  readonly #workers: Worker[];
  readonly #open: OpenPorts;
  readonly #exits: Promise<void>[];
  /** Ports whose threads end because one of them has. */
  readonly #gone = new Set<number>();
  #ending = false;

  /** @param hasOwn false: the manager's thread serves them. */
  constructor(open: OpenPorts, { shared, portThreads: all, readyOffset }: Layout, hasOwn: boolean, listener: PortThreadListener) {
    const portThreads = hasOwn ? all : [];
    this.#inline = hasOwn ? [] : all;
    this.#shared = shared;
    this.#threads = portThreads;
    this.#open = open;
    this.#workers = portThreads.map((thread) => {
      const task: PortTask = { shared, thread, backend: open.backends[thread.port]!, readyOffset };
      return new Worker(new URL('../port/live/port-worker.js', import.meta.url), { workerData: task, name: `millrace port ${thread.name}` });
    });
    this.#exits = this.#workers.map((worker, at) => this.#follow(worker, portThreads[at], listener));
  }

  /** Halves of ports that the manager's thread serves: these are on interfaces. */
  get inlineHalves(): InlineHalf[] {
    return this.#inline.map((thread) => ({ thread, backend: this.#open.backends[thread.port] as InterfaceBackend }));
  }

  /** How many threads there are to become ready. */
  get count(): number {
    return this.#workers.length;
  }

  /** From now on threads end because they are told to. */
  expectEnd(): void {
    this.#ending = true;
  }

  /** Ends a thread wherever it is: for tests of what a crash leaves behind. */
  kill(name: string): void {
    this.#workers.forEach((worker, at) => {
      if (this.#threads[at].name === name) void worker.terminate();
    });
  }

  /**
   * Settles when all threads have exited and their descriptors are closed. They end by themselves when the run state says stopped.
   * @param manager settles when the manager's thread has exited, which may serve ports too.
   */
  async ended(manager: Promise<void>): Promise<void> {
    await Promise.all([manager, ...this.#exits]);
    this.#open.close();
  }

  #follow(worker: Worker, { port, name, rings }: PortThreadSpec, { died, state }: PortThreadListener): Promise<void> {
    let error: Error | null = null;
    worker.on('error', (cause) => (error = cause));
    worker.on('message', state);
    return new Promise((resolve) => {
      worker.once('exit', () => {
        if (!this.#ending && !this.#gone.has(port)) {
          const message = error?.message ?? 'its thread ended before the runtime did';
          // Both halves end: what one could still do is of no use without the other.
          this.#gone.add(port);
          this.kill(name);
          const mine = this.#threads.flatMap((thread, at) => (thread.port === port && this.#workers[at] !== worker ? [this.#exits[at]] : []));
          void Promise.all(mine).then(() => {
            // Slots that the kernel has for an XDP socket are the manager's again only when that is closed.
            this.#open.closePort(port);
            Atomics.store(new Int32Array(this.#shared.control, rings.exhaustedOffset, 1), 0, 1); // (V) on behalf of the port that is gone
            died(port, portFailure(name, message, error));
          });
        }
        resolve();
      });
    });
  }
}
