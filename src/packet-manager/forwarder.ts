/**
 * Hot: no allocation. Moves packets from hop to hop: lends them, judges what comes back, answers, drops, transmits and
 * brings slots home. Everything here goes by the slot book; of the header only the verdict and bounds are read, checked.
 */
import type { BufferPool } from '../memory/buffer-pool.js';
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, ParseFlag, VerdictKind } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import { FIRST_DECLARED_DROP, builtInDrop } from '../observe/drop-reasons.js';
import { parsePacket } from '../packet/parse.js';
import type { Classification } from './classification.js';
import type { Lane } from './lane.js';
import type { ManagerWatch } from './manager-watch.js';
import type { PortHost } from './port-host.js';
import { placeOf, vmAt } from './route.js';
import { runsOf, type Runs } from './runs.js';
import { directionOfWay, hopOfWay, pathOfWay, Place, type SlotBook } from './slot-book.js';

const TX_BOUNDS_INVALID = builtInDrop('tx-bounds-invalid');
const CHAIN_STOPPED = builtInDrop('chain-stopped');
const EGRESS_FAILED = builtInDrop('egress-failed');

/** What the parts of the manager share. */
export interface Shop {
  readonly region: Region;
  readonly headers: SlotHeaders;
  readonly pool: BufferPool;
  readonly book: SlotBook;
  readonly lanes: readonly Lane[];
  /** Filled while the ports are being made, before the first packet. */
  readonly ports: PortHost[];
  readonly portCounters: readonly Float64Array[];
  readonly classification: Classification;
  readonly dropNames: readonly string[];
  readonly burst: number;
  readonly watch: ManagerWatch;
}

export class Forwarder {
  /** A port wants to be told what became of its packets. */
  #portsSettle = true;
  /** Packets with VMs, or waiting for one that is being replaced. */
  inVms = 0;
  /** Packets that VMs have returned: each passes here once a hop by the hub, once a path in a mesh or where functions run together. */
  hops = 0;
  /** Of these, the ones under way in each mesh. */
  readonly inMesh: Int32Array;
  readonly #shop: Shop;
  readonly #staged: Uint32Array[];
  readonly #stagedCounts: Uint32Array;
  readonly #batch: Uint32Array;
  readonly #runs: Runs;

  constructor(shop: Shop) {
    this.#shop = shop;
    this.#runs = runsOf(shop.region, shop.headers, shop.book);
    this.#staged = shop.portCounters.map(() => new Uint32Array(shop.burst));
    this.#stagedCounts = new Uint32Array(shop.portCounters.length);
    this.#batch = new Uint32Array(shop.burst);
    this.inMesh = new Int32Array(shop.lanes.length);
  }

