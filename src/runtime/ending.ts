/**
 * How a run comes to its end before its ports are exhausted: it is told to drain, or a VM, a port or the manager is no more. Each
 * of these lets the manager take its last census, by which main knows that the run is done. Main thread.
 */
import type { Applier } from './applier.js';
import type { EventDesk } from './event-desk.js';
import { reasonOf, type Failures } from './failures.js';
import type { Layout } from './layout.js';
import type { Mailboxes } from './mailboxes.js';
import type { QueuePort } from './queue-port.js';
import type { RunPhase } from './run-phase.js';
import type { StallWatch } from './stall-watch.js';
import type { Workers } from './workers.js';

/** What of a run it works on. */
interface Parts {
  readonly layout: Layout;
  readonly desk: EventDesk;
  readonly failures: Failures;
  readonly stalls: StallWatch;
  readonly mailboxes: Mailboxes;
  readonly workers: Workers;
  readonly applier: Applier;
  readonly phase: RunPhase;
  readonly queuePorts: readonly QueuePort[];
  /** Lets main look whether the run is done. */
  readonly wake: () => void;
}

export class Ending {
  readonly #parts: Parts;
  #isUnderWay = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Threads end, or have ended. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** From now on VMs end because they are told to. */
  begin(): void {
    this.#isUnderWay = true;
  }

  /** Stops receiving, and ends the VMs where they are when what is in flight takes longer than `drainMs`. @returns what takes that back. */
  drain(drainMs: number): () => void {
    const { layout, desk, failures, stalls, mailboxes, workers, queuePorts } = this.#parts;
    this.#drainPorts();
    for (const port of queuePorts) port.close();
    void mailboxes.toManager({ type: 'drain' });
    const late = setTimeout(() => {
      const [stalled] = stalls.stalled();
      if (stalled !== undefined && !layout.vms[stalled].isInline) desk.failure ??= failures.ofStalled(stalled);
      this.#isUnderWay = true;
      for (const port of queuePorts) port.abandon();
      workers.killAll();
    }, drainMs);
    return () => { clearTimeout(late); };
  }

  portDied(port: number, error: Error): void {
    const { desk, mailboxes, workers, applier, queuePorts, wake } = this.#parts;
    desk.failure ??= { message: error.message, port: applier.plan.ports[port].name };
    this.#drainPorts();
    for (const queue of queuePorts) queue.close();
    if (workers.hasManager && desk.finalCensus === null) void mailboxes.toManager({ type: 'port-died', port });
    wake();
  }

  vmIsStuck(at: number): void {
    const { desk, failures } = this.#parts;
    desk.failure ??= failures.ofStalledInManager(failures.inlineVmAtWork() ?? at);
  }

  /** It ends before it has taken its last census only when it failed. */
  managerEnded(error: Error): void {
    const { desk, failures, applier, wake } = this.#parts;
    desk.drain();
    if (desk.finalCensus !== null) return;
    desk.failure ??= failures.ofManager(error);
    desk.conclude({ slots: applier.plan.memory.slots, free: 0, vms: {}, meshes: {}, ports: {}, hops: 0, inFlight: 0, faults: [error.stack ?? error.message], balanced: false });
    wake();
  }

  /** @param error null when it was told to end. */
  vmEnded(at: number, error: Error | null): void {
    const { desk, failures, mailboxes, workers, applier, queuePorts, wake } = this.#parts;
    if ((this.#isUnderWay || applier.isLeaving(at)) && error === null) return;
    // Which of its functions stand is told by events.
    desk.drain();
    const message = reasonOf(error);
    if (!this.#isUnderWay) {
      this.#isUnderWay = true;
      desk.failure ??= failures.ofVm(at, error);
      // What is on its way to a reader that has gone must not keep the chain from ending.
      for (const port of queuePorts) port.abandon();
      for (const port of queuePorts) port.close();
      this.#drainPorts();
    }
    if (workers.hasManager && desk.finalCensus === null) void mailboxes.toManager({ type: 'vm-died', vm: at, error: message });
    wake();
  }

  #drainPorts(): void {
    if (this.#parts.layout.portThreads.length > 0) this.#parts.phase.drain();
  }
}
