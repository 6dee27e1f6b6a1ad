/** The links of a chain by name, `inside>firewall`: from each end of a path to the next. Main thread. */
import { Direction } from '../../memory/slot-layout.js';
import type { PathRow } from '../../packet-manager/manager-spec.js';
import { RouteBook, placeOf, vmAt, type Route } from '../../packet-manager/route.js';
import type { WatchedPacket } from '../../watch/record.js';
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
  /** Hop of the function behind which a point is. */
  readonly #hops = new Map<number, number>();

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

  /** How many functions the packet of a VM's record had passed on its way in that direction. */
  hopOf({ route, direction, function: functionIndex }: WatchedPacket): number {
    return this.#hops.get(pointOf(route, direction, functionIndex)) ?? Number.MAX_SAFE_INTEGER;
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
    const functions = Array.from({ length: route.hops }, (_, hop) => vms[vmAt(route, direction, hop)].functions[route.isTogether ? placeOf(route, direction, hop) : 0]);
    const ends = [ports[entry].name, ...functions.map(({ name }) => name), ports[exit].name];
    const points = [INGRESS, ...functions.map((each) => each.index)].map((each) => pointOf(index, direction, each));
    points.forEach((point, at) => this.#link(ends[at], ends[at + 1]).points.push([point, at === route.hops ? exit : ANY_PORT]));
    for (let at = 1; at < points.length; at++) this.#link(ends[at], ends[at - 1]).answers.push([points[at], ANY_PORT]);
    // What turns back leaves by the port that it came in by.
    if (route.hops > 0) this.#link(ends[route.hops], ends[0]).points.push([points[route.hops], entry]);
    functions.forEach((each, hop) => this.#hops.set(pointOf(index, direction, each.index), hop));
  }

  #link(from: string, to: string): Link {
    const name = `${from}>${to}`;
    let link = this.#links.get(name);
    if (link === undefined) this.#links.set(name, (link = { points: [], answers: [] }));
    return link;
  }
}