  /** All ports are there. */
  portsAreMade(): void {
    this.#portsSettle = false;
    for (const { settles } of this.#shop.ports) if (settles) this.#portsSettle = true;
  }

  /**
   * Packets that were stamped just now, from the one at `from` up to `to`, go to the first VMs of their paths: those that go
   * the same way, together.
   */
  enter(addresses: Uint32Array, from: number, to: number): void {
    const { region, book, lanes, classification } = this.#shop;
    for (let k = from; k < to;) {
      const end = this.#runs.sameWay(addresses, k, to);
      const way = book.way[region.slotIndex(addresses[k])];
      const route = classification.routes[pathOfWay(way)];
      const direction = directionOfWay(way);
      const lane = route.hops === 0 ? null : lanes[vmAt(route, direction, 0)];
      if (lane === null || !lane.alive || lane.holding) {
        for (; k < end; k++) this.goTo(addresses[k], region.slotIndex(addresses[k]), 0);
        continue;
      }
      const count = end - k;
      this.#runs.setPlace(addresses, k, end, Place.vm);
      this.inVms += count;
      if (route.isMesh) {
        this.inMesh[lane.mesh] += count;
        lane.lendBurstToPath(addresses, k, count);
      } else lane.lendBurst(addresses, k, count, route.isTogether ? placeOf(route, direction, 0) : 0);
      k = end;
    }
  }

  /** Lends the packet to the VM at `hop` of its path and direction, or transmits it when the path ends before. */
  goTo(address: number, slot: number, hop: number): void {
    const { book, headers, lanes, classification } = this.#shop;
    const route = classification.routes[book.pathOf(slot)];
    if (hop >= route.hops) {
      this.#stage(address, slot);
      return;
    }
    const direction = book.directionOf(slot);
    const lane = lanes[vmAt(route, direction, hop)];
    if (!lane.alive) {
      this.drop(address, slot, CHAIN_STOPPED);
      return;
    }
    book.setHop(slot, hop);
    // Where VMs ask for it; the hub has it in its book, and a header that is not written stays in every core's cache.
    if (hop === 0 || route.isTogether || route.isMesh) headers.u8[(slot << 6) + HeaderOffset.hop] = hop;
    this.inVms++;
    if (lane.holding && (hop === 0 || !route.isMesh)) {
      book.place[slot] = Place.held;
      lane.held.lend(address);
      return;
    }
    book.place[slot] = Place.vm;
    if (route.isMesh) {
      this.inMesh[lane.mesh]++;
      lane.lendToPath(address);
    } else lane.lend(address, route.isTogether ? placeOf(route, direction, hop) : 0);
  }

  /** A VM has returned packets that were lent to it: on to the next hop, or wherever their verdicts say. */
  returned(lane: Lane, addresses: Uint32Array, count: number): void {
    const { region } = this.#shop;
    for (let k = 0; k < count;) {
      const end = this.#runs.passing(addresses, k, count);
      if (end === k || !this.#passOn(lane, addresses, k, end)) {
        this.#judge(lane, addresses[k], region.slotIndex(addresses[k]));
        k++;
      } else k = end;
    }
    this.inVms -= count;
    this.hops += count;
  }

  /**
   * Most packets are forwarded, are sound, and have a VM before them that stands: those that go the same way move on
   * together. False, with nothing done, when they cannot.
   */
  #passOn(lane: Lane, addresses: Uint32Array, from: number, end: number): boolean {
    const { region, headers, book, lanes, classification } = this.#shop;
    const slot = region.slotIndex(addresses[from]);
    const way = book.way[slot];
    const route = classification.routes[pathOfWay(way)];
    const isForward = directionOfWay(way) === Direction.forward;
    const hop = hopOfWay(way);
    const egress = headers.u8[(slot << 6) + HeaderOffset.egressPort];
    if (egress >= this.#stagedCounts.length || (route.isTogether && hop !== 0)) return false;
    const next = route.isTogether ? route.hops : hop + 1;
    const count = end - from;
    if (next === route.hops) this.#stageBurst(addresses, from, end, egress);
    else {
      const after = lanes[isForward ? route.forward[next] : route.reverse[next]];
      if (!after.alive || after.holding) return false;
      this.#runs.nextHop(addresses, from, end);
      this.inVms += count;
      after.lendBurst(addresses, from, count, 0);
    }
    const last = lane.blocks.length - 1;
    if (isForward) lane.countPassed(0, last, count);
    else lane.countPassed(last, 0, count);
    return true;
  }

  /**
   * A VM of a mesh has returned packets: at the end of their path, dropped, answered, or for want of a row. Their hops were
   * checked and are in the book; the VMs count for themselves what passes them.
   */
  returnedFromMesh(lane: Lane, addresses: Uint32Array, count: number): void {
    const { region, headers, book, classification } = this.#shop;
    const { u8, u16 } = headers;
    this.inVms -= count;
    this.hops += count;
    for (let k = 0; k < count; k++) {
      const end = this.#runs.passing(addresses, k, count);
      if (end > k && this.#passOut(lane, addresses, k, end)) {
        k = end - 1;
        continue;
      }
      const address = addresses[k];
      const slot = region.slotIndex(address);
      const at8 = slot << 6;
      const kind = u8[at8 + HeaderOffset.verdict];
      const reason = u16[(slot << 5) + (HeaderOffset.dropReason >> 1)];
      this.inMesh[lane.mesh]--;
      if (!this.isSane(slot, kind, reason)) {
        lane.counters[Cell.drops + TX_BOUNDS_INVALID]++;
        this.drop(address, slot, TX_BOUNDS_INVALID);
        continue;
      }
      if ((u8[at8 + HeaderOffset.parseFlags] & ParseFlag.tuplePublished) !== 0) this.#installAlias(address, slot);
      if (kind === VerdictKind.forward) {
        if (book.hopOf(slot) + 1 < classification.routes[book.pathOf(slot)].hops) lane.misses++;
        this.goTo(address, slot, book.hopOf(slot) + 1);
        continue;
      }
      lane.counters[Cell.drops + reason]++;
      if (kind === VerdictKind.drop) this.drop(address, slot, reason);
      else this.#answer(address, slot, reason);
    }
  }

  /** Packets of a mesh that go the same way are at the end of their path. False, with nothing done, when they are not. */
  #passOut(lane: Lane, addresses: Uint32Array, from: number, end: number): boolean {
    const { region, headers, book, classification } = this.#shop;
    const slot = region.slotIndex(addresses[from]);
    const way = book.way[slot];
    const egress = headers.u8[(slot << 6) + HeaderOffset.egressPort];
    if (egress >= this.#stagedCounts.length || hopOfWay(way) + 1 < classification.routes[pathOfWay(way)].hops) return false;
    this.inMesh[lane.mesh] -= end - from;
    this.#stageBurst(addresses, from, end, egress);
    return true;
  }

  /** The long way, for any packet that was returned. */
  #judge(lane: Lane, address: number, slot: number): void {
    const { headers, book, classification } = this.#shop;
    const { u8, u16 } = headers;
    const at8 = slot << 6;
    const kind = u8[at8 + HeaderOffset.verdict];
    const reason = u16[(slot << 5) + (HeaderOffset.dropReason >> 1)];
    const route = classification.routes[book.pathOf(slot)];
    const direction = book.directionOf(slot);
    const lent = book.hopOf(slot);
    // Functions that run together say which of them decided.
    let hop = lent;
    if (route.isTogether) hop = kind === VerdictKind.forward ? route.hops - 1 : u8[at8 + HeaderOffset.hop];
    if (hop < lent || hop >= route.hops || !this.isSane(slot, kind, reason)) {
      const block = lane.blocks[route.isTogether ? placeOf(route, direction, lent) : 0];
      block[Cell.returned]++;
      block[Cell.drops + TX_BOUNDS_INVALID]++;
      this.drop(address, slot, TX_BOUNDS_INVALID);
      return;
    }
    const place = route.isTogether ? placeOf(route, direction, hop) : 0;
    lane.countPassed(route.isTogether ? placeOf(route, direction, lent) : 0, place, 1);
    book.setHop(slot, hop);
    if ((u8[at8 + HeaderOffset.parseFlags] & ParseFlag.tuplePublished) !== 0) this.#installAlias(address, slot);
    if (kind === VerdictKind.forward) {
      this.goTo(address, slot, hop + 1);
      return;
    }
    lane.blocks[place][Cell.drops + reason]++;
    if (kind === VerdictKind.drop) this.drop(address, slot, reason);
    else this.#answer(address, slot, reason);
  }

