/** Which prefixes a leg knows, and what is to become of packets to them. Made once, at start. */
import { isLinkLocal, isMapped, type AddressWords, type Legs } from './leg.js';

export const RouteKind = {
  /** On the link: the destination is its own next hop. */
  connected: 0,
  via: 1,
  /** An address of the router itself. */
  local: 2,
  /** Of a network on this link: packets to all of its hosts are not forwarded (RFC 2644). */
  broadcast: 3,
  /** In the network of another leg, which the path does not lead to. */
  elsewhere: 4,
} as const;

export interface Route {
  words: AddressWords;
  length: number;
  kind: number;
  via: AddressWords | null;
}

const ALL_BITS = 128;

/** The first `length` bits of four words, as int32. */
export function maskOf(length: number): [number, number, number, number] {
  const word = (k: number): number => {
    const bits = length - 32 * k;
    return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
  };
  return [word(0), word(1), word(2), word(3)];
}

function masked(words: AddressWords, length: number): AddressWords {
  const mask = maskOf(length);
  return [(words[0] & mask[0]) >>> 0, (words[1] & mask[1]) >>> 0, (words[2] & mask[2]) >>> 0, (words[3] & mask[3]) >>> 0];
}

/** The prefixes that the leg of port `own` knows, each once. What comes first stays: what is the router's own, then this leg's routes and networks, then other legs'. */
export function routesOf(legs: Legs, own: number): Route[] {
  const routes = new Map<string, Route>();
  const add = (words: AddressWords, length: number, kind: number, via: AddressWords | null = null): void => {
    const prefix = masked(words, length);
    const key = `${prefix.join()}/${length}`;
    if (!routes.has(key)) routes.set(key, { words: prefix, length, kind, via });
  };
  for (const leg of legs) for (const { words } of leg?.addresses ?? []) add(words, ALL_BITS, RouteKind.local);
  const { addresses, routes: configured } = legs[own]!;
  for (const { words, length } of addresses) {
    // A /31 has no broadcast address (RFC 3021).
    if (isMapped(words) && length < ALL_BITS - 1) add([words[0], words[1], words[2], (words[3] | ~maskOf(length)[3]) >>> 0], ALL_BITS, RouteKind.broadcast);
  }
  for (const { words, length, via } of configured) add(words, length, via === null ? RouteKind.connected : RouteKind.via, via);
  for (const { words, length } of addresses) if (!isLinkLocal(words)) add(words, length, RouteKind.connected);
  for (const leg of legs) for (const { words, length } of leg?.addresses ?? []) if (!isLinkLocal(words)) add(words, length, RouteKind.elsewhere);
  return [...routes.values()];
}
