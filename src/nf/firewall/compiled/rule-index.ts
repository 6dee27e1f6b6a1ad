/** Hot: no allocation. Finds, among compiled rules, those that a packet's addresses, ports, protocol and direction leave. */
import { Layer3 } from '../../../memory/slot-layout.js';
import { readInt32 } from '../../../packet/bytes.js';
import { IPV4_DESTINATION, IPV4_SOURCE } from '../../../packet/ipv4.js';
import { IPV6_DESTINATION, IPV6_SOURCE } from '../../../packet/ipv6.js';
import type { Packet } from '../../../packet/packet.js';
import { ARP_KIND, IPV6_KINDS, KINDS, OTHER_KIND, type CompiledRules } from './compile.js';

const NO_PORTS = 65536;
const IPV6_WORDS = 4;

export class RuleIndex {
  readonly #groups: number;
  readonly #index: Uint32Array;
  readonly #words: Uint32Array;
  readonly #rules: CompiledRules;
  /** Where the sets that the packet belongs to begin, in `#index`. */
  #kind = 0;
  #source = 0;
  #destination = 0;
  #sourcePort = 0;
  #destinationPort = 0;

  constructor(rules: CompiledRules) {
    this.#rules = rules;
    this.#groups = rules.bits.groups;
    this.#index = rules.bits.index;
    this.#words = rules.bits.words;
  }

  /**
   * Takes up a packet.
   * @param isReverse it counts as travelling in reverse.
   * @param isReply its source counts as the destination and the other way round.
   */
  begin(packet: Packet, isReverse: boolean, isReply: boolean): void {
    const rules = this.#rules;
    const stride = 2 * this.#groups;
    this.#kind = rules.kinds[(isReverse ? KINDS : 0) + kindOf(packet)] * stride;
    let sourcePort = NO_PORTS;
    let destinationPort = NO_PORTS;
    const tcp = packet.tcp();
    if (tcp !== null) {
      sourcePort = tcp.sourcePort;
      destinationPort = tcp.destinationPort;
    } else {
      const udp = packet.udp();
      if (udp !== null) {
        sourcePort = udp.sourcePort;
        destinationPort = udp.destinationPort;
      }
    }
    this.#sourcePort = rules.sourcePorts[isReply ? destinationPort : sourcePort] * stride;
    this.#destinationPort = rules.destinationPorts[isReply ? sourcePort : destinationPort] * stride;
    const { bytes } = packet;
    const ip = packet.start + packet.l3Offset;
    if (packet.ipv4() !== null) {
      const { sources4, destinations4 } = rules;
      this.#source = sources4.sets[place4(sources4.bounds, bytes, ip + (isReply ? IPV4_DESTINATION : IPV4_SOURCE))] * stride;
      this.#destination = destinations4.sets[place4(destinations4.bounds, bytes, ip + (isReply ? IPV4_SOURCE : IPV4_DESTINATION))] * stride;
      return;
    }
    const { sources6, destinations6 } = rules;
    const isIpv6 = packet.ipv6() !== null;
    this.#source = (isIpv6 ? sources6.sets[place6(sources6.bounds, bytes, ip + (isReply ? IPV6_DESTINATION : IPV6_SOURCE))] : sources6.none) * stride;
    this.#destination = (isIpv6 ? destinations6.sets[place6(destinations6.bounds, bytes, ip + (isReply ? IPV6_SOURCE : IPV6_DESTINATION))] : destinations6.none) * stride;
  }

  /** The first rule from `from` on that the packet's fields leave, or -1. */
  next(from: number): number {
    const index = this.#index;
    const words = this.#words;
    for (let group = from >>> 10; group < this.#groups; group++) {
      const at = 2 * group;
      const kind = this.#kind + at;
      const source = this.#source + at;
      const destination = this.#destination + at;
      const sourcePort = this.#sourcePort + at;
      const destinationPort = this.#destinationPort + at;
      let common = index[kind] & index[source] & index[destination] & index[sourcePort] & index[destinationPort];
      if (group === from >>> 10) common &= -1 << ((from >>> 5) & 31);
      while (common !== 0) {
        const lowest = common & -common;
        const below = lowest - 1;
        let bits =
          words[index[kind + 1] + ones(index[kind] & below)] &
          words[index[source + 1] + ones(index[source] & below)] &
          words[index[destination + 1] + ones(index[destination] & below)] &
          words[index[sourcePort + 1] + ones(index[sourcePort] & below)] &
          words[index[destinationPort + 1] + ones(index[destinationPort] & below)];
        const first = (group << 10) | ((31 - Math.clz32(lowest)) << 5);
        if (first < from) bits &= -1 << (from & 31);
        if (bits !== 0) return first | (31 - Math.clz32(bits & -bits));
        common &= ~lowest;
      }
    }
    return -1;
  }
}

function kindOf(packet: Packet): number {
  const l3 = packet.l3;
  if (l3 === Layer3.ipv4) return packet.l4;
  if (l3 === Layer3.ipv6) return IPV6_KINDS + packet.l4;
  return l3 === Layer3.arp ? ARP_KIND : OTHER_KIND;
}

/** Bits that are set (Hacker's Delight, section 5-1). */
function ones(word: number): number {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Place of the last bound that is not above the address that lies in the packet at `at`. The first bound is 0. */
function place4(bounds: Uint32Array, bytes: Uint8Array, at: number): number {
  const address = readInt32(bytes, at) >>> 0;
  let low = 0;
  let high = bounds.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (bounds[middle] <= address) low = middle;
    else high = middle;
  }
  return low;
}

function place6(bounds: Uint32Array, bytes: Uint8Array, address: number): number {
  let low = 0;
  let high = bounds.length / IPV6_WORDS;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isAtMost(bounds, middle * IPV6_WORDS, bytes, address)) low = middle;
    else high = middle;
  }
  return low;
}

function isAtMost(bounds: Uint32Array, at: number, bytes: Uint8Array, address: number): boolean {
  for (let k = 0; k < IPV6_WORDS; k++) {
    const word = readInt32(bytes, address + 4 * k) >>> 0;
    if (bounds[at + k] !== word) return bounds[at + k] < word;
  }
  return true;
}
