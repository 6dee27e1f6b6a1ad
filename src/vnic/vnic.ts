/**
 * A vNIC: the receive and transmit queues of one VM. Named as the VM sees them: the manager fills `rx` and empties `tx`.
 * Two more rings carry slots for packets that the VM makes itself: `spare` (empty slots in) and `made` (packets out).
 *
 *   manager                       VM
 *   toVm      ── rx    ──▶        takes a burst, works in place
 *   fromVm    ◀── tx    ──        every address of it, in order, verdicts in the headers
 *   spares    ── spare ──▶        slots of the VM's allowance
 *   fromMade  ◀── made  ──        packets made from them, in order
 */
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';
import type { RingSpec } from '../ring/ring-layout.js';
import { LendQueue } from './lend-queue.js';

export interface VnicSpec {
  rx: RingSpec;
  tx: RingSpec;
  spare: RingSpec;
  made: RingSpec;
}

/** The VM's side. It knows neither the chain nor its neighbours. */
export class Vnic {
  readonly rx: RingConsumer;
  readonly tx: RingProducer;
  readonly spare: RingConsumer;
  readonly made: RingProducer;

  constructor(buffer: ArrayBufferLike, spec: VnicSpec) {
    this.rx = new RingConsumer(buffer, spec.rx);
    this.tx = new RingProducer(buffer, spec.tx);
    this.spare = new RingConsumer(buffer, spec.spare);
    this.made = new RingProducer(buffer, spec.made);
  }
}

/** The manager's side: the opposite ends, and what it has lent. */
export class VnicPeer {
  readonly toVm: RingProducer;
  readonly fromVm: RingConsumer;
  readonly spares: RingProducer;
  readonly fromMade: RingConsumer;
  /** Lent on rx, due on tx in the same order. */
  readonly lent: LendQueue;
  /** Given as spare, due on made in the same order. */
  readonly given: LendQueue;

  constructor(buffer: ArrayBufferLike, spec: VnicSpec) {
    this.toVm = new RingProducer(buffer, spec.rx);
    this.fromVm = new RingConsumer(buffer, spec.tx);
    this.spares = new RingProducer(buffer, spec.spare);
    this.fromMade = new RingConsumer(buffer, spec.made);
    this.lent = new LendQueue(spec.rx.capacity);
    this.given = new LendQueue(spec.spare.capacity);
  }
}
