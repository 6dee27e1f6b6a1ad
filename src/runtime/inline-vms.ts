/**
 * The packet manager and the VMs that have no thread of their own (`placement: inline`), as one worker: it polls the manager, then
 * each of them. They have the same rings, journals and mailboxes as any VM, so the manager treats them alike, and reclaims
 * what a failed one held; only nobody has to be woken. Main learns of their ends by messages, and sends the next ones.
 */
import { inspect } from 'node:util';
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { SharedSpec } from '../memory/shared-spec.js';
import type { Pollable } from '../ring/poll-loop.js';
import { createVm } from '../vm/create-vm.js';
import type { VmSpec } from '../vm/vm-spec.js';
import type { Vm } from '../vm/vm.js';

/** To main: a VM is no more, because it was told to end (null) or by an error, of which what can cross threads is told. */
export interface InlineEnd {
  vm: number;
  error: { message: string; stack?: string } | null;
}

export class InlineVms implements Pollable {
  readonly #shared: SharedSpec;
  readonly #manager: Pollable;
  readonly #main: MessagePort;
  readonly #wallMs: Float64Array;
  readonly #vms: { readonly index: number; readonly vm: Vm }[] = [];
  /** VMs that were told to end: each may have a successor. */
  #vacant = 0;
  #successor: VmSpec | null = null;

  /** @param wallMs see `Vm.create`. */
  constructor(shared: SharedSpec, manager: Pollable, main: MessagePort, wallMs: Float64Array) {
    this.#shared = shared;
    this.#manager = manager;
    this.#main = main;
    this.#wallMs = wallMs;
  }

  /** Whether it could be created: if not, main is told why. */
  async add(spec: VmSpec): Promise<boolean> {
    try {
      this.#vms.push({ index: spec.index, vm: await createVm(this.#shared, spec, this.#wallMs) });
      return true;
    } catch (error) {
      this.#tellEnd(spec.index, told(error));
      return false;
    }
  }

  /** A VM is to be added, for which this thread must leave its loop: modules load between polls. */
  get hasSuccessor(): boolean {
    return this.#successor !== null;
  }

  async addSuccessor(): Promise<void> {
    const spec = this.#successor;
    this.#successor = null;
    if (spec !== null) await this.add(spec);
  }

  poll(): number {
    if (this.#vacant > 0 && this.#listen()) return 0;
    let work = this.#manager.poll();
    for (let at = 0; at < this.#vms.length; at++) work += this.#pollVm(at);
    return work;
  }

  hasWork(): boolean {
    if (this.#manager.hasWork() || (this.#vacant > 0 && this.#listen())) return true;
    for (let at = 0; at < this.#vms.length; at++) if (this.#vms[at].vm.hasWork()) return true;
    return false;
  }

  flush(): void {
    this.#manager.flush();
    for (let at = 0; at < this.#vms.length; at++) this.#vms[at].vm.flush();
  }

  #pollVm(at: number): number {
    const { index, vm } = this.#vms[at];
    try {
      const work = vm.poll();
      if (!vm.ended) return work;
      this.#vacant++;
      this.#tellEnd(index, null);
    } catch (error) {
      this.#tellEnd(index, told(error));
    }
    this.#vms.splice(at, 1); // the one behind it has its turn at the next poll
    return 1;
  }

  #listen(): boolean {
    const received = this.#successor === null ? receiveMessageOnPort(this.#main) : undefined;
    if (received !== undefined) {
      this.#successor = received.message as VmSpec;
      this.#vacant--;
    }
    return this.#successor !== null;
  }

  #tellEnd(vm: number, error: InlineEnd['error']): void {
    this.#main.postMessage({ vm, error } satisfies InlineEnd);
  }
}

/** Of whatever was thrown: a cause or another property of it may be what no message can carry. */
function told(thrown: unknown): InlineEnd['error'] {
  if (!(thrown instanceof Error)) return { message: inspect(thrown) };
  return { message: thrown.message, ...(thrown.stack !== undefined && { stack: thrown.stack }) };
}
