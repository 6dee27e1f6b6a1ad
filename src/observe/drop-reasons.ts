/**
 * Every reason for which a packet may be dropped, in one closed list. Reasons of network functions are declared in
 * their definitions and numbered after these when a configuration is started. A test holds the list against the docs.
 */
export const BUILT_IN_DROPS = [
  { name: 'no-path', why: 'no service path matched the packet at ingress' },
  { name: 'packet-too-long', why: 'the packet does not fit a slot' },
  { name: 'packet-empty', why: 'the packet has no bytes: its capture kept none' },
  { name: 'tx-pointer-invalid', why: 'a VM lost this packet by returning another address in its place' },
  { name: 'tx-bounds-invalid', why: 'a VM returned a data offset, length, verdict or port outside the allowed bounds' },
  { name: 'nf-crash', why: 'the network function threw or its worker died while it held this packet' },
  { name: 'chain-stopped', why: 'the chain was stopped, or could not go on after a crash, before the packet was through' },
  { name: 'link-type-mismatch', why: 'the egress file has another link type, and its format allows only one' },
  { name: 'egress-failed', why: 'the egress port could not write the packet' },
  { name: 'no-free-slot', why: 'it arrived at a live port while no slot was free' },
  { name: 'ingress-overflow', why: 'the system dropped it in front of a live port that did not keep up' },
  { name: 'offload-invalid', why: 'what the interface said of its unfinished checksum or length cannot be true' },
  { name: 'tunnel-malformed', why: 'a tunnel datagram is too short for its headers, or its header says so itself' },
  { name: 'tunnel-vni', why: 'a tunnel datagram belongs to another virtual network' },
  { name: 'tunnel-peer', why: 'a tunnel datagram comes from an address that is not the peer' },
  { name: 'mtu-exceeded', why: 'the packet is longer than the egress interface takes' },
  { name: 'port-down', why: 'the egress port is down, or its thread has ended' },
  { name: 'taken-by-router', why: 'it was for the router itself: ARP, neighbour discovery or an echo request' },
  { name: 'not-for-router', why: "a router's leg received a frame for another hardware address" },
  { name: 'not-routable', why: 'a router forwards unicast IPv4 and IPv6 packets between hosts alone' },
  { name: 'ip-header-invalid', why: 'its IP header cannot be true, or its checksum is wrong' },
  { name: 'router-destination', why: 'it goes to an address of the router, and no program listens there' },
  { name: 'router-no-route', why: 'no route leads to its destination by the port that its path ends at' },
  { name: 'router-ttl', why: 'its TTL or hop limit came to an end here' },
  { name: 'neighbour-unresolved', why: 'its next hop did not answer ARP or neighbour discovery' },
  { name: 'neighbour-queue-full', why: 'too many packets wait for a next hop' },
] as const;

export type BuiltInDrop = (typeof BUILT_IN_DROPS)[number]['name'];

/** Number of the first drop reason declared by a network function; 0 means no reason. */
export const FIRST_DECLARED_DROP = 32;
/** Most drop reasons in one runtime, built in and declared: bounds the counter blocks. */
export const MAX_DROP_REASONS = 256;

/** Number of a built-in drop reason: its place in the list, from 1. */
export function builtInDrop(name: BuiltInDrop): number {
  return 1 + BUILT_IN_DROPS.findIndex((reason) => reason.name === name);
}

/** Names by number, built in and declared, as one runtime uses them. */
export class DropReasons {
  readonly names: string[] = [];

  constructor(declared: Iterable<string> = []) {
    this.names[0] = 'none';
    BUILT_IN_DROPS.forEach((reason, at) => (this.names[at + 1] = reason.name));
    for (const name of declared) if (!this.names.includes(name)) this.names[this.#next()] = name;
    if (this.names.length > MAX_DROP_REASONS) throw new RangeError(`at most ${MAX_DROP_REASONS} drop reasons, found ${this.names.length}`);
  }

  #next(): number {
    return Math.max(FIRST_DECLARED_DROP, this.names.length);
  }

  number(name: string): number {
    return this.names.indexOf(name);
  }
}
