/** The packet manager's thread and the VMs, with threads of their own or without: begins them, and tells how they end. Main thread. */
import type { Worker } from 'node:worker_threads';
import type { PortState } from '../port/live/thread-spec.js';
import { InlineVm } from './inline-vm.js';
import type { InlineHalf, InlinePortFailure } from './inline-ports.js';
import type { InlineEnd } from './inline-vms.js';
import type { Layout } from './layout.js';
import type { PortWriteFailure } from './make-ports.js';
import type { PlanPort } from './plan.js';
import type { Mailboxes } from './mailboxes.js';
import { VmThread, startManagerThread } from './threads.js';

/** What is told of them. */
export interface WorkerEvents {
  /** A VM is no more: null when it was told to end. */
  vmEnded(at: number, error: Error | null): void;
  /** A VM in the manager's thread does not come back, so that thread is about to be ended. Others there wait for it: this one may be such. */
  vmIsStuck(at: number): void;
  /** A port that the manager's thread serves went down or came up. */
  portState(state: PortState): void;
  /** It cannot be served. */
  portFailed(port: number, message: string): void;
  /** Its file takes nothing any more. */
  portWriteFailed(port: number, why: string): void;
  /** The manager's thread is no more. */
  managerEnded(error: Error): void;
}

export class Workers {
  readonly #layout: Layout;
  readonly #mailboxes: Mailboxes;
  readonly #on: WorkerEvents;
  readonly #vms: (VmThread | InlineVm)[];
  #manager: Worker | null = null;
  #managerExit: Promise<void> = Promise.resolve();

  /** The VMs' threads begin at once; those of the manager's thread with it. */
  constructor(layout: Layout, mailboxes: Mailboxes, on: WorkerEvents) {
    this.#layout = layout;
    this.#mailboxes = mailboxes;
    this.#on = on;
    this.#vms = layout.vms.map((_, at) => this.#beginVm(at));
  }

  /** Threads that say when they are ready. */
  get threadCount(): number {
    return 1 + this.#layout.vms.filter(({ isInline }) => !isInline).length;
  }

  get hasManager(): boolean {
    return this.#manager !== null;
  }

  /** @param inlineHalves of ports that the manager's thread serves. */
  startManager(ports: PlanPort[], inlineHalves: InlineHalf[]): void {
    const { shared, manager, vms, readyOffset } = this.#layout;
    const worker = startManagerThread({ shared, manager, ports, inlineVms: vms.filter(({ isInline }) => isInline), inlineHalves, readyOffset });
    this.#manager = worker;
    this.#managerExit = new Promise((resolve) => worker.once('exit', () => {
      this.#managerEnded(new Error('its thread was ended'));
      resolve();
    }));
    worker.on('error', (error) => { this.#managerEnded(error); });
    worker.on('message', (news: InlineEnd | PortState | InlinePortFailure | PortWriteFailure) => {
      if ('vm' in news) this.#inlineVm(news.vm)?.hasEnded(news.error === null ? null : Object.assign(new Error(news.error.message), news.error));
      else if ('failedPort' in news) this.#on.portFailed(news.failedPort, news.message);
      else if ('unwrittenPort' in news) this.#on.portWriteFailed(news.unwrittenPort, news.why);
      else this.#on.portState(news);
    });
  }

  /** Tells a VM to end; settles when it has. */
  async endVm(at: number): Promise<void> {
    await this.#tellToEnd(at);
    await this.#vms[at].ended;
  }

  /** Puts a new VM in the place of one that has ended. */
  beginVm(at: number): void {
    this.#vms[at] = this.#beginVm(at);
    const spec = this.#layout.vms[at];
    if (!spec.isInline) return;
    this.#manager?.postMessage(spec);
    this.#mailboxes.ringManager();
  }

  /** Settles when the VM that is there now has ended, for whatever reason. */
  async vmEnded(at: number): Promise<void> {
    await this.#vms[at].ended;
  }

  /** Ends a VM wherever it is. */
  kill(at: number): void {
    this.#vms[at].kill();
  }

  killAll(): void {
    for (const vm of this.#vms) vm.kill();
  }

  async allEnded(): Promise<void> {
    await Promise.all([this.#managerExit, ...this.#vms.map((vm) => vm.ended)]);
  }

  #beginVm(at: number): VmThread | InlineVm {
    const { shared, vms, readyOffset } = this.#layout;
    const vm = vms[at].isInline ? new InlineVm(() => void this.#tellToEnd(at), () => { this.#endManager(at); }) : new VmThread({ shared, vm: vms[at], readyOffset });
    void vm.ended.then((error) => { this.#on.vmEnded(at, error); });
    return vm;
  }

  #tellToEnd(at: number): Promise<void> {
    return this.#mailboxes.toVm(at, { type: 'end' });
  }

  #endManager(stuckVm: number): void {
    this.#on.vmIsStuck(stuckVm);
    void this.#manager?.terminate();
  }

  #managerEnded(error: Error): void {
    for (const at of this.#vms.keys()) this.#inlineVm(at)?.hasEnded(null);
    this.#on.managerEnded(error);
  }

  #inlineVm(at: number): InlineVm | null {
    const vm = this.#vms[at];
    return vm instanceof InlineVm ? vm : null;
  }
}
