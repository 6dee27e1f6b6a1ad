/**
 * Hot: no allocation. The packet manager: sole allocator and freer of slots, the only reader of the VMs' transmit queues.
 * It receives, parses once, classifies, lends each packet to one VM after another, learns from the tx pointers that the
 * chain is complete, and only then transmits. What it believes about a slot lies in its private memory, not in the header.
 */
import { BufferPool } from '../memory/buffer-pool.js';
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, ParseFlag, VerdictKind } from '../memory/slot-layout.js';
import { Cell, counterBlock } from '../observe/counters.js';
import { FIRST_DECLARED_DROP, builtInDrop } from '../observe/drop-reasons.js';
import { parsePacket } from '../packet/parse.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { MailboxReceiver } from '../ring/mailbox.js';
import { RingProducer, resetRing } from '../ring/spsc-ring.js';
import type { FlowRecord } from '../flow/connection-table.js';
import type { PortCounts, PortProblem } from '../port/contract.js';
import { LendQueue } from '../vnic/lend-queue.js';
import { VnicPeer, type VnicSpec } from '../vnic/vnic.js';
import { Journal } from '../vnic/journal.js';
import { Classification } from './classification.js';
import { takeCensus, type Census } from './census.js';
import type { ManagerSpec, PathRow } from './manager-spec.js';
import type { PortHost } from './port-host.js';

/** Where a slot is, as the manager believes. */
const Place = { pool: 0, vm: 1, sending: 2, spare: 3, held: 4 } as const;

/** Ring a VM at once when this share of the slots waits on its rx: fewer, larger wake-ups win. */
const WAKE_SHARE = 4;
/** Or after this many polls in which there was something to ring for: bounds the added latency. */
const WAKE_POLLS = 16;
/** Ingress pauses while an event ring is fuller than this: what is in flight still fits. */
const EVENT_LOAD_LIMIT = 0.25;

export type ManagerMessage =
  | { type: 'drain' }
  | { type: 'census'; id: number }
  | { type: 'paths'; paths: PathRow[] }
  | { type: 'quiesce'; vm: number }
  | { type: 'repoint'; vm: number; vnic: VnicSpec }
  | { type: 'resume'; vm: number }
  | { type: 'vm-died'; vm: number; error: string };

export type ManagerEvent =
  | { type: 'census'; id: number; census: Census }
  | { type: 'vm-reclaimed'; vm: number; error: string; packet: CrashedPacket | null }
  | { type: 'paths-replaced' }
  | { type: 'quiesced'; vm: number }
  | { type: 'repointed'; vm: number }
  | { type: 'flow-end'; flow: FlowRecord }
  | { type: 'port-problem'; port: string; problem: PortProblem }
  | { type: 'finished'; census: Census };

/** A packet that was in hand when its VM died, as it was found. */
export interface CrashedPacket {
  chain: string;
  vm: string;
  timestampMs: number;
  length: number;
  hex: string;
}

/** The manager's end of one VM. */
interface Lane {
  peer: VnicPeer;
  bell: Bell;
  counters: Float64Array;
  events: EventWriter;
  /** Polls since something was published that the VM was not rung for. */
  wakeDue: number;
  staged: number;
  alive: boolean;
  /** While the VM is being replaced its packets wait here, in order. */
  held: LendQueue;
  holding: boolean;
  /** Main waits to hear that nothing is lent any more. */
  draining: boolean;
}

export class PacketManager {
  readonly #shared: SharedSpec;
  readonly #spec: ManagerSpec;
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #pool: BufferPool;
  readonly #lanes: Lane[];
  readonly #ports: PortHost[];
  readonly #portCounters: Float64Array[];
  readonly #staged: Uint32Array[];
  readonly #stagedCounts: Uint32Array;
  readonly #classification: Classification;
  readonly #mailbox: MailboxReceiver;
  readonly #events: EventWriter;
  readonly #main: Bell;
  readonly #batch: Uint32Array;
  readonly #burst: number;
  readonly #wakeMark: number;
  readonly #dropNames: readonly string[];

