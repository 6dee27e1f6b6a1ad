/**
 * What the manager does about meshes as wholes: holds packets at their entry until all under way are home, so that a VM or a
 * row of the service table can be changed, and finds what a dead VM took with it. None of it is on the data path.
 *
 * At the entry only: what is under way goes through to its end, also by way of the manager. So at rest nothing of a mesh is
 * anywhere but in the lanes' holds, in order, and whatever changes then, no packet can overtake another.
 */
import { Cell } from '../observe/counters.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import type { Forwarder, Shop } from './forwarder.js';
import type { Lane } from './lane.js';
import { isMeshQuiet } from './mesh-lane.js';
import { Place } from './slot-book.js';

const CHAIN_STOPPED = builtInDrop('chain-stopped');

/** The VMs of a chain (all its replicas) that hand packets to each other. */
interface MeshGroup {
  readonly chain: string;
  readonly lanes: Lane[];
  /** What waits for the mesh to be at rest. */
  readonly waiting: (() => void)[];
  /** A VM of it died: what it had, and what others still send to it, does not come back. */
  hasDead: boolean;
  /** How many looks in a row found every ring empty. */
  quietLooks: number;
}

export class MeshControl {
  readonly #buffer: ArrayBufferLike;
  readonly #shop: Shop;
  readonly #forwarder: Forwarder;
  readonly #groups: MeshGroup[] = [];

  constructor(buffer: ArrayBufferLike, shop: Shop, forwarder: Forwarder) {
    this.#buffer = buffer;
    this.#shop = shop;
    this.#forwarder = forwarder;
    for (const lane of shop.lanes) {
      if (lane.link.mesh === undefined) continue;
      let at = this.#groups.findIndex(({ chain }) => chain === lane.link.chain);
      if (at < 0) at = this.#groups.push({ chain: lane.link.chain, lanes: [], waiting: [], hasDead: false, quietLooks: 0 }) - 1;
      lane.mesh = at;
      this.#groups[at].lanes.push(lane);
    }
  }

  /** Holds the mesh of a lane at its entry, and calls back when nothing of it is under way. */
  whenAtRest(lane: Lane, atRest: () => void): void {
    const group = this.#groups[lane.mesh];
    for (const each of group.lanes) each.holding = true;
    group.waiting.push(atRest);
  }

  /** Lets what waited go on, in the order in which it came. */
  release(lane: Lane): void {
    const { region, book } = this.#shop;
    const { lanes, waiting } = this.#groups[lane.mesh];
    if (waiting.length > 0) return;
    for (const each of lanes) {
      each.holding = false;
      for (let address = each.held.takeBack(); address >= 0; address = each.held.takeBack()) {
        this.#forwarder.inVms--;
        this.#forwarder.goTo(address, region.slotIndex(address), book.hopOf(region.slotIndex(address)));
      }
    }
  }

  /** A VM of the mesh is gone: whenever the others are quiet, what has not come back by then is with it. */
  search(lane: Lane): void {
    this.#groups[lane.mesh].hasDead = true;
  }

  /** Called once a poll: does what is due. */
  poll(): void {
    for (let mesh = 0; mesh < this.#groups.length; mesh++) {
      const group = this.#groups[mesh];
      if (this.#forwarder.inMesh[mesh] > 0) {
        if (group.hasDead) this.#lookForLost(mesh, group);
        continue;
      }
      group.quietLooks = 0;
      group.waiting.shift()?.();
    }
  }

  /** A look has found every ring empty: whether anything is lost is for the next one to say, before the manager sleeps. */
  get isLooking(): boolean {
    for (let mesh = 0; mesh < this.#groups.length; mesh++) if (this.#groups[mesh].quietLooks > 0) return true;
    return false;
  }

  #lookForLost(mesh: number, group: MeshGroup): void {
    const isQuiet = group.lanes.every((lane) => !lane.alive || isMeshQuiet(this.#buffer, lane));
    group.quietLooks = isQuiet ? group.quietLooks + 1 : 0;
    if (group.quietLooks < 2) return;
    group.quietLooks = 0;
    const { region, book, classification } = this.#shop;
    for (const slot of book.slotsAt(Place.vm)) {
      const route = classification.routes[book.pathOf(slot)];
      if (!route.isMesh || this.#shop.lanes[route.forward[0]].mesh !== mesh) continue;
      this.#forwarder.inVms--;
      this.#forwarder.inMesh[mesh]--;
      const dead = group.lanes.find((lane) => !lane.alive)!;
      dead.counters[Cell.drops + CHAIN_STOPPED]++;
      this.#forwarder.drop(region.address(slot), slot, CHAIN_STOPPED);
    }
  }

  /** Packets under way in each mesh, for the census. */
  underWay(): { name: string; addresses: number[] }[] {
    const { region, book, classification, lanes } = this.#shop;
    const found = this.#groups.map(({ chain }) => ({ name: chain, addresses: [] as number[] }));
    for (const slot of book.slotsAt(Place.vm)) {
      const route = classification.routes[book.pathOf(slot)];
      if (route.isMesh) found[lanes[route.forward[0]].mesh].addresses.push(region.address(slot));
    }
    return found;
  }
}
