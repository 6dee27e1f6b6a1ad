/** Hot: no allocation. Slots that VMs have for packets of their own making: given as spares, taken back as packets. */
import { Direction, HeaderOffset, VerdictKind } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import type { Forwarder, Shop } from './forwarder.js';
import type { Lane } from './lane.js';
import { hopOf, placeOf, vmAt } from './route.js';
import { Place, wayOf } from './slot-book.js';

export class Allowance {
  readonly #shop: Shop;
  readonly #forwarder: Forwarder;
  readonly #slots: number;
  readonly #batch: Uint32Array;

  /** @param slots of each VM. */
  constructor(shop: Shop, forwarder: Forwarder, slots: number) {
    this.#shop = shop;
    this.#forwarder = forwarder;
    this.#slots = slots;
    this.#batch = new Uint32Array(shop.burst);
  }

  /** Gives the VM as many empty slots as it lacks and the pool has. */
  topUp(lane: Lane): void {
    const { given, spares } = lane.peer;
    if (given.count >= this.#slots || lane.holding) return;
    const { pool, book, region } = this.#shop;
    const granted = pool.take(this.#batch, Math.min(this.#slots - given.count, this.#batch.length));
    for (let k = 0; k < granted; k++) {
      given.lend(this.#batch[k]);
      book.place[region.slotIndex(this.#batch[k])] = Place.spare;
    }
    spares.pushBurst(this.#batch, 0, granted);
    spares.publish();
  }

  /** Takes the packets that the VM has made; returns how many. They start behind it on the path that it names. */
  collect(lane: Lane): number {
    if (lane.peer.fromMade.isEmpty()) return 0;
    const count = lane.peer.fromMade.take(this.#batch, this.#batch.length);
    for (let k = 0; k < count; k++) {
      if (lane.peer.given.accept(this.#batch[k])) this.#start(lane, this.#batch[k]);
      else lane.counters[Cell.invalidReturns]++;
    }
    return count;
  }

  /** The VM is gone: its empty slots are free again. */
  takeBack(lane: Lane): void {
    const { given } = lane.peer;
    for (let address = given.takeBack(); address >= 0; address = given.takeBack()) this.#free(address);
  }

  #start(lane: Lane, address: number): void {
    const { region, headers, book, classification, portCounters } = this.#shop;
    const slot = region.slotIndex(address);
    const path = headers.u16[(slot << 5) + (HeaderOffset.path >> 1)];
    const direction = headers.u8[(slot << 6) + HeaderOffset.direction];
    // The VM's word, so checked: a path that exists, and that this VM is on at that hop.
    const route = path < classification.routes.length && direction <= Direction.reverse ? classification.routes[path] : null;
    let hop = headers.u8[(slot << 6) + HeaderOffset.hop];
    if (route !== null && !route.isTogether && !route.isMesh) hop = hopOf(route, direction, lane.index);
    if (route === null || hop < 0 || hop >= route.hops || vmAt(route, direction, hop) !== lane.index || !this.#forwarder.isSane(slot, VerdictKind.forward, 0)) {
      lane.counters[Cell.invalidReturns]++;
      this.#free(address);
      return;
    }
    const egress = direction === Direction.forward ? route.to : route.from;
    lane.blocks[route.isTogether ? placeOf(route, direction, hop) : 0][Cell.originated]++;
    portCounters[egress][Cell.originated]++;
    book.ingress[slot] = egress;
    book.connection[slot] = -1;
    book.way[slot] = wayOf(path, hop, direction);
    headers.u8[(slot << 6) + HeaderOffset.egressPort] = egress;
    this.#forwarder.goTo(address, slot, hop + 1);
  }

  #free(address: number): void {
    this.#shop.book.place[this.#shop.region.slotIndex(address)] = Place.pool;
    this.#shop.pool.free(address);
  }
}
