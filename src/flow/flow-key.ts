/**
 * Hot: no allocation, no throw. The flow key of a packet: which connection it belongs to. Both directions give the same
 * words and the same hash, because the endpoints stand in order, not as sent; `isFromFirst` says who sent the packet.
 *
 *   word   bits     holds
 *   0      31…24    ICMP query: the request's type, 255 for other ICMP messages, 0 for all other protocols
 *          23…20    IP version
 *          19…12    IP protocol
 *          11…0     VLAN id of the outermost tag, 0 without
 *   1      31…16    port of the first endpoint
 *          15…0     port of the second endpoint
 *   2…5             address of the first endpoint, most significant word first; IPv4 has one word, then zeros
 *   6…9             address of the second endpoint
 *
 * The first endpoint is the one with the lower address, or with the lower port where the addresses are equal.
 * ICMP echo and the other queries have their identifier as both ports; other ICMP messages have type and code there.
 * An ICMP error belongs to the connection of the packet that it quotes: it is keyed as if sent by that packet's
 * receiver. Protocols without ports have zeros. A later fragment has the key of the first fragment of its datagram.
 */
import { Layer3 } from '../memory/slot-layout.js';
import { readInt32 } from '../packet/bytes.js';
import { IPV4_DESTINATION, IPV4_SOURCE } from '../packet/ipv4.js';
import { IPV6_DESTINATION, IPV6_SOURCE } from '../packet/ipv6.js';
import type { Packet } from '../packet/packet.js';
import { FLOW_KEY_WORDS, hashFlowKey } from './flow-hash.js';
import { FragmentTable } from './fragment-table.js';
import { fragmentIdentification } from './fragment-identification.js';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** Protocols beside TCP and UDP that begin with two ports: DCCP, SCTP, UDP-Lite. */
const DCCP = 33;
const SCTP = 132;
const UDP_LITE = 136;

const ECHO_REQUEST = 8;
const ECHO_REQUEST_V6 = 128;
/** In place of a query's type: another ICMP message. */
export const OTHER_ICMP = 255;

const SOURCE = 2;
const DESTINATION = 6;
/** Flips the sign of an int32: so compared, it stands where it does as a u32. */
const SIGN = 0x80000000;

export interface FlowKeyOptions {
  /** Whether equal tuples in two VLANs are two connections. False when the two sides of a chain are tagged differently. */
  readonly vlan?: boolean;
}

export class FlowKey {
  /** As int32, like the hash: a number beyond 2^31 is an object wherever a call is not inlined (docs/hot-code.md). */
  readonly words = new Int32Array(FLOW_KEY_WORDS);
  /** The same for both directions. */
  hash = 0;
  /** The packet was sent by the endpoint that stands first in the key. */
  isFromFirst = true;
  /** An ICMP error: the key is that of the quoted packet's connection. */
  isError = false;
  readonly #vlan: boolean;
  readonly #fragments = new FragmentTable();
  #sourcePort = 0;
  #destinationPort = 0;
  #query = 0;
  #quotedProtocol = 0;

  constructor(options: FlowKeyOptions = {}) {
    this.#vlan = options.vlan ?? true;
  }

  /**
   * Reads the key of a packet.
   * @returns false when it has none: not IP, an L4 header that cannot be read, or a later fragment of a datagram whose
   * first fragment was not seen. The words are then void.
   */
  read(packet: Packet): boolean {
    if (!this.#readAddresses(packet)) return false;
    const vlan = this.#vlan && packet.vlanCount > 0 ? (packet.vlan(0)?.id ?? 0) : 0;
    this.isError = false;
    const head = (packet.l3 << 20) | (packet.l4 << 12) | vlan;
    if (packet.isLaterFragment ? !this.#recall(packet, head) : !this.#readPorts(packet, packet.l4)) return false;
    this.#finish(packet, head, vlan);
    return true;
  }

  #readAddresses(packet: Packet): boolean {
    const { bytes, l3, payloadOffset } = packet;
    if (payloadOffset === 0) return false;
    const at = packet.start + packet.l3Offset;
    if (l3 === Layer3.ipv4) this.#setIpv4(readInt32(bytes, at + IPV4_SOURCE), readInt32(bytes, at + IPV4_DESTINATION));
    else if (l3 === Layer3.ipv6) this.#setIpv6(bytes, at + IPV6_SOURCE, at + IPV6_DESTINATION);
    else return false;
    return true;
  }

  #setIpv4(source: number, destination: number): void {
    const words = this.words;
    words.fill(0, SOURCE);
    words[SOURCE] = source;
    words[DESTINATION] = destination;
  }