  /** Bounds of what a VM may have written: the packet inside its slot, a verdict and a reason that exist. */
  isSane(slot: number, kind: number, reason: number): boolean {
    const { region, headers, ports, dropNames } = this.#shop;
    const offset = headers.u32[slot << 4];
    const length = headers.u32[(slot << 4) + 1];
    if (length === 0 || offset > region.slotBytes || length > region.slotBytes - offset) return false;
    if (headers.u8[(slot << 6) + HeaderOffset.egressPort] >= ports.length) return false;
    if (kind === VerdictKind.forward) return true;
    return kind <= VerdictKind.reply && reason >= FIRST_DECLARED_DROP && reason < dropNames.length;
  }

  drop(address: number, slot: number, reason: number): void {
    const { book, portCounters, classification, watch } = this.#shop;
    if (watch.isOn) watch.dropped(address, slot, reason);
    portCounters[book.ingress[slot]][Cell.drops + reason]++;
    classification.settle(book.connection[slot], book.flowId[slot], reason);
    this.#home(address, slot);
  }

  /** Takes back what a port has sent. */
  collectCompletions(port: number): number {
    const { region, ports, portCounters, book, pool, watch } = this.#shop;
    const batch = this.#batch;
    const count = ports[port].complete(batch, batch.length);
    for (let k = 0; k < count;) {
      const end = this.#runs.sent(batch, k, count);
      if (end === k) {
        this.#notTransmitted(batch[k], region.slotIndex(batch[k]));
        k++;
        continue;
      }
      portCounters[port][Cell.transmitted] += end - k;
      portCounters[port][Cell.transmittedBytes] += this.#runs.sentBytes();
      if (this.#portsSettle) for (let at = k; at < end; at++) ports[book.ingress[region.slotIndex(batch[at])]].settled(batch[at]);
      if (watch.isOn) watch.sent(batch, k, end);
      pool.freeBurst(batch, k, end);
      k = end;
    }
    return count;
  }

  /** Gives a port what has come to the end of its path. */
  transmitStaged(port: number): void {
    const count = this.#stagedCounts[port];
    if (count === 0) return;
    this.#stagedCounts[port] = 0;
    this.#shop.ports[port].transmit(this.#staged[port], count);
  }

  /** The same for packets of one way, whose verdicts were looked at. */
  #stageBurst(addresses: Uint32Array, from: number, end: number, port: number): void {
    this.#runs.setPlace(addresses, from, end, Place.sending);
    const staged = this.#staged[port];
    let count = this.#stagedCounts[port];
    for (let k = from; k < end; k++) {
      if (count === staged.length) {
        this.#stagedCounts[port] = count;
        this.transmitStaged(port);
        count = 0;
      }
      staged[count++] = addresses[k];
    }
    this.#stagedCounts[port] = count;
  }

