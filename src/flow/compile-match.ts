/** Hot: no allocation, no throw; reads only what the views offer. A `Match` made ready for packets. */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HEADER_BYTES_LOG2, HeaderOffset } from '../memory/slot-layout.js';
import type { Packet } from '../packet/packet.js';
import { AddressMatcher } from './address-matcher.js';
import type { Match, Matcher as MatcherOf, PortRange } from './match.js';
import { destinationPort, dscp, etherType, ipProtocol, ipVersion, sourcePort, vlanId } from './packet-fields.js';

export type Matcher = MatcherOf<Packet>;

/** One bit for each field that a match names, cheapest first: the order in which they are checked. */
const Check = {
  ingressPort: 1 << 0,
  version: 1 << 1,
  protocol: 1 << 2,
  etherType: 1 << 3,
  fragment: 1 << 4,
  vlan: 1 << 5,
  sourceMac: 1 << 6,
  destinationMac: 1 << 7,
  destinationPorts: 1 << 8,
  sourcePorts: 1 << 9,
  addresses: 1 << 10,
  tcpFlags: 1 << 11,
  icmp: 1 << 12,
  dscp: 1 << 13,
} as const;

/** A VLAN tag has 12 bits of id (IEEE 802.1Q). */
const VLAN_IDS = 4096;
/** Wanted IP version that stands for both. */
const ANY_VERSION = 0;

/**
 * Makes a match ready for packets.
 * @param headers needed only by a match on `ingressPort`, which stands in the slot header.
 * @throws RangeError when the match names `ingressPort` and there are no headers.
 */
export function compileMatch(match: Match, headers?: SlotHeaders): Matcher {
  return new CompiledMatch(match, headers ?? null);
}

class CompiledMatch implements Matcher {
  readonly #checks: number;
  readonly #headers: Uint8Array | null;
  readonly #ingressPort: number;
  readonly #version: number;
  /** Bit n is set when protocol n is wanted. */
  readonly #protocols: Int32Array;
  readonly #etherType: number;
  readonly #fragment: Match['fragment'];
  readonly #vlans: Int32Array;
  readonly #sourceMacs: Float64Array;
  readonly #destinationMacs: Float64Array;
  readonly #sourcePorts: Int32Array;
  readonly #destinationPorts: Int32Array;
  readonly #source: AddressMatcher | null;
  readonly #destination: AddressMatcher | null;
  readonly #flagMask: number;
  readonly #flagValue: number;
  readonly #icmpTypes: Int32Array | null;
  readonly #icmpCodes: Int32Array | null;
  readonly #dscps: Int32Array;

  constructor(match: Match, headers: SlotHeaders | null) {
    if (match.ingressPort !== undefined && headers === null) throw new RangeError('a match on ingressPort needs the slot headers');
    this.#headers = headers?.u8 ?? null;
    this.#ingressPort = match.ingressPort ?? -1;
    this.#version = match.version === undefined || match.version === 'any' ? ANY_VERSION : match.version;
    this.#protocols = bits(match.protocol ?? []);
    this.#etherType = match.etherType ?? -1;
    this.#fragment = match.fragment;
    this.#vlans = bits(match.vlan ?? [], VLAN_IDS);
    this.#sourceMacs = Float64Array.from(match.sourceMac ?? []);
    this.#destinationMacs = Float64Array.from(match.destinationMac ?? []);
    this.#sourcePorts = bounds(match.sourcePorts ?? []);
    this.#destinationPorts = bounds(match.destinationPorts ?? []);
    this.#source = match.source === undefined ? null : new AddressMatcher(match.source);
    this.#destination = match.destination === undefined ? null : new AddressMatcher(match.destination);
    this.#flagMask = match.tcpFlags?.mask ?? 0;
    this.#flagValue = (match.tcpFlags?.value ?? 0) & this.#flagMask;
    this.#icmpTypes = match.icmpType === undefined ? null : bits(match.icmpType);
    this.#icmpCodes = match.icmpCode === undefined ? null : bits(match.icmpCode);
    this.#dscps = bits(match.dscp ?? []);
    this.#checks = checksOf(match);
  }

