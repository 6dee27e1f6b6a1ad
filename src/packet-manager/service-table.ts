/**
 * The service flow table of direct routing: one table, of which each VM has its own share. A row says to which VM the packets
 * of a route go from a VM. Users see one table; the manager, its only writer, writes the shares.
 */
import { Direction } from '../memory/slot-layout.js';
import { SHARE_ROUTES, shareOf, shareRow } from '../vnic/mesh.js';
import type { Lane } from './lane.js';
import { vmAt, type Route } from './route.js';

/** A row as people see it. */
export interface ServiceRow {
  /** Name of the path's chain, and the number of the route among all that there are. */
  chain: string;
  route: number;
  direction: 'forward' | 'reverse';
  /** The VM whose share it is in, and the VM that packets go to; null: to the manager, which decides. */
  vm: string;
  next: string | null;
}

export class ServiceTable {
  readonly #lanes: readonly Lane[];
  readonly #shares: (Uint32Array | null)[];
  /** Every row that has been installed, in force or not. */
  readonly #rows: { route: number; direction: number; from: number; to: number; chain: string }[] = [];

  constructor(buffer: ArrayBufferLike, lanes: readonly Lane[]) {
    this.#lanes = lanes;
    this.#shares = lanes.map(({ link }) => (link.mesh === undefined ? null : shareOf(buffer, link.mesh.shareOffset)));
  }

  /** Writes the rows of a new route. No packet of it exists yet. */
  install(route: Route, index: number): void {
    if (!route.isMesh || index >= SHARE_ROUTES) return;
    for (const direction of route.twoWay ? [Direction.forward, Direction.reverse] : [Direction.forward]) {
      for (let hop = 0; hop + 1 < route.hops; hop++) {
        const row = { route: index, direction, from: vmAt(route, direction, hop), to: vmAt(route, direction, hop + 1), chain: route.name };
        this.#rows.push(row);
        this.#write(row, true);
      }
    }
  }

  /**
   * Takes a row out, or puts it back in. Its route must be at rest: packets that go another way could overtake.
   * @returns whether there is such a row.
   */
  edit(route: number, direction: number, vm: number, isPresent: boolean): boolean {
    const row = this.#rows.find((each) => each.route === route && each.direction === direction && each.from === vm);
    if (row === undefined) return false;
    this.#write(row, isPresent);
    return true;
  }

  /** The whole table. */
  list(): ServiceRow[] {
    return this.#rows.map(({ route, direction, from, to, chain }) => ({
      chain,
      route,
      direction: direction === Direction.forward ? 'forward' : 'reverse',
      vm: this.#lanes[from].link.name,
      next: this.#shares[from]![shareRow(route, direction)] === 0 ? null : this.#lanes[to].link.name,
    }));
  }

  #write(row: { route: number; direction: number; from: number; to: number }, isPresent: boolean): void {
    // Without a ring to it (a pair that no path had at the start), packets go by way of the manager.
    const output = this.#lanes[row.from].link.mesh!.outputs.findIndex(({ vm }) => vm === row.to);
    this.#shares[row.from]![shareRow(row.route, row.direction)] = isPresent ? output + 1 : 0;
  }
}
