/** The links of a chain by name, `inside>firewall`: from each end of a path to the next. Main thread. */
import { Direction } from '../../memory/slot-layout.js';
import type { PathRow } from '../../packet-manager/manager-spec.js';
import { RouteBook, placeOf, vmAt, type Route } from '../../packet-manager/route.js';
import { ANY_PORT, INGRESS, pointOf, type Points } from '../../watch/watch-spec.js';
import type { Layout } from '../layout.js';
import { oneOf } from '../place.js';
import { didYouMean } from '../suggest.js';

interface Link {
  readonly points: [number, number][];
  readonly answers: [number, number][];
}

export class Links {
  /** As the manager has it, because it is told the same rows in the same order. */
  readonly #book = new RouteBook();
  readonly #layout: Layout;
  readonly #links = new Map<string, Link>();

  constructor(layout: Layout) {
    this.#layout = layout;
    this.replacePaths(layout.manager.paths);
  }

  /** Other paths: packets under way are still on the links of the old ones, so those stay. */
  replacePaths(rows: readonly PathRow[]): void {
    for (const row of rows) {
      const { first, added } = this.#book.add(row);
      const directions = row.twoWay ? [Direction.forward, Direction.reverse] : [Direction.forward];
      for (const direction of directions) added.forEach((route, at) => { this.#addRoute(route, first + at, direction); });
    }
  }

  /** In the order of the paths, forward first. */
  get names(): readonly string[] {
    return [...this.#links.keys()];
  }

  /** A route as records name it. */
  route(index: number): Route | undefined {
    return this.#book.routes[index];
  }

  /** @throws Error when there is no such link; it says which there are. */
  pointsOf(name: string): { points: Points; answers: Points } {
    const link = this.#links.get(name);
    if (link !== undefined) return link;
    throw new Error(`there is no link '${name}'${didYouMean(name, this.names)}: found '${name}', expected ${oneOf(this.names)}`);
  }

  #addRoute(route: Route, index: number, direction: number): void {
    const { ports, vms } = this.#layout.manager;
    const [entry, exit] = direction === Direction.forward ? [route.from, route.to] : [route.to, route.from];
    const functions = Array.from({ length: route.hops }, (_, hop) => vms[vmAt(route, direction, hop)].functions[route.isTogether ? placeOf(route, direction, hop) : 0].name);
    const ends = [ports[entry].name, ...functions, ports[exit].name];
    for (let hop = INGRESS; hop < route.hops; hop++) {
      const isLast = hop === route.hops - 1;
      this.#link(ends[hop + 1], ends[hop + 2]).points.push([pointOf(index, direction, hop), isLast ? exit : ANY_PORT]);
    }
    for (let hop = 0; hop < route.hops; hop++) this.#link(ends[hop + 1], ends[hop]).answers.push([pointOf(index, direction, hop), ANY_PORT]);
    // What turns back leaves by the port that it came in by.
    if (route.hops > 0) this.#link(ends[route.hops], ends[0]).points.push([pointOf(index, direction, route.hops - 1), entry]);
  }

  #link(from: string, to: string): Link {
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) this.#links.set(name, (link = { points: [], answers: [] }));
    return link;
  }
}
