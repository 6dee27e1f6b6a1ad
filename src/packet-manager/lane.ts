/** Hot: no allocation. The manager's end of one VM: its vNIC, its doorbell, what it was lent, and whether it lives. */
import { Cell, counterBlock } from '../observe/counters.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { Waker, type WakeUpSpec } from '../ring/wake-up.js';
import { LendQueue } from '../vnic/lend-queue.js';
import { VnicPeer } from '../vnic/vnic.js';
import type { VmLink } from './manager-spec.js';

export class Lane {
  readonly index: number;
  readonly link: VmLink;
  /** Of each function that the VM runs, in the order of the forward path. */
  readonly blocks: readonly Float64Array[];
  /** Of the VM as a whole: the first function's. */
  readonly counters: Float64Array;
  /** Only its load is read here: the VM writes. */
  readonly events: EventWriter;
  peer: VnicPeer;
  alive = true;
  /** Number of the mesh that it belongs to, -1 when the manager sees every hop. */
  mesh = -1;
  /** Packets of a mesh that came back before the end of their path, for want of a row in this VM's share. */
  misses = 0;
  /** While the VM is being replaced its packets wait here, in order. */
  readonly held: LendQueue;
  holding = false;
  /** Main waits to hear that nothing is lent any more. */
  draining = false;
  readonly #waker: Waker;
  /** Lent since the last `publish`, by the function that they came to. */
  readonly #lentTo: Uint32Array;
  #staged = 0;

  constructor(buffer: ArrayBufferLike, link: VmLink, index: number, wakeUp: WakeUpSpec) {
    this.index = index;
    this.link = link;
    this.blocks = link.functions.map(({ countersBlockOffset }) => counterBlock(buffer, countersBlockOffset));
    this.counters = this.blocks[0];
    this.#lentTo = new Uint32Array(this.blocks.length);
    this.events = new EventWriter(buffer, link.events);
    this.peer = new VnicPeer(buffer, link.vnic);
    this.held = new LendQueue(link.vnic.rx.capacity);
    this.#waker = new Waker(new Bell(buffer, link.doorbellOffset), wakeUp);
  }

  /** The VM owns the packet from the next `publish` on. `place`: of the function that it comes to. */
  lend(address: number, place: number): void {
    this.#staged++;
    this.#lentTo[place]++;
    this.peer.lent.lend(address);
    this.peer.toVm.push(address);
  }

  /** The same in a mesh: it may come back from any VM of its path, and each counts what it receives. */
  lendToPath(address: number): void {
    this.#staged++;
    this.peer.toVm.push(address);
  }

  /** `count` packets from `addresses[from]` on, as `lend`. */
  lendBurst(addresses: Uint32Array, from: number, count: number, place: number): void {
    this.#staged += count;
    this.#lentTo[place] += count;
    this.peer.lent.lendBurst(addresses, from, count);
    this.peer.toVm.pushBurst(addresses, from, count);
  }

  /** `count` packets from `addresses[from]` on, as `lendToPath`. */
  lendBurstToPath(addresses: Uint32Array, from: number, count: number): void {
    this.#staged += count;
    this.peer.toVm.pushBurst(addresses, from, count);
  }

  /**
   * Counts packets that have passed functions of the VM, from the one at `from` to the one at `to`. They were counted as
   * received by the first when they were lent.
   */
  countPassed(from: number, to: number, count: number): void {
    const step = from <= to ? 1 : -1;
    for (let place = from; ; place += step) {
      if (place !== from) this.blocks[place][Cell.received] += count;
      this.blocks[place][Cell.returned] += count;
      if (place === to) return;
    }
  }

  /** Makes what was lent visible, by one store, and wakes the VM if it is time. */
  publish(): void {
    if (this.#staged === 0) {
      this.#waker.passed();
      return;
    }
    this.#staged = 0;
    for (let place = 0; place < this.#lentTo.length; place++) {
      this.blocks[place][Cell.received] += this.#lentTo[place];
      this.#lentTo[place] = 0;
    }
    this.#waker.published(this.peer.toVm.publish(), this.peer.toVm);
  }

  /** Wakes the VM for whatever was published. */
  flush(): void {
    this.#waker.flush();
  }

  /** The VM has something for the manager. */
  hasWork(): boolean {
    return this.alive && (!this.peer.fromVm.isEmpty() || !this.peer.fromMade.isEmpty());
  }

  /** The VM has taken everything that it was lent, and has returned all that it is going to return. */
  isQuiet(): boolean {
    return this.#staged === 0 && this.peer.toVm.occupancy() === 0 && this.peer.fromVm.isEmpty();
  }
}
