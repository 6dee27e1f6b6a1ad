/**
 * Hot: no allocation. A VM's part in direct routing: rings from and to other VMs, one for each ordered pair that a path
 * joins, and the VM's own share of the service flow table, which says where a packet goes from here.
 *
 *   VM k                                     VM k+1
 *   look the route up in its share
 *   outputs[n] ───────────── ring ─────────▶ inputs[m]      addresses, as in rx
 *   no row: tx, to the manager
 *
 * The share is an array in control memory, one word for each route and direction: 1 + index of an output, 0 for none. The
 * manager writes it, before it lends the first packet of a route; the lend's publication (A) publishes the row too.
 */
import { Bell } from '../ring/doorbell.js';
import type { RingSpec } from '../ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';
import { Waker, type WakeUpSpec } from '../ring/wake-up.js';

/** Routes that a share has rows for. Later ones go by way of the manager. */
export const SHARE_ROUTES = 1024;
export const SHARE_BYTES = SHARE_ROUTES * 2 * 4;

export interface MeshOutputSpec {
  /** Index of the VM at the other end. */
  vm: number;
  ring: RingSpec;
  doorbellOffset: number;
}

export interface MeshSpec {
  /** Rings from other VMs, and the VMs. */
  inputs: { vm: number; ring: RingSpec }[];
  outputs: MeshOutputSpec[];
  shareOffset: number;
}

/** Index of a row in a share. */
export function shareRow(route: number, direction: number): number {
  return route * 2 + direction;
}

export function shareOf(buffer: ArrayBufferLike, offset: number): Uint32Array {
  return new Uint32Array(buffer, offset, SHARE_ROUTES * 2);
}

export class Mesh {
  readonly inputs: readonly RingConsumer[];
  readonly #outputs: readonly RingProducer[];
  readonly #wakers: readonly Waker[];
  readonly #vms: readonly number[];
  readonly #share: Uint32Array;

  constructor(buffer: ArrayBufferLike, spec: MeshSpec, wakeUp: WakeUpSpec) {
    this.inputs = spec.inputs.map(({ ring }) => new RingConsumer(buffer, ring));
    this.#outputs = spec.outputs.map(({ ring }) => new RingProducer(buffer, ring));
    this.#wakers = spec.outputs.map(({ doorbellOffset }) => new Waker(new Bell(buffer, doorbellOffset), wakeUp));
    this.#vms = spec.outputs.map(({ vm }) => vm);
    this.#share = shareOf(buffer, spec.shareOffset);
  }

  /** The output that a packet of this route takes from here; -1 when the share has no row for it: the manager decides. */
  next(route: number, direction: number): number {
    return route < SHARE_ROUTES ? this.#share[route * 2 + direction] - 1 : -1;
  }

  /** Pushes `count` addresses, from `addresses[from]` on, to the VM behind an output. It sees them after `publish`. */
  pushBurst(output: number, addresses: Uint32Array, from: number, count: number): void {
    this.#outputs[output].pushBurst(addresses, from, count);
  }

  /** The output that leads to a VM. @throws RangeError when there is no ring to it: then nothing is sent. */
  outputTo(vm: number): number {
    const output = this.#vms.indexOf(vm);
    if (output < 0) throw new RangeError(`there is no ring to VM ${vm}, only to ${this.#vms.join(', ') || 'none'}`);
    return output;
  }

  /** Makes all that was pushed visible, one store for each ring, and wakes whom it is for. */
  publish(): void {
    for (let output = 0; output < this.#outputs.length; output++) {
      const count = this.#outputs[output].publish();
      if (count > 0) this.#wakers[output].published(count, this.#outputs[output]);
      else this.#wakers[output].passed();
    }
  }

  /** A poll in which nothing was published: whoever has not been rung for yet has waited longer. */
  passed(): void {
    for (let output = 0; output < this.#wakers.length; output++) this.#wakers[output].passed();
  }

  isQuiet(): boolean {
    for (let input = 0; input < this.inputs.length; input++) if (!this.inputs[input].isEmpty()) return false;
    return true;
  }

  flush(): void {
    for (let output = 0; output < this.#wakers.length; output++) this.#wakers[output].flush();
  }
}