  #stage(address: number, slot: number): void {
    const { u8 } = this.#shop.headers;
    const port = u8[(slot << 6) + HeaderOffset.egressPort];
    const at = (slot << 6) + HeaderOffset.verdict;
    if (u8[at] !== VerdictKind.forward) u8[at] = VerdictKind.forward;
    if (this.#stagedCounts[port] === this.#staged[port].length) this.transmitStaged(port);
    this.#shop.book.place[slot] = Place.sending;
    this.#staged[port][this.#stagedCounts[port]++] = address;
  }

  /** A port in a thread of its own completes what it could not send too, and says so as a VM does: by a verdict. */
  #notTransmitted(address: number, slot: number): void {
    const { headers, book, classification } = this.#shop;
    const kind = headers.u8[(slot << 6) + HeaderOffset.verdict];
    const reason = headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)];
    if (reason === 0 || reason >= FIRST_DECLARED_DROP) this.drop(address, slot, EGRESS_FAILED);
    else if (kind === VerdictKind.reply) {
      // It has passed every hop of its path, and goes back by all of them.
      book.setHop(slot, classification.routes[book.pathOf(slot)].hops);
      this.#answer(address, slot, reason);
    } else this.drop(address, slot, reason);
  }

  /** The network function has given the packet's flow another tuple: from now on it leads to the same connection. */
  #installAlias(address: number, slot: number): void {
    const { region, headers, book, classification } = this.#shop;
    headers.u8[(slot << 6) + HeaderOffset.parseFlags] &= ~ParseFlag.tuplePublished;
    const start = address + headers.u32[slot << 4];
    // Where the headers lie is the VM's word until they have been parsed again.
    parsePacket(region.bytes, start, headers.u32[(slot << 4) + 1], headers, slot);
    classification.alias(region.bytes, start, slot, book.connection[slot], book.flowId[slot]);
  }

  /**
   * The packet was rewritten into an answer: what it was is dropped, what it is was originated here, and it travels back
   * by the VMs that it came through, out of the port that it came in by.
   */
  #answer(address: number, slot: number, reason: number): void {
    const { region, headers, book, portCounters, classification, watch } = this.#shop;
    if (watch.isOn) watch.answered(address, slot, reason);
    const ingress = book.ingress[slot];
    portCounters[ingress][Cell.drops + reason]++;
    portCounters[ingress][Cell.originated]++;
    classification.settle(book.connection[slot], book.flowId[slot], reason);
    const { u8, u16, u32 } = headers;
    // An answer is finished: what was left undone of the packet that it was is gone.
    u8[(slot << 6) + HeaderOffset.parseFlags] &= ~ParseFlag.offload;
    parsePacket(region.bytes, address + u32[slot << 4], u32[(slot << 4) + 1], headers, slot);
    u8[(slot << 6) + HeaderOffset.verdict] = VerdictKind.forward;
    u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = 0;
    const { hops } = classification.routes[book.pathOf(slot)];
    const back = book.directionOf(slot) === Direction.forward ? Direction.reverse : Direction.forward;
    book.setDirection(slot, back);
    u8[(slot << 6) + HeaderOffset.direction] = back;
    u8[(slot << 6) + HeaderOffset.egressPort] = ingress;
    // Hop h one way is hop n-1-h the other way; the next one there is n-h.
    this.goTo(address, slot, hops - book.hopOf(slot));
  }

  /** The packet is through: its slot is free again. */
  #home(address: number, slot: number): void {
    const { book, ports, pool } = this.#shop;
    if (this.#portsSettle) ports[book.ingress[slot]].settled(address);
    book.place[slot] = Place.pool;
    book.connection[slot] = -1;
    pool.free(address);
  }
}
