/** A service path as the manager goes by it: of a replicated chain, one route for each replica. */
import { Direction } from '../memory/slot-layout.js';
import type { PathRow } from './manager-spec.js';

export interface Route {
  readonly name: string;
  /** Indexes of ports. */
  readonly from: number;
  readonly to: number;
  readonly twoWay: boolean;
  /** Functions on the way. A packet's hop counts them from the first that it meets. */
  readonly hops: number;
  /** The VM of each hop, on the forward and on the reverse path. */
  readonly forward: readonly number[];
  readonly reverse: readonly number[];
  /** One VM runs all functions: a packet that it forwards has passed every one of them. */
  readonly isTogether: boolean;
  /** VMs hand packets on to each other. */
  readonly isMesh: boolean;
}

function routesOf({ name, from, to, twoWay, isMesh, replicas }: PathRow): Route[] {
  return replicas.map((vms) => {
    const isTogether = vms.length > 1 && new Set(vms).size === 1;
    return { name, from, to, twoWay, hops: vms.length, forward: vms, reverse: vms.toReversed(), isTogether, isMesh: isMesh && !isTogether };
  });
}

/**
 * All routes that ever were in force, by index: a changed policy adds routes, and old ones stay, for packets under way. Whoever
 * adds the same rows in the same order has the same indexes.
 */
export class RouteBook {
  readonly routes: Route[] = [];
  readonly #known = new Map<string, number>();

  /** The index of a row's first route, and the routes that are new. A row that was in force before is used again, so that routes do not pile up. */
  add(row: PathRow): { first: number; added: readonly Route[] } {
    const text = JSON.stringify(row);
    const known = this.#known.get(text);
    if (known !== undefined) return { first: known, added: [] };
    const first = this.routes.length;
    this.#known.set(text, first);
    const added = routesOf(row);
    this.routes.push(...added);
    return { first, added };
  }
}

/** The VM at a hop of a route. */
export function vmAt(route: Route, direction: number, hop: number): number {
  return direction === Direction.forward ? route.forward[hop] : route.reverse[hop];
}

/** The hop at which a route meets a VM that has one function; -1 when it does not. */
export function hopOf(route: Route, direction: number, vm: number): number {
  return (direction === Direction.forward ? route.forward : route.reverse).indexOf(vm);
}

/** Place of a hop's function in the chain, counted along the forward path. */
export function placeOf(route: Route, direction: number, hop: number): number {
  return direction === Direction.forward ? hop : route.hops - 1 - hop;
}
