/** Hot: no allocation. The manager's end of one VM: its vNIC, its doorbell, what it was lent, and whether it lives. */
import { Cell, counterBlock } from '../observe/counters.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { LendQueue } from '../vnic/lend-queue.js';
import { VnicPeer } from '../vnic/vnic.js';
import type { VmLink } from './manager-spec.js';

/** Ring a VM at once when this share of the slots waits on its rx: fewer, larger wake-ups win. */
const WAKE_SHARE = 4;
/** Or after this many polls in which there was something to ring for: bounds the added latency. */
const WAKE_POLLS = 16;

export class Lane {
  readonly index: number;
  readonly link: VmLink;
  readonly counters: Float64Array;
  /** Only its load is read here: the VM writes. */
  readonly events: EventWriter;
  peer: VnicPeer;
  alive = true;
  /** While the VM is being replaced its packets wait here, in order. */
  readonly held: LendQueue;
  holding = false;
  /** Main waits to hear that nothing is lent any more. */
  draining = false;
  readonly #bell: Bell;
  readonly #wakeMark: number;
  #staged = 0;
  #wakeDue = 0;

  constructor(buffer: ArrayBufferLike, link: VmLink, index: number, slots: number) {
    this.index = index;
    this.link = link;
    this.counters = counterBlock(buffer, link.countersBlockOffset);
    this.events = new EventWriter(buffer, link.events);
    this.peer = new VnicPeer(buffer, link.vnic);
    this.held = new LendQueue(link.vnic.rx.capacity);
    this.#bell = new Bell(buffer, link.doorbellOffset);
    this.#wakeMark = Math.max(1, Math.floor(slots / WAKE_SHARE));
  }

  /** The VM owns the packet from the next `publish` on. */
  lend(address: number): void {
    this.#staged++;
    this.peer.lent.lend(address);
    this.peer.toVm.push(address);
  }

  /** Makes what was lent visible, by one store, and wakes the VM if it is time. */
  publish(): void {
    if (this.#staged > 0) {
      this.counters[Cell.received] += this.#staged;
      this.#staged = 0;
      this.peer.toVm.publish();
      this.#wakeDue++;
    } else if (this.#wakeDue > 0) this.#wakeDue++;
    if (this.#wakeDue > 0 && (this.#wakeDue >= WAKE_POLLS || this.peer.toVm.occupancy() >= this.#wakeMark)) this.#ring();
  }

  /** Wakes the VM for whatever was published. */
  flush(): void {
    if (this.#wakeDue > 0) this.#ring();
  }

  /** The VM has something for the manager. */
  hasWork(): boolean {
    return this.alive && (!this.peer.fromVm.isEmpty() || !this.peer.fromMade.isEmpty());
  }

  /** The VM has taken everything that it was lent, and has returned all that it is going to return. */
  isQuiet(): boolean {
    return this.#staged === 0 && this.peer.toVm.occupancy() === 0 && this.peer.fromVm.isEmpty();
  }

  #ring(): void {
    this.#wakeDue = 0;
    this.#bell.ring();
  }
}