  // What the manager believes of each slot, by slot index.
  readonly #place: Uint8Array;
  readonly #path: Uint16Array;
  readonly #hop: Uint8Array;
  readonly #direction: Uint8Array;
  readonly #ingress: Uint8Array;
  readonly #connection: Int32Array;
  readonly #flowId: Uint32Array;

  readonly #untold: ManagerEvent[] = [];
  #receiving = true;
  #inVms = 0;
  #finished = false;

  constructor(shared: SharedSpec, spec: ManagerSpec, makePorts: (pool: BufferPool, counts: (port: number) => PortCounts) => PortHost[]) {
    const buffer = shared.control;
    this.#shared = shared;
    this.#spec = spec;
    this.#region = new Region(shared.region);
    const slots = this.#region.slots;
    this.#headers = new SlotHeaders(buffer, shared.headersOffset, slots);
    this.#pool = new BufferPool(this.#region);
    this.#lanes = spec.vms.map((link) => ({
      peer: new VnicPeer(buffer, link.vnic),
      bell: new Bell(buffer, link.doorbellOffset),
      counters: counterBlock(buffer, link.countersBlockOffset),
      events: new EventWriter(buffer, link.events),
      wakeDue: 0,
      staged: 0,
      alive: true,
      held: new LendQueue(link.vnic.rx.capacity),
      holding: false,
      draining: false,
    }));
    this.#portCounters = spec.ports.map((port) => counterBlock(buffer, port.countersBlockOffset));
    this.#staged = spec.ports.map(() => new Uint32Array(shared.burst));
    this.#stagedCounts = new Uint32Array(spec.ports.length);
    this.#classification = new Classification(buffer, spec, this.#headers);
    this.#mailbox = new MailboxReceiver(buffer, spec.mailboxOffset);
    this.#events = new EventWriter(buffer, spec.events);
    this.#main = new Bell(buffer, shared.mainDoorbellOffset);
    this.#burst = shared.burst;
    this.#batch = new Uint32Array(shared.burst);
    this.#wakeMark = Math.max(1, Math.floor(slots / WAKE_SHARE));
    this.#dropNames = spec.dropNames;
    this.#place = new Uint8Array(slots);
    this.#path = new Uint16Array(slots);
    this.#hop = new Uint8Array(slots);
    this.#direction = new Uint8Array(slots);
    this.#ingress = new Uint8Array(slots);
    this.#connection = new Int32Array(slots).fill(-1);
    this.#flowId = new Uint32Array(slots);
    this.#ports = makePorts(this.#pool, (port) => ({
      dropAtIngress: (reason) => {
        this.#portCounters[port][Cell.received]++;
        this.#portCounters[port][Cell.drops + reason]++;
      },
      dropAtEgress: (address, reason) => {
        this.#ports[port].notSent();
        this.#drop(address, this.#region.slotIndex(address), reason);
      },
    }));
    if (spec.reportFlows) this.#classification.onFlowEnd((flow) => void this.#events.write({ type: 'flow-end', flow } satisfies ManagerEvent));
  }

  /** One bounded step: a burst from every queue. Returns the number of addresses moved. Packet time is all the time it needs. */
  poll(): number {
    if (this.#untold.length > 0) this.#tellWaiting();
    if (this.#finished) return 0;
    if (this.#mailbox.hasMessage) this.#readMail();
    let work = 0;
    for (let port = 0; port < this.#ports.length; port++) work += this.#collectCompletions(port);
    for (let vm = 0; vm < this.#lanes.length; vm++) work += this.#collectReturns(vm);
    if (this.#receiving && !this.#eventsBehind()) {
      for (let port = 0; port < this.#ports.length; port++) work += this.#receive(port);
    }
    for (let port = 0; port < this.#ports.length; port++) this.#transmitStaged(port);
    for (let vm = 0; vm < this.#lanes.length; vm++) this.#publish(this.#lanes[vm]);
    if (work === 0) this.#finishIfDone();
    return work;
  }

  hasWork(): boolean {
    if (this.#mailbox.hasMessage) return true;
    for (const lane of this.#lanes) if (lane.alive && (!lane.peer.fromVm.isEmpty() || !lane.peer.fromMade.isEmpty())) return true;
    for (const port of this.#ports) if (port.hasWork()) return true;
    return false;
  }

  flush(): void {
    for (const lane of this.#lanes) if (lane.wakeDue > 0) this.#ring(lane);
    for (const port of this.#ports) port.flush();
  }

  /** True once every port is exhausted (or the runtime drains) and nothing is in flight. */
  get finished(): boolean {
    return this.#finished && this.#untold.length === 0;
  }

  /** Where every slot is now. Throws if a slot is in two places or nowhere: that is a bug of the manager. */
  census(): Census {
    return takeCensus({
      region: this.#region,
      pool: this.#pool,
      lanes: this.#lanes.map(({ peer, held }, at) => ({ name: this.#spec.vms[at].name, peer, held })),
      ports: this.#ports.map((host, at) => ({ name: this.#spec.ports[at].name, host, counters: this.#portCounters[at] })),
      sending: this.#sendingAddresses(),
    });
  }

  *#sendingAddresses(): Generator<number> {
    for (let slot = 0; slot < this.#place.length; slot++) if (this.#place[slot] === Place.sending) yield this.#region.address(slot);
  }

  // ---- ingress

  #receive(port: number): number {
    const count = this.#ports[port].receive(this.#batch, this.#burst);
    const counters = this.#portCounters[port];
    const { u8, u16, u32 } = this.#headers;
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      const slot = this.#region.slotIndex(address);
      const at = slot << 4;
      const length = u32[at + 1];
      counters[Cell.received]++;
      counters[Cell.receivedBytes] += length;
      u8[(slot << 6) + HeaderOffset.parseFlags] = 0;
      u8[(slot << 6) + HeaderOffset.verdict] = VerdictKind.forward;
      u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = 0;
      u32[at + (HeaderOffset.mark >> 2)] = 0;
      u32[at + (HeaderOffset.scratch >> 2)] = 0;
      u32[at + (HeaderOffset.scratch >> 2) + 1] = 0;
      u8[(slot << 6) + HeaderOffset.ingressPort] = port;
      this.#ingress[slot] = port;
      parsePacket(this.#region.bytes, address + u32[at], length, this.#headers, slot);
      const classification = this.#classification;
      classification.classify(this.#region.bytes, address + u32[at], slot, port);
      this.#connection[slot] = classification.connection;
      this.#flowId[slot] = classification.flowId;
      if (classification.path < 0) {
        this.#drop(address, slot, NO_PATH);
        continue;
      }
      const row = classification.rows[classification.path];
      const { direction } = classification;
      this.#path[slot] = classification.path;
      this.#direction[slot] = direction;
      u16[(slot << 5) + (HeaderOffset.path >> 1)] = classification.path;
      u16[(slot << 5) + (HeaderOffset.pathVersion >> 1)] = classification.version;
      u8[(slot << 6) + HeaderOffset.direction] = direction;
      u8[(slot << 6) + HeaderOffset.egressPort] = direction === Direction.forward ? row.to : row.from;
      this.#goTo(address, slot, 0);
    }
    if (count > 0) this.#classification.passTime();
    return count;
  }

  // ---- hops

  /** Lends the packet to the VM at `hop` of its path and direction, or transmits it when the path ends before. */
  #goTo(address: number, slot: number, hop: number): void {
    const { vms } = this.#classification.rows[this.#path[slot]];
    if (hop >= vms.length) {
      this.#stage(address, slot);
      return;
    }
    const vm = this.#direction[slot] === Direction.forward ? vms[hop] : vms[vms.length - 1 - hop];
    const lane = this.#lanes[vm];
    if (!lane.alive) {
      this.#drop(address, slot, CHAIN_STOPPED);
      return;
    }
    this.#hop[slot] = hop;
    this.#headers.u8[(slot << 6) + HeaderOffset.hop] = hop;
    if (lane.holding) {
      this.#place[slot] = Place.held;
      this.#inVms++;
      lane.held.lend(address);
      return;
    }
    this.#place[slot] = Place.vm;
    this.#inVms++;
    lane.counters[Cell.received]++;
    lane.peer.lent.lend(address);
    lane.peer.toVm.push(address);
    lane.staged++;
  }

  #publish(lane: Lane): void {
    if (lane.staged > 0) {
      lane.staged = 0;
      lane.peer.toVm.publish();
      lane.wakeDue++;
    } else if (lane.wakeDue > 0) lane.wakeDue++;
    if (lane.draining && lane.peer.lent.count === 0) this.#quiesced(lane);
    if (lane.wakeDue > 0 && (lane.wakeDue >= WAKE_POLLS || lane.peer.toVm.occupancy() >= this.#wakeMark)) this.#ring(lane);
  }

  #ring(lane: Lane): void {
    lane.wakeDue = 0;
    lane.bell.ring();
  }

  #collectReturns(vm: number): number {
    const lane = this.#lanes[vm];
    if (!lane.alive) return 0;
    const count = lane.peer.fromVm.take(this.#batch, this.#burst);
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      if (lane.peer.lent.accept(address)) this.#returned(vm, address);
      else lane.counters[Cell.invalidReturns]++;
    }
    let made = 0;
    if (!lane.peer.fromMade.isEmpty()) made = this.#collectMade(vm);
    if (count === 0 && lane.counters[Cell.invalidReturns] > 0) this.#dropLost(lane);
    if (lane.peer.given.count < this.#spec.vmAllowance && !lane.holding) this.#giveSpares(lane);
    return count + made;
  }

  /** A VM has returned a packet that was lent to it: on to the next hop, or wherever its verdict says. */
  #returned(vm: number, address: number): void {
    const lane = this.#lanes[vm];
    const slot = this.#region.slotIndex(address);
    const { u8, u16 } = this.#headers;
    this.#inVms--;
    lane.counters[Cell.returned]++;
    const kind = u8[(slot << 6) + HeaderOffset.verdict];
    const reason = u16[(slot << 5) + (HeaderOffset.dropReason >> 1)];
    if (!this.#isSane(slot, kind, reason)) {
      lane.counters[Cell.drops + TX_BOUNDS_INVALID]++;
      this.#drop(address, slot, TX_BOUNDS_INVALID);
      return;
    }
    if ((u8[(slot << 6) + HeaderOffset.parseFlags] & ParseFlag.tuplePublished) !== 0) this.#installAlias(address, slot);
    if (kind === VerdictKind.forward) {
      this.#goTo(address, slot, this.#hop[slot] + 1);
      return;
    }
    lane.counters[Cell.drops + reason]++;
    if (kind === VerdictKind.drop) this.#drop(address, slot, reason);
    else this.#answer(address, slot, reason);
  }

  /** Bounds of what a VM may have written: the packet inside its slot, a verdict and a reason that exist. */
  #isSane(slot: number, kind: number, reason: number): boolean {
    const at = slot << 4;
    const offset = this.#headers.u32[at];
    const length = this.#headers.u32[at + 1];
    if (length === 0 || offset > this.#region.slotBytes || length > this.#region.slotBytes - offset) return false;
    if (this.#headers.u8[(slot << 6) + HeaderOffset.egressPort] >= this.#ports.length) return false;
    if (kind === VerdictKind.forward) return true;
    return kind <= VerdictKind.reply && reason >= FIRST_DECLARED_DROP && reason < this.#dropNames.length;
  }

  #installAlias(address: number, slot: number): void {
    this.#headers.u8[(slot << 6) + HeaderOffset.parseFlags] &= ~ParseFlag.tuplePublished;
    this.#classification.alias(this.#region.bytes, address + this.#headers.u32[slot << 4], slot, this.#connection[slot], this.#flowId[slot]);
  }

  /**
   * The packet was rewritten into an answer: what it was is dropped, what it is was originated here, and it travels back
   * by the VMs that it came through, out of the port that it came in by.
   */
  #answer(address: number, slot: number, reason: number): void {
    const ingress = this.#ingress[slot];
    this.#portCounters[ingress][Cell.drops + reason]++;
    this.#portCounters[ingress][Cell.originated]++;
    this.#classification.settle(this.#connection[slot], this.#flowId[slot], reason);
    const { u8, u16, u32 } = this.#headers;
    parsePacket(this.#region.bytes, address + u32[slot << 4], u32[(slot << 4) + 1], this.#headers, slot);
    u8[(slot << 6) + HeaderOffset.verdict] = VerdictKind.forward;
    u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = 0;
    const { vms } = this.#classification.rows[this.#path[slot]];
    const back = this.#direction[slot] === Direction.forward ? Direction.reverse : Direction.forward;
    this.#direction[slot] = back;
    u8[(slot << 6) + HeaderOffset.direction] = back;
    u8[(slot << 6) + HeaderOffset.egressPort] = ingress;
    // Hop h one way is hop n-1-h the other way; the next one there is n-h.
    this.#goTo(address, slot, vms.length - this.#hop[slot]);
  }

  // ---- egress

  #stage(address: number, slot: number): void {
    const port = this.#headers.u8[(slot << 6) + HeaderOffset.egressPort];
    if (this.#stagedCounts[port] === this.#burst) this.#transmitStaged(port);
    this.#place[slot] = Place.sending;
    this.#staged[port][this.#stagedCounts[port]++] = address;
  }

  #transmitStaged(port: number): void {
    const count = this.#stagedCounts[port];
    if (count === 0) return;
    this.#stagedCounts[port] = 0;
    this.#ports[port].transmit(this.#staged[port], count);
  }

  #collectCompletions(port: number): number {
    const count = this.#ports[port].complete(this.#batch, this.#burst);
    const counters = this.#portCounters[port];
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      const slot = this.#region.slotIndex(address);
      counters[Cell.transmitted]++;
      counters[Cell.transmittedBytes] += this.#headers.u32[(slot << 4) + 1];
      this.#classification.settle(this.#connection[slot], this.#flowId[slot], 0);
      this.#home(address, slot);
    }
    return count;
  }

  #drop(address: number, slot: number, reason: number): void {
    this.#portCounters[this.#ingress[slot]][Cell.drops + reason]++;
    this.#classification.settle(this.#connection[slot], this.#flowId[slot], reason);
    this.#home(address, slot);
  }

  /** The packet is through: its slot is free again. */
  #home(address: number, slot: number): void {
    this.#ports[this.#ingress[slot]].settled(address);
    this.#place[slot] = Place.pool;
    this.#connection[slot] = -1;
    this.#pool.free(address);
  }

  // ---- packets that VMs make themselves

  #giveSpares(lane: Lane): void {
    const { given, spares } = lane.peer;
    const wanted = Math.min(this.#spec.vmAllowance - given.count, this.#burst);
    const granted = this.#pool.take(this.#batch, wanted);
    for (let k = 0; k < granted; k++) {
      given.lend(this.#batch[k]);
      this.#place[this.#region.slotIndex(this.#batch[k])] = Place.spare;
    }
    spares.pushBurst(this.#batch, 0, granted);
    spares.publish();
  }

  #collectMade(vm: number): number {
    const lane = this.#lanes[vm];
    const count = lane.peer.fromMade.take(this.#batch, this.#burst);
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      if (!lane.peer.given.accept(address)) {
        lane.counters[Cell.invalidReturns]++;
        continue;
      }
      const slot = this.#region.slotIndex(address);
      const path = this.#headers.u16[(slot << 5) + (HeaderOffset.path >> 1)];
      const direction = this.#headers.u8[(slot << 6) + HeaderOffset.direction];
      const row = this.#classification.rows[path];
      const place = row === undefined ? -1 : row.vms.indexOf(vm);
      if (row === undefined || place < 0 || direction > Direction.reverse || !this.#isSane(slot, VerdictKind.forward, 0)) {
        lane.counters[Cell.invalidReturns]++;
        this.#place[slot] = Place.pool;
        this.#pool.free(address);
        continue;
      }
      const egress = direction === Direction.forward ? row.to : row.from;
      lane.counters[Cell.originated]++;
      this.#portCounters[egress][Cell.originated]++;
      this.#ingress[slot] = egress;
      this.#connection[slot] = -1;
      this.#path[slot] = path;
      this.#direction[slot] = direction;
      this.#headers.u8[(slot << 6) + HeaderOffset.egressPort] = egress;
      this.#goTo(address, slot, (direction === Direction.forward ? place : row.vms.length - 1 - place) + 1);
    }
    return count;
  }

  // ---- what goes wrong

  /**
   * A VM that returned a wrong address may have lost the right one. When it holds nothing unread and has nothing on the
   * way, what it was lent and did not return is lost, and counted.
   */
  #dropLost(lane: Lane): void {
    if (lane.peer.lent.count === 0 || lane.staged > 0 || lane.peer.toVm.occupancy() > 0 || !lane.peer.fromVm.isEmpty()) return;
    for (let address = lane.peer.lent.takeBack(); address >= 0; address = lane.peer.lent.takeBack()) {
      this.#inVms--;
      lane.counters[Cell.drops + TX_POINTER_INVALID]++;
      this.#drop(address, this.#region.slotIndex(address), TX_POINTER_INVALID);
    }
  }

  /**
   * A VM's worker has exited. What it had published is drained, what its journal says was done is completed, the packet
   * in hand is dropped, kept as found, and the rest cannot go on.
   */
  #reclaim(vm: number, error: string): void {
    const lane = this.#lanes[vm];
    if (!lane.alive) return;
    const link = this.#spec.vms[vm];
    while (this.#collectReturns(vm) > 0);
    lane.alive = false;
    lane.staged = 0;
    const txIndex = new RingProducer(this.#shared.control, link.vnic.tx).producerIndex;
    const { done, inHand } = new Journal(this.#shared.control, link.journalOffset).recover(txIndex);
    const { lent } = lane.peer;
    for (let k = 0; k < done && lent.count > 0; k++) this.#returned(vm, lent.takeBack());
    let packet: CrashedPacket | null = null;
    if (inHand && lent.count > 0) {
      const address = lent.takeBack();
      packet = this.#keepAsFound(vm, address);
      lane.counters[Cell.drops + NF_CRASH]++;
      this.#inVms--;
      this.#drop(address, this.#region.slotIndex(address), NF_CRASH);
    }
    for (let address = lent.takeBack(); address >= 0; address = lent.takeBack()) {
      this.#inVms--;
      lane.counters[Cell.drops + CHAIN_STOPPED]++;
      this.#drop(address, this.#region.slotIndex(address), CHAIN_STOPPED);
    }
    for (let address = lane.held.takeBack(); address >= 0; address = lane.held.takeBack()) {
      this.#inVms--;
      this.#drop(address, this.#region.slotIndex(address), CHAIN_STOPPED);
    }
    this.#takeSparesBack(lane);
    this.#receiving = false;
    this.#tell({ type: 'vm-reclaimed', vm, error, packet });
  }

  #takeSparesBack(lane: Lane): void {
    const { given } = lane.peer;
    for (let address = given.takeBack(); address >= 0; address = given.takeBack()) {
      this.#place[this.#region.slotIndex(address)] = Place.pool;
      this.#pool.free(address);
    }
  }

  // ---- quiesce and re-point: mark, drain, acknowledge, re-point, resume

  /** Mark: what comes for this VM waits from now on. Main hears `quiesced` once the VM has returned everything. */
  #quiesce(vm: number): void {
    const lane = this.#lanes[vm];
    lane.holding = true;
    lane.draining = true;
  }

  /** Drained: the VM has returned everything. */
  #quiesced(lane: Lane): void {
    lane.draining = false;
    this.#tell({ type: 'quiesced', vm: this.#lanes.indexOf(lane) });
  }

  /** The VM's end of the rings is gone. Both ends begin anew, on these rings or others. */
  #repoint(vm: number, vnic: VnicSpec): void {
    const lane = this.#lanes[vm];
    while (this.#collectMade(vm) > 0);
    this.#takeSparesBack(lane);
    for (const ring of [vnic.rx, vnic.tx, vnic.spare, vnic.made]) resetRing(this.#shared.control, ring);
    lane.peer = new VnicPeer(this.#shared.control, vnic);
    this.#tell({ type: 'repointed', vm });
  }

  /** The new end stands: what waited is lent, in the order in which it came. */
  #resume(vm: number): void {
    const lane = this.#lanes[vm];
    lane.holding = false;
    for (let address = lane.held.takeBack(); address >= 0; address = lane.held.takeBack()) {
      const slot = this.#region.slotIndex(address);
      this.#inVms--;
      this.#goTo(address, slot, this.#hop[slot]);
    }
  }

  #keepAsFound(vm: number, address: number): CrashedPacket {
    const slot = this.#region.slotIndex(address);
    const { u32 } = this.#headers;
    const at = slot << 4;
    const link = this.#spec.vms[vm];
    const start = address + Math.min(u32[at], this.#region.slotBytes);
    const length = Math.min(u32[at + 1], this.#region.maxPacketBytes);
    return {
      chain: link.chain,
      vm: link.name,
      timestampMs: u32[at + (HeaderOffset.timestampSeconds >> 2)] * 1000 + Math.floor(u32[at + (HeaderOffset.timestampNanos >> 2)] / 1e6),
      length,
      hex: Buffer.from(this.#region.bytes.slice(start, start + length)).toString('hex'),
    };
  }

  // ---- control

  #readMail(): void {
    this.#mailbox.poll((message) => {
      const mail = message as ManagerMessage;
      if (mail.type === 'drain') this.#receiving = false;
      else if (mail.type === 'census') this.#tell({ type: 'census', id: mail.id, census: this.census() });
      else if (mail.type === 'quiesce') this.#quiesce(mail.vm);
      else if (mail.type === 'repoint') this.#repoint(mail.vm, mail.vnic);
      else if (mail.type === 'resume') this.#resume(mail.vm);
      else if (mail.type === 'vm-died') this.#reclaim(mail.vm, mail.error);
      else {
        this.#classification.replacePaths(mail.paths);
        this.#tell({ type: 'paths-replaced' });
      }
    });
    this.#main.ring();
  }

  /** Tells main something that must not be lost: what finds no room waits for the next poll. */
  #tell(event: ManagerEvent): void {
    this.#untold.push(event);
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    while (this.#untold.length > 0 && this.#events.write(this.#untold[0])) this.#untold.shift();
    this.#main.ring();
  }

  #eventsBehind(): boolean {
    if (!this.#spec.reportFlows) return false;
    if (this.#events.load() > EVENT_LOAD_LIMIT) return true;
    for (const lane of this.#lanes) if (lane.events.load() > EVENT_LOAD_LIMIT) return true;
    return false;
  }

  #finishIfDone(): void {
    if (this.#inVms > 0) return;
    for (const port of this.#ports) if (port.sending > 0 || (this.#receiving && !port.exhausted)) return;
    for (const lane of this.#lanes) if (lane.alive && !lane.peer.fromMade.isEmpty()) return;
    this.#finished = true;
    this.#ports.forEach((host, at) => {
      host.close();
      for (const problem of host.problems) this.#tell({ type: 'port-problem', port: this.#spec.ports[at].name, problem });
    });
    this.#tell({ type: 'finished', census: this.census() });
  }
}

const NO_PATH = builtInDrop('no-path');
const TX_POINTER_INVALID = builtInDrop('tx-pointer-invalid');
const TX_BOUNDS_INVALID = builtInDrop('tx-bounds-invalid');
const NF_CRASH = builtInDrop('nf-crash');
const CHAIN_STOPPED = builtInDrop('chain-stopped');
