/**
 * The two halves of a port on an interface, a step at a time: a thread of its own goes through the steps of one of
 * them (serve-interface.ts), or one thread through those of all ports (src/runtime/inline-ports.ts).
 */
import { LinkType } from '../../../memory/slot-layout.js';
import type { Pollable } from '../../../ring/poll-loop.js';
import { announce } from '../../router/announce.js';
import type { RouterEgress } from '../../router/egress.js';
import { legOf, startEgress, startGate, type ThreadLeg } from '../../router/start-leg.js';
import type { InterfaceBackend } from '../backend.js';
import { PortLedger } from '../port-ledger.js';
import type { PortThread } from '../port-thread.js';
import { ReceivingEnd, SendingEnd } from '../ring-ends.js';
import type { Candidate } from './detect-duplicates.js';
import { LOOK_MS, type FrameIo } from './frame-io.js';
import { NativeOutlet } from './frame-outlet.js';
import { FrameReceiver } from './frame-receiver.js';
import { FrameSender } from './frame-sender.js';
import type { Libc } from './libc.js';
import { PacketSocket } from './packet-socket.js';
import { TapDevice } from './tap-device.js';

/** What a half needs of the thread that it is in. */
export type HalfHost = Pick<PortThread, 'shared' | 'thread' | 'tell'>;

/** How often an interface that is down is looked for. */
export const REATTACH_MS = 200;

function openIo(libc: Libc, { kind, descriptor, interface: name, interfaceIndex }: InterfaceBackend): FrameIo {
  return kind === 'af-packet' ? new PacketSocket(libc, descriptor, name, interfaceIndex) : new TapDevice(libc, descriptor);
}

function linkTypeOf({ kind }: InterfaceBackend): number {
  return kind === 'tun' ? LinkType.raw : LinkType.ethernet;
}

export class ReceivingHalf {
  isUp = true;
  /** Index and name of the port. */
  readonly port: number;
  readonly name: string;
  readonly end: ReceivingEnd;
  readonly #io: FrameIo;
  readonly #receiver: FrameReceiver;
  readonly #interface: string;
  readonly #tell: PortThread['tell'];
  readonly #leg: ThreadLeg | null;
  readonly #outlet: NativeOutlet;
  readonly #announces: boolean;
  #nextTryMs = 0;
  #isOut = false;
  #nextLookMs = 0;

  constructor(libc: Libc, backend: InterfaceBackend, { shared, thread, tell }: HalfHost) {
    const linkType = linkTypeOf(backend);
    this.port = thread.port;
    this.name = thread.name;
    this.#interface = backend.interface;
    this.#tell = tell;
    this.#io = openIo(libc, backend);
    this.end = new ReceivingEnd(shared, thread.rings);
    const ledger = new PortLedger(shared.control, thread.countersOffset);
    this.#leg = legOf(backend.legs, thread);
    this.#announces = linkType === LinkType.ethernet;
    this.#outlet = new NativeOutlet(libc, this.#io, this.end.region.bytes, ledger);
    const gate = this.#leg === null ? null : startGate(this.#leg, shared, thread, this.end, linkType, this.#outlet);
    const { keepsChecksums, keepsLong } = backend;
    this.#receiver = new FrameReceiver(libc, this.#io, this.end, ledger, { linkType, keepsChecksums, keepsLong, gate });
  }

  /** Readable when there are frames. */
  get descriptor(): number {
    return this.#io.descriptor;
  }

  /** When the first frame came of the last burst that was waited for, on the clock of `performance.now`. */
  get waitedUntilMs(): number {
    return this.#receiver.waitedUntilMs;
  }

  /** What duplicate address detection needs of it; null: no leg on an Ethernet. */
  get candidate(): Candidate | null {
    return this.#leg !== null && this.#announces ? { leg: this.#leg.leg, io: this.#io, outlet: this.#outlet } : null;
  }

  /** Tells the neighbours that the leg is there. */
  greet(): void {
    if (this.#leg !== null && this.#announces) announce(this.#leg.leg, this.#outlet);
  }

  /**
   * Receives a burst, or looks for an interface that is gone. There must be a free slot: `end.refill()`.
   * @param mayWait waits a moment for the first frame.
   * @returns how many frames came.
   */
  poll(nowMs: number, mayWait: boolean): number {
    if (!this.isUp && nowMs < this.#nextTryMs) return 0;
    const count = this.isUp ? this.#receiver.poll(nowMs, mayWait) : 0;
    if (count >= 0 && (nowMs >= this.#nextLookMs || nowMs < this.#nextLookMs - LOOK_MS)) this.#look(nowMs);
    if (count >= 0 && this.isUp) return count;
    if (this.isUp) this.#tell(false, `the interface '${this.#interface}' is down or gone (error ${-count}); the port waits for it`);
    this.isUp = this.#io.reattach();
    this.#nextTryMs = nowMs + REATTACH_MS;
    if (!this.isUp) return 0;
    this.#isOut = false;
    this.#returned();
    return 0;
  }

  /** There is no free slot: frames stay with the system, which drops what it has no room for. */
  starve(nowMs: number): void {
    this.#receiver.askWhenDue(nowMs);
  }

  /** Receives no more. */
  finish(): void {
    this.#receiver.ask();
    this.end.end();
  }

  /** What came before an outage is still received meanwhile: the half goes on as ever. */
  #look(nowMs: number): void {
    this.#nextLookMs = nowMs + LOOK_MS;
    if (!this.isUp) return;
    const outage = this.#io.outage();
    if ((outage !== null) === this.#isOut) return;
    // Down or gone by now: the next receive says so.
    if (outage === null && !this.#io.reattach()) return;
    this.#isOut = outage !== null;
    if (outage !== null) this.#tell(false, `the interface '${this.#interface}' ${outage}; the port waits for it`);
    else this.#returned();
  }

  #returned(): void {
    this.#tell(true, `the interface '${this.#interface}' is there again`);
    this.greet();
  }
}

export class SendingHalf implements Pollable {
  /** Of the port. */
  readonly name: string;
  readonly end: SendingEnd;
  readonly #egress: RouterEgress | null;
  readonly #sender: FrameSender;

  constructor(libc: Libc, backend: InterfaceBackend, { shared, thread }: HalfHost) {
    const linkType = linkTypeOf(backend);
    const io = openIo(libc, backend);
    const leg = legOf(backend.legs, thread);
    this.name = thread.name;
    this.end = new SendingEnd(shared, thread.rings);
    const outlet = leg === null ? null : new NativeOutlet(libc, io, this.end.region.bytes, new PortLedger(shared.control, thread.countersOffset));
    this.#egress = leg === null || outlet === null ? null : startEgress(leg, shared, thread, this.end, linkType, outlet);
    this.#sender = new FrameSender(libc, io, this.end, this.#egress ?? this.end, linkType);
  }

  poll(): number {
    return this.#sender.poll();
  }

  hasWork(): boolean {
    return this.#egress === null ? this.end.hasPackets : this.#egress.hasWork;
  }

  restMs(): number {
    return this.#egress?.restMs ?? Infinity;
  }

  flush(): void {
    // Each burst is published when it is sent.
  }
}
