/**
 * What a classifier looks for in a packet: named fields, all optional, all of which must hold. Plain data: it survives
 * JSON, YAML and structured clone, and compiles (compile-match.ts) where packets are.
 */

/** Addresses with a common start. An IPv4 prefix has one word, an IPv6 prefix four, most significant first. */
export interface Prefix {
  readonly version: 4 | 6;
  readonly words: readonly number[];
  /** Bits that count: 0 … 32 or 0 … 128. */
  readonly length: number;
}

/** In any of the prefixes, or, negated, in none of them. Only an IP packet has addresses to be in or out. */
export interface AddressSet {
  readonly prefixes: readonly Prefix[];
  readonly negated: boolean;
}

/** Ports `from` … `to`, both included. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Bits of the TCP flags: those of `mask` must be as in `value`. */
export interface FlagMatch {
  readonly mask: number;
  readonly value: number;
}

/** `none`: not a fragment; `any`: first or later; `first`: carries the L4 header; `later`: does not. */
export type FragmentMatch = 'none' | 'any' | 'first' | 'later';

export interface Match {
  /** Index of the port the packet came in by. */
  readonly ingressPort?: number;
  /** Hardware addresses as 48-bit numbers; any of the list. Only Ethernet packets have them. */
  readonly sourceMac?: readonly number[];
  readonly destinationMac?: readonly number[];
  /** EtherType of the network layer, behind all VLAN tags. */
  readonly etherType?: number;
  /** Ids of the outermost VLAN tag; any of the list. */
  readonly vlan?: readonly number[];
  /** IP version; `any` is IPv4 or IPv6. */
  readonly version?: 4 | 6 | 'any';
  /** IP protocol numbers of the upper layer (behind IPv6 extension headers); any of the list. */
  readonly protocol?: readonly number[];
  readonly source?: AddressSet;
  readonly destination?: AddressSet;
  /** TCP or UDP ports; any of the ranges. A later fragment has no ports, so it does not match. */
  readonly sourcePorts?: readonly PortRange[];
  readonly destinationPorts?: readonly PortRange[];
  readonly tcpFlags?: FlagMatch;
  /** Types of ICMP, or of ICMPv6 in an IPv6 packet; any of the list. */
  readonly icmpType?: readonly number[];
  readonly icmpCode?: readonly number[];
  readonly fragment?: FragmentMatch;
  /** Differentiated services code points, 0 … 63 (RFC 2474 section 3); any of the list. */
  readonly dscp?: readonly number[];
}

/** Decides about a packet. Hot: no allocation, no throw, and no byte read outside the packet. */
export interface Matcher<Subject> {
  matches(packet: Subject): boolean;
}