  /** From two addresses of 16 bytes. */
  #setIpv6(bytes: Uint8Array, source: number, destination: number): void {
    const words = this.words;
    for (let k = 0; k < 4; k++) {
      words[SOURCE + k] = readInt32(bytes, source + 4 * k);
      words[DESTINATION + k] = readInt32(bytes, destination + 4 * k);
    }
  }

  #readPorts(packet: Packet, protocol: number): boolean {
    this.#query = 0;
    if (protocol === TCP || protocol === UDP) {
      const l4 = protocol === TCP ? packet.tcp() : packet.udp();
      if (l4 === null) return false;
      this.#sourcePort = l4.sourcePort;
      this.#destinationPort = l4.destinationPort;
      return true;
    }
    if (protocol === ICMP || protocol === ICMPV6) return this.#readIcmp(packet);
    this.#sourcePort = 0;
    this.#destinationPort = 0;
    return protocol === SCTP || protocol === UDP_LITE || protocol === DCCP ? this.#readFirstWord(packet) : true;
  }

  /** Ports of a protocol that has no view: the first word behind the IP header. */
  #readFirstWord(packet: Packet): boolean {
    const { bytes, payloadOffset } = packet;
    if (payloadOffset === 0 || payloadOffset + 4 > packet.length) return false;
    const at = packet.start + payloadOffset;
    this.#sourcePort = (bytes[at] << 8) | bytes[at + 1];
    this.#destinationPort = (bytes[at + 2] << 8) | bytes[at + 3];
    return true;
  }

  #readIcmp(packet: Packet): boolean {
    const icmp = packet.icmp() ?? packet.icmpv6();
    if (icmp === null) return false;
    if (icmp.isError && this.#readQuoted(packet)) return true;
    const query = packet.l3 === Layer3.ipv4 ? queryType(icmp.type) : queryTypeV6(icmp.type);
    this.#query = query;
    this.#sourcePort = query === OTHER_ICMP ? (icmp.type << 8) | icmp.code : icmp.identifier;
    this.#destinationPort = this.#sourcePort;
    return true;
  }

  /** The tuple inside an error, reversed: errors travel towards the sender of the packet that they quote. */
  #readQuoted(packet: Packet): boolean {
    const quoted = (packet.icmp() ?? packet.icmpv6())?.quoted() ?? null;
    if (quoted?.version !== packet.l3) return false;
    const protocol = quoted.protocol;
    const isIcmp = protocol === ICMP || protocol === ICMPV6;
    if (isIcmp) {
      if (!quoted.hasIdentifier) return false;
      this.#query = quoted.version === 4 ? queryType(quoted.queryType) : queryTypeV6(quoted.queryType);
      this.#sourcePort = quoted.identifier;
      this.#destinationPort = quoted.identifier;
    } else if (quoted.hasPorts) {
      this.#sourcePort = quoted.destinationPort;
      this.#destinationPort = quoted.sourcePort;
    } else if (hasPorts(protocol)) return false;
    else {
      this.#sourcePort = 0;
      this.#destinationPort = 0;
    }
    const { bytes } = packet;
    const at = quoted.headerAt;
    if (quoted.version === 4) this.#setIpv4(readInt32(bytes, at + IPV4_DESTINATION), readInt32(bytes, at + IPV4_SOURCE));
    else this.#setIpv6(bytes, at + IPV6_DESTINATION, at + IPV6_SOURCE);
    this.#quotedProtocol = protocol;
    this.isError = true;
    return true;
  }

  #remember(packet: Packet, head: number): void {
    const ports = (this.#sourcePort << 16) | this.#destinationPort;
    this.#fragments.remember(head, fragmentIdentification(packet), this.words, SOURCE, ports, this.#query, packet.timestampSeconds);
  }

  #recall(packet: Packet, head: number): boolean {
    const fragments = this.#fragments;
    if (!fragments.recall(head, fragmentIdentification(packet), this.words, SOURCE, packet.timestampSeconds)) return false;
    this.#sourcePort = fragments.ports >>> 16;
    this.#destinationPort = fragments.ports & 0xffff;
    this.#query = fragments.query;
    return true;
  }

  /** Puts the endpoints in order and takes the hash. A first fragment is remembered before, while they stand as sent. */
  #finish(packet: Packet, head: number, vlan: number): void {
    const words = this.words;
    if (this.isError) head = (packet.l3 << 20) | (this.#quotedProtocol << 12) | vlan;
    else if (packet.isFragment && !packet.isLaterFragment) this.#remember(packet, head);
    this.isFromFirst = this.#sourceIsFirst();
    words[0] = (this.#query << 24) | head;
    if (this.isFromFirst) words[1] = (this.#sourcePort << 16) | this.#destinationPort;
    else {
      words[1] = (this.#destinationPort << 16) | this.#sourcePort;
      for (let k = 0; k < 4; k++) {
        const word = words[SOURCE + k];
        words[SOURCE + k] = words[DESTINATION + k];
        words[DESTINATION + k] = word;
      }
    }
    this.hash = hashFlowKey(words, packet.l3 === Layer3.ipv4);
  }

  #sourceIsFirst(): boolean {
    const words = this.words;
    for (let k = 0; k < 4; k++) {
      if (words[SOURCE + k] !== words[DESTINATION + k]) return (words[SOURCE + k] ^ SIGN) < (words[DESTINATION + k] ^ SIGN);
    }
    return this.#sourcePort <= this.#destinationPort;
  }
}

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP || protocol === UDP_LITE || protocol === DCCP;
}

/** The request's type for queries with an identifier: echo, timestamp, information, address mask (RFC 792, RFC 950). */
function queryType(type: number): number {
  if (type === 0 || type === ECHO_REQUEST) return ECHO_REQUEST;
  if (type >= 13 && type <= 18) return type - ((type - 13) & 1);
  return OTHER_ICMP;
}

/** The same for ICMPv6, which has only echo (RFC 4443 section 4). */
function queryTypeV6(type: number): number {
  return type === ECHO_REQUEST_V6 || type === 129 ? ECHO_REQUEST_V6 : OTHER_ICMP;
}