  matches(packet: Packet): boolean {
    const checks = this.#checks;
    if ((checks & Check.ingressPort) !== 0 && this.#headers![(packet.slotIndex << HEADER_BYTES_LOG2) + HeaderOffset.ingressPort] !== this.#ingressPort) return false;
    if ((checks & Check.version) !== 0) {
      const version = ipVersion(packet);
      if (this.#version === ANY_VERSION ? version === -1 : version !== this.#version) return false;
    }
    if ((checks & Check.protocol) !== 0 && !hasBit(this.#protocols, ipProtocol(packet))) return false;
    if ((checks & Check.etherType) !== 0 && etherType(packet) !== this.#etherType) return false;
    if ((checks & Check.fragment) !== 0 && !this.#isFragment(packet)) return false;
    if ((checks & Check.vlan) !== 0 && !hasBit(this.#vlans, vlanId(packet))) return false;
    if ((checks & (Check.sourceMac | Check.destinationMac)) !== 0 && !this.#isBetweenMacs(packet)) return false;
    if ((checks & Check.destinationPorts) !== 0 && !isWithin(this.#destinationPorts, destinationPort(packet))) return false;
    if ((checks & Check.sourcePorts) !== 0 && !isWithin(this.#sourcePorts, sourcePort(packet))) return false;
    if ((checks & Check.addresses) !== 0 && !this.#isBetween(packet)) return false;
    if ((checks & Check.tcpFlags) !== 0) {
      const tcp = packet.tcp();
      if (tcp === null || (tcp.flags & this.#flagMask) !== this.#flagValue) return false;
    }
    if ((checks & Check.icmp) !== 0 && !this.#isIcmp(packet)) return false;
    return (checks & Check.dscp) === 0 || hasBit(this.#dscps, dscp(packet));
  }

  #isFragment(packet: Packet): boolean {
    if (ipVersion(packet) === -1) return false;
    const wanted = this.#fragment;
    if (wanted === 'none') return !packet.isFragment;
    if (wanted === 'later') return packet.isLaterFragment;
    return packet.isFragment && !(wanted === 'first' && packet.isLaterFragment);
  }

  #isBetweenMacs(packet: Packet): boolean {
    const ethernet = packet.ethernet();
    if (ethernet === null) return false;
    if ((this.#checks & Check.destinationMac) !== 0 && !this.#destinationMacs.includes(ethernet.destination)) return false;
    return (this.#checks & Check.sourceMac) === 0 || this.#sourceMacs.includes(ethernet.source);
  }

  #isBetween(packet: Packet): boolean {
    const source = this.#source;
    const destination = this.#destination;
    const ipv4 = packet.ipv4();
    if (ipv4 !== null) return (source === null || source.hasIpv4(ipv4.source)) && (destination === null || destination.hasIpv4(ipv4.destination));
    const ip = packet.ipv6();
    if (ip === null) return false;
    if (source !== null && !source.hasIpv6(ip.sourceWord(0), ip.sourceWord(1), ip.sourceWord(2), ip.sourceWord(3))) return false;
    return (
      destination === null || destination.hasIpv6(ip.destinationWord(0), ip.destinationWord(1), ip.destinationWord(2), ip.destinationWord(3))
    );
  }

  #isIcmp(packet: Packet): boolean {
    const icmp = packet.icmp() ?? packet.icmpv6();
    if (icmp === null || (this.#icmpTypes !== null && !hasBit(this.#icmpTypes, icmp.type))) return false;
    return this.#icmpCodes === null || hasBit(this.#icmpCodes, icmp.code);
  }
}

function checksOf(match: Match): number {
  let checks = 0;
  if (match.ingressPort !== undefined) checks |= Check.ingressPort;
  if (match.version !== undefined) checks |= Check.version;
  if (match.protocol !== undefined) checks |= Check.protocol;
  if (match.etherType !== undefined) checks |= Check.etherType;
  if (match.fragment !== undefined) checks |= Check.fragment;
  if (match.vlan !== undefined) checks |= Check.vlan;
  if (match.sourceMac !== undefined) checks |= Check.sourceMac;
  if (match.destinationMac !== undefined) checks |= Check.destinationMac;
  if (match.sourcePorts !== undefined) checks |= Check.sourcePorts;
  if (match.destinationPorts !== undefined) checks |= Check.destinationPorts;
  if (match.source !== undefined || match.destination !== undefined) checks |= Check.addresses;
  if (match.tcpFlags !== undefined) checks |= Check.tcpFlags;
  if (match.icmpType !== undefined || match.icmpCode !== undefined) checks |= Check.icmp;
  if (match.dscp !== undefined) checks |= Check.dscp;
  return checks;
}

/** Numbers 0 … `count` - 1 as a set of bits. */
function bits(numbers: readonly number[], count = 256): Int32Array {
  const words = new Int32Array(count >>> 5);
  for (const number of numbers) words[number >>> 5] |= 1 << (number & 31);
  return words;
}

function hasBit(words: Int32Array, number: number): boolean {
  return number >= 0 && (words[number >>> 5] & (1 << (number & 31))) !== 0;
}

function bounds(ranges: readonly PortRange[]): Int32Array {
  return Int32Array.from(ranges.flatMap(({ from, to }) => [from, to]));
}

function isWithin(ranges: Int32Array, port: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) if (port >= ranges[at] && port <= ranges[at + 1]) return true;
  return false;
}
