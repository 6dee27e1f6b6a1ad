/**
 * Hot: no allocation. The packet manager: sole allocator and freer of slots, the only reader of the VMs' transmit queues.
 * It receives, lends each packet to one VM after another, learns from the tx pointers that the chain is complete, and
 * only then transmits. It knows no thread, no timer and no clock: time is what packets say.
 */
import { ENTRY_WORDS } from '../flow/connection-layout.js';
import { BufferPool } from '../memory/buffer-pool.js';
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { Cell, counterBlock } from '../observe/counters.js';
import type { PortCounts } from '../port/contract.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { MailboxReceiver } from '../ring/mailbox.js';
import { Allowance } from './allowance.js';
import { takeCensus, type Census } from './census.js';
import { Classification } from './classification.js';
import { Forwarder, type Shop } from './forwarder.js';
import { Ingress } from './ingress.js';
import { Lane } from './lane.js';
import { ManagerWatch } from './manager-watch.js';
import { MeshControl } from './mesh-control.js';
import { acceptFromMesh } from './mesh-lane.js';
import type { ManagerSpec } from './manager-spec.js';
import type { CrashedPacket, ManagerEvent, ManagerMessage } from './messages.js';
import type { PortHost } from './port-host.js';
import { ServiceTable } from './service-table.js';
import { Place, SlotBook } from './slot-book.js';
import { VmChanges } from './vm-changes.js';

/** How urgently ended flows wait to be read: above an eighth of a ring main is rung, so that it has read before ingress need pause. */
const Urgency = { none: 0, ring: 1, pause: 2 } as const;

/** Ingress pauses while a quarter of an event ring is unread: what is in flight still fits. */
function urgencyOf({ unread, capacity }: EventWriter): number {
  if (unread <= capacity >>> 3) return Urgency.none;
  return unread > capacity >>> 2 ? Urgency.pause : Urgency.ring;
}

/** Makes the ports, in the order of the spec. */
export type PortMaker = (pool: BufferPool, counts: (port: number) => PortCounts) => PortHost[];

export class PacketManager {
  readonly #spec: ManagerSpec;
  readonly #shop: Shop;
  readonly #forwarder: Forwarder;
  readonly #ingress: Ingress;
  readonly #allowance: Allowance;
  readonly #changes: VmChanges;
  readonly #services: ServiceTable;
  readonly #meshes: MeshControl;
  readonly #mailbox: MailboxReceiver;
  readonly #events: EventWriter;
  readonly #main: Bell;
  readonly #batch: Uint32Array;
  /** Events that found no room yet. */
  readonly #untold: ManagerEvent[] = [];
  #receiving = true;
  /** Main was rung because events fill a ring. */
  #rungForEvents = false;
  /** Ingress waits until main has read. */
  #paused = false;
  #finished = false;

