/** Hot: `hold` does not allocate. What a rule asks of the packet and its flow beside their bytes, compiled. */
import type { Packet } from '../../../../packet/packet.js';
import { IpProtocol } from '../../../../packet/protocols.js';
import { applicationNumbers } from './header.js';
import type { AddressSet, NumberTest, Rule } from './rule.js';

const ANY = -1;
const ICMP = -2;
const TRANSPORT_NUMBERS: Readonly<Record<string, number>> = {
  tcp: IpProtocol.tcp, 'tcp-pkt': IpProtocol.tcp, 'tcp-stream': IpProtocol.tcp, udp: IpProtocol.udp, icmp: ICMP, icmpv6: IpProtocol.icmpv6,
};
const PROTOCOL_SET_WORDS = 8;
const V6_RANGE_WORDS = 8;

/** What is known of the packet at hand: filled once for each packet. */
export class Situation {
  toServer = true;
  /** Both ends have been heard. */
  established = false;
  /** Number of the flow's protocol, 0 when it is not known. */
  protocol = 0;
  sourcePort = 0;
  destinationPort = 0;
  payloadLength = 0;
  version = 4;
  ttl = 0;
  icmpType = 0;
  icmpCode = 0;
  source4 = 0;
  destination4 = 0;
  readonly source6 = new Uint32Array(4);
  readonly destination6 = new Uint32Array(4);

  /** @returns false when the packet is not IP. */
  readAddresses(packet: Packet): boolean {
    const ipv4 = packet.ipv4();
    if (ipv4 !== null) {
      this.version = 4;
      this.source4 = ipv4.source;
      this.destination4 = ipv4.destination;
      this.ttl = ipv4.ttl;
      return true;
    }
    const ipv6 = packet.ipv6();
    if (ipv6 === null) return false;
    this.version = 6;
    this.ttl = ipv6.hopLimit;
    for (let k = 0; k < 4; k++) {
      this.source6[k] = ipv6.sourceWord(k);
      this.destination6[k] = ipv6.destinationWord(k);
    }
    return true;
  }
}

export class Conditions {
  readonly #transport: number;
  readonly #version: number;
  /** Bits of protocols by number; null: any. */
  readonly #protocols: Uint32Array | null;
  readonly #direction: number;
  readonly #established: number;
  readonly #source: AddressSet;
  readonly #destination: AddressSet;
  readonly #sourcePorts: Uint16Array;
  readonly #destinationPorts: Uint16Array;
  readonly #bidirectional: boolean;
  readonly #dsize: NumberTest | null;
  readonly #ttl: NumberTest | null;
  readonly #itype: NumberTest | null;
  readonly #icode: NumberTest | null;

  constructor(rule: Rule, protocols: readonly number[]) {
    this.#transport = TRANSPORT_NUMBERS[rule.protocol] ?? ANY;
    this.#version = rule.protocol === 'ipv4' ? 4 : rule.protocol === 'ipv6' ? 6 : 0;
    const numbers = protocols.length > 0 ? protocols : applicationNumbers(rule.protocol);
    this.#protocols = numbers.length === 0 ? null : new Uint32Array(PROTOCOL_SET_WORDS);
    if (this.#protocols !== null) for (const number of numbers) this.#protocols[number >> 5] |= 1 << (number & 31);
    this.#direction = rule.direction === 'any' ? 0 : rule.direction === 'to-server' ? 1 : 2;
    this.#established = rule.state === 'any' ? 0 : rule.state === 'established' ? 1 : 2;
    this.#source = rule.source;
    this.#destination = rule.destination;
    this.#sourcePorts = rule.sourcePorts;
    this.#destinationPorts = rule.destinationPorts;
    this.#bidirectional = rule.bidirectional;
    this.#dsize = rule.dsize;
    this.#ttl = rule.ttl;
    this.#itype = rule.itype;
    this.#icode = rule.icode;
  }

  hold(packet: Packet, now: Situation): boolean {
    const l4 = packet.l4;
    if (this.#transport === ICMP ? l4 !== IpProtocol.icmp && l4 !== IpProtocol.icmpv6 : this.#transport !== ANY && this.#transport !== l4) return false;
    if (this.#version !== 0 && this.#version !== now.version) return false;
    if (this.#protocols !== null && (this.#protocols[now.protocol >> 5] & (1 << (now.protocol & 31))) === 0) return false;
    if (this.#direction !== 0 && (this.#direction === 1) !== now.toServer) return false;
    if (this.#established !== 0 && (this.#established === 1) !== now.established) return false;
    if (this.#dsize !== null && !passes(this.#dsize, now.payloadLength)) return false;
    if (this.#ttl !== null && !passes(this.#ttl, now.ttl)) return false;
    if (this.#itype !== null || this.#icode !== null) {
      if (l4 !== IpProtocol.icmp && l4 !== IpProtocol.icmpv6) return false;
      if (this.#itype !== null && !passes(this.#itype, now.icmpType)) return false;
      if (this.#icode !== null && !passes(this.#icode, now.icmpCode)) return false;
    }
    const ahead = hasPort(this.#sourcePorts, now.sourcePort) && hasPort(this.#destinationPorts, now.destinationPort)
      && this.#hasAddress(this.#source, now, true) && this.#hasAddress(this.#destination, now, false);
    if (ahead || !this.#bidirectional) return ahead;
    return hasPort(this.#sourcePorts, now.destinationPort) && hasPort(this.#destinationPorts, now.sourcePort)
      && this.#hasAddress(this.#source, now, false) && this.#hasAddress(this.#destination, now, true);
  }

  #hasAddress(set: AddressSet, now: Situation, isSource: boolean): boolean {
    if (set.any) return true;
    if (now.version === 4) return hasV4(set.v4, isSource ? now.source4 : now.destination4);
    return hasV6(set.v6, isSource ? now.source6 : now.destination6);
  }
}

function passes(test: NumberTest, value: number): boolean {
  return (value >= test.least && value <= test.most) !== test.negated;
}

function hasPort(bounds: Uint16Array, port: number): boolean {
  if (bounds.length === 0) return true;
  for (let at = 0; at < bounds.length; at += 2) if (port >= bounds[at] && port <= bounds[at + 1]) return true;
  return false;
}

function hasV4(bounds: Uint32Array, address: number): boolean {
  for (let at = 0; at < bounds.length; at += 2) if (address >= bounds[at] && address <= bounds[at + 1]) return true;
  return false;
}

function hasV6(bounds: Uint32Array, address: Uint32Array): boolean {
  for (let at = 0; at < bounds.length; at += V6_RANGE_WORDS) if (compare(address, bounds, at) >= 0 && compare(address, bounds, at + 4) <= 0) return true;
  return false;
}

function compare(address: Uint32Array, bounds: Uint32Array, at: number): number {
  for (let k = 0; k < 4; k++) if (address[k] !== bounds[at + k]) return address[k] < bounds[at + k] ? -1 : 1;
  return 0;
}