  constructor(shared: SharedSpec, spec: ManagerSpec, makePorts: PortMaker) {
    const { control: buffer, burst } = shared;
    const region = new Region(shared.region);
    const headers = new SlotHeaders(buffer, shared.headersOffset, region.slots);
    const lanes = spec.vms.map((link, index) => new Lane(buffer, link, index, spec.wakeUp));
    const services = new ServiceTable(buffer, lanes);
    const book = new SlotBook(region.slots);
    const classification = new Classification(buffer, spec, region, headers, book, (route, index) => { services.install(route, index); });
    const shop: Shop = {
      region,
      headers,
      pool: new BufferPool(region),
      book,
      lanes,
      ports: [],
      portCounters: spec.ports.map((port) => counterBlock(buffer, port.countersBlockOffset)),
      classification,
      dropNames: spec.dropNames,
      burst,
      watch: new ManagerWatch(buffer, spec, { region, headers, book, classification }, shared.mainDoorbellOffset),
    };
    this.#spec = spec;
    this.#services = services;
    this.#shop = shop;
    this.#forwarder = new Forwarder(shop);
    this.#ingress = new Ingress(shop, this.#forwarder);
    this.#allowance = new Allowance(shop, this.#forwarder, spec.vmAllowance);
    this.#meshes = new MeshControl(buffer, shop, this.#forwarder);
    this.#changes = new VmChanges(shared, shop, this.#forwarder, this.#allowance, this.#meshes);
    this.#mailbox = new MailboxReceiver(buffer, spec.mailboxOffset);
    this.#events = new EventWriter(buffer, spec.events);
    this.#main = new Bell(buffer, shared.mainDoorbellOffset);
    this.#batch = new Uint32Array(burst);
    shop.ports.push(...makePorts(shop.pool, (port) => this.#countsOf(port)));
    this.#forwarder.portsAreMade();
    if (spec.reportFlows) shop.classification.onFlowEnd((words, at) => void this.#events.writeWords(words, at, ENTRY_WORDS));
  }

  /** One bounded step: a burst at most from every ring and every port, and from recordings until there is one. Returns the number of addresses moved. */
  poll(): number {
    if (this.#untold.length > 0) this.#tellWaiting();
    if (this.#finished) return 0;
    if (this.#mailbox.hasMessage) this.#readMail();
    const { ports, lanes } = this.#shop;
    let work = 0;
    for (let port = 0; port < ports.length; port++) work += this.#forwarder.collectCompletions(port);
    for (const lane of lanes) if (lane.alive) work += this.#collectReturns(lane);
    const urgency = this.#urgency();
    const isFilling = urgency !== Urgency.none;
    const isBehind = urgency === Urgency.pause || this.#shop.watch.isBehind();
    if ((isFilling && !this.#rungForEvents) || (isBehind && !this.#paused)) this.#main.ring(); // it rings back when it has read
    this.#rungForEvents = isFilling;
    this.#paused = isBehind;
    if (!isBehind) work += this.#receive();
    for (let port = 0; port < ports.length; port++) this.#forwarder.transmitStaged(port);
    for (const lane of lanes) {
      lane.publish();
      if (lane.draining && lane.mesh < 0 && lane.peer.lent.count === 0) this.#quiesced(lane);
    }
    this.#meshes.poll();
    if (work === 0) this.#finishIfDone();
    return work;
  }

  /**
   * A burst at most from each port. Then, until that comes to a burst, more from those that have all of their packets at hand: of a recording of both
   * directions each side gives few at a time, and what a poll costs beside them is shared by all. Not from those whose packets come with time: a poll would
   * last until a burst has come, what is under way would be worked on no faster than that, and a queue that a stall has left would stand for ever.
   */
  #receive(): number {
    const { ports, burst } = this.#shop;
    let received = 0;
    let isFirst = true;
    let round: number;
    do {
      round = 0;
      for (let port = 0; port < ports.length; port++) {
        const host = ports[port];
        if ((this.#receiving || host.ends) && (isFirst || !host.comesWithTime)) round += this.#ingress.receive(port);
      }
      isFirst = false;
      received += round;
      // Each round sweeps connections, and what ends is told by an event.
    } while (round > 0 && received < burst && !this.#eventsBehind());
    return received;
  }

  /** Whether a poll would find something. Called before a sleep: too seldom to be compiled, and `for … of` makes objects until it is. */
  hasWork(): boolean {
    if (this.#mailbox.hasMessage) return true;
    if (this.#paused && !this.#eventsBehind()) return true;
    if (this.#meshes.isLooking) return true;
    const { lanes, ports } = this.#shop;
    for (let lane = 0; lane < lanes.length; lane++) if (lanes[lane].hasWork()) return true;
    for (let port = 0; port < ports.length; port++) if (ports[port].hasWork()) return true;
    return false;
  }

  /** Wakes others for what was published. */
  flush(): void {
    const { lanes, ports } = this.#shop;
    for (let lane = 0; lane < lanes.length; lane++) lanes[lane].flush();
    for (let port = 0; port < ports.length; port++) ports[port].flush();
  }

  /** True once every port is exhausted (or the runtime drains), nothing is in flight, and main has been told. */
  get finished(): boolean {
    return this.#finished && this.#untold.length === 0;
  }

  /** Where every slot is now. */
  census(): Census {
    const { region, pool, lanes, ports, portCounters, book } = this.#shop;
    return takeCensus({
      region,
      pool,
      lanes: lanes.map(({ link, peer, held, misses }) => ({ name: link.name, peer, held, misses })),
      ports: ports.map((host, at) => ({ name: this.#spec.ports[at].name, host, counters: portCounters[at] })),
      meshes: this.#meshes.underWay(),
      sending: Array.from(book.slotsAt(Place.sending), (slot) => region.address(slot)),
      hops: this.#forwarder.hops,
    });
  }

  /** Everything that the VM has returned or made, a burst at most. */
  #collectReturns(lane: Lane): number {
    const { peer, counters } = lane;
    const count = peer.fromVm.take(this.#batch, this.#batch.length);
    if (count > 0 && lane.mesh < 0) {
      const due = peer.lent.acceptBurst(this.#batch, count);
      if (due < count) counters[Cell.invalidReturns] += count - due;
      this.#forwarder.returned(lane, this.#batch, due);
    } else if (count > 0) {
      const { region, headers, book, classification } = this.#shop;
      const due = acceptFromMesh(lane, this.#batch, count, region, headers, book, classification);
      if (due < count) counters[Cell.invalidReturns] += count - due;
      this.#forwarder.returnedFromMesh(lane, this.#batch, due);
    }
    const made = this.#allowance.collect(lane);
    if (count === 0 && lane.mesh < 0 && counters[Cell.invalidReturns] > 0) this.#changes.dropLost(lane);
    this.#allowance.topUp(lane);
    return count + made;
  }

  #countsOf(port: number): PortCounts {
    const counters = this.#shop.portCounters[port];
    return {
      dropAtIngress: (reason) => {
        counters[Cell.received]++;
        counters[Cell.drops + reason]++;
        if (this.#shop.watch.isOn) this.#shop.watch.unseen();
      },
      dropAtEgress: (address, reason) => {
        this.#shop.ports[port].notSent();
        this.#forwarder.drop(address, this.#shop.region.slotIndex(address), reason);
      },
    };
  }

  // ---- control

  #readMail(): void {
    this.#mailbox.poll((message) => {
      this.#obey(message as ManagerMessage);
    });
    this.#main.ring();
  }

  #obey(message: ManagerMessage): void {
    const { lanes, classification } = this.#shop;
    switch (message.type) {
      case 'drain':
        this.#receiveAccepted();
        this.#receiving = false;
        break;
      case 'census':
        this.#tell({ type: 'census', id: message.id, census: this.census() });
        break;
      case 'paths':
        classification.replacePaths(message.paths);
        this.#tell({ type: 'paths-replaced' });
        break;
      case 'service-table':
        this.#tell({ type: 'service-table', rows: this.#services.list() });
        break;
      case 'service-row': {
        const lane = lanes[message.vm];
        if (lane.mesh < 0) {
          this.#tell({ type: 'service-row', found: false });
          break;
        }
        this.#meshes.whenAtRest(lane, () => {
          const found = this.#services.edit(message.route, message.direction, message.vm, message.isPresent);
          this.#meshes.release(lane);
          this.#tell({ type: 'service-row', found });
        });
        break;
      }
      case 'quiesce':
        if (lanes[message.vm].mesh < 0) this.#changes.quiesce(lanes[message.vm]);
        else this.#meshes.whenAtRest(lanes[message.vm], () => { this.#tell({ type: 'quiesced', vm: message.vm }); });
        break;
      case 'repoint':
        this.#changes.repoint(lanes[message.vm], message.vnic);
        this.#tell({ type: 'repointed', vm: message.vm });
        break;
      case 'resume':
        if (lanes[message.vm].mesh < 0) this.#changes.resume(lanes[message.vm]);
        else this.#meshes.release(lanes[message.vm]);
        break;
      case 'vm-died':
        this.#vmDied(lanes[message.vm], message.error);
        break;
      case 'vm-gone':
        this.#reclaim(lanes[message.vm]);
        if (lanes[message.vm].mesh >= 0) this.#meshes.release(lanes[message.vm]);
        break;
      case 'port-died':
        this.#portDied(message.port);
        break;
      case 'watch':
        this.#shop.watch.replace(message.watches);
    }
  }

  /** What the application has sent counts as received from then on: its ports end by being told, and lose nothing. */
  #receiveAccepted(): void {
    const { ports } = this.#spec;
    for (let port = 0; port < ports.length; port++) {
      if (ports[port].rings?.ends === false) while (this.#ingress.receive(port) > 0);
    }
  }

  /** The chain cannot go on without it: what is in flight elsewhere still goes through. */
  #vmDied(lane: Lane, error: string): void {
    if (!lane.alive) return;
    const packet = this.#reclaim(lane);
    this.#receiveAccepted();
    this.#tell({ type: 'vm-reclaimed', vm: lane.index, error, packet });
  }

  #reclaim(lane: Lane): CrashedPacket | null {
    if (!lane.alive) return null;
    while (this.#collectReturns(lane) > 0);
    this.#receiving = false;
    return this.#changes.reclaim(lane);
  }

  /** Its threads have exited: what they had published is taken, what they held comes back. The chain is to end. */
  #portDied(port: number): void {
    const host = this.#shop.ports[port];
    while (this.#forwarder.collectCompletions(port) + this.#ingress.receive(port) > 0);
    host.reclaim();
    this.#receiveAccepted();
    this.#receiving = false;
  }

  /** Drained: the VM has returned everything. */
  #quiesced(lane: Lane): void {
    lane.draining = false;
    this.#tell({ type: 'quiesced', vm: lane.index });
  }

  /** Tells main something that must not be lost: what finds no room waits for the next poll. */
  #tell(event: ManagerEvent): void {
    this.#untold.push(event);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    while (this.#untold.length > 0 && this.#events.tryWrite(this.#untold[0])) this.#untold.shift();
    this.#main.ring();
  }

  #eventsBehind(): boolean {
    return this.#urgency() === Urgency.pause || this.#shop.watch.isBehind();
  }

  /** Of the fullest ring of events, where none may be lost. */
  #urgency(): number {
    if (!this.#spec.reportFlows) return Urgency.none;
    let most = urgencyOf(this.#events);
    for (const lane of this.#shop.lanes) most = Math.max(most, urgencyOf(lane.events));
    return most;
  }

  #finishIfDone(): void {
    const { ports, lanes } = this.#shop;
    if (this.#forwarder.inVms > 0) return;
    for (const port of ports) if (port.sending > 0 || ((this.#receiving || port.ends) && !port.exhausted)) return;
    for (const lane of lanes) if (lane.alive && !lane.peer.fromMade.isEmpty()) return;
    this.#finished = true;
    this.#close();
  }

  #close(): void {
    this.#shop.ports.forEach((host, at) => {
      host.close();
      for (const problem of host.problems) this.#tell({ type: 'port-problem', port: this.#spec.ports[at].name, problem });
    });
    this.#tell({ type: 'finished', census: this.census() });
  }
}
