/**
 * Hot: no allocation. What of a packet is translated beside its addresses: a port of TCP or UDP at either end, the identifier
 * of an ICMP query at the end that asks, or nothing.
 */
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';

/** Stands for the protocol in bindings of ICMP messages that are neither query nor error; no protocol has this number. */
export const ICMP_MESSAGE = 0x101;

/** At an end of a packet that has no port by which hosts behind one address could be told apart. */
export const NO_PORT = -1;

export const Kind = {
  /** A port at one end or at both. */
  ports: 0,
  /** What it quotes is translated. */
  icmpError: 1,
  /** No port that could be translated: the remote address has to tell inside hosts apart. */
  addressOnly: 2,
  malformed: 3,
  unsupported: 4,
} as const;

/** Quotes a packet as errors do, but names a gateway of the sender's own link: of no use beyond it. */
const REDIRECT = 5;

/** Queries of RFC 5508 section 3.1: echo, timestamp, information, address mask. */
export function isQuery(type: number): boolean {
  return type === 8 || type === 13 || type === 15 || type === 17;
}

/** Their answers. Both have an identifier in the same place. */
function isAnswer(type: number): boolean {
  return type === 0 || type === 14 || type === 16 || type === 18;
}

/** Protocols whose packets can be translated by their port. */
export function hasPort(protocol: number): boolean {
  return protocol === IpProtocol.tcp || protocol === IpProtocol.udp || protocol === IpProtocol.icmp;
}

/**
 * Whether a packet of this protocol stays right when only an address in its IP header changes. The check value of AH
 * covers the addresses and is keyed (RFC 4302 section 3.3.3.1.1); the checksums of DCCP (RFC 4340 section 9.1), UDP-Lite
 * (RFC 3828 section 3.1) and HIP (RFC 7401 section 5.1.1) have them in a pseudo-header, and no view mends those.
 */
export function isAddressOnly(protocol: number): boolean {
  return !hasPort(protocol) && protocol !== IpProtocol.ah && protocol !== IpProtocol.dccp && protocol !== IpProtocol.udpLite && protocol !== IpProtocol.hip;
}

/** What the packet that was looked at last has; one for a NAT. */
export class Transport {
  /** A Kind. */
  kind: number = Kind.malformed;
  /** As bindings have it. */
  protocol = 0;
  /** Of `Kind.ports`. A query has none at its destination, because it belongs to the host that asks; an answer none at its source. */
  sourcePort = NO_PORT;
  destinationPort = NO_PORT;

  /** Looks at a packet. Later fragments have no ports to read: only for those of protocols that never have one. */
  read(packet: Packet, protocol: number): void {
    this.protocol = protocol;
    this.sourcePort = NO_PORT;
    this.destinationPort = NO_PORT;
    if (protocol === IpProtocol.icmp) {
      this.#readIcmp(packet);
      return;
    }
    if (!hasPort(protocol)) {
      this.kind = isAddressOnly(protocol) ? Kind.addressOnly : Kind.unsupported;
      return;
    }
    const l4 = protocol === IpProtocol.tcp ? packet.tcp() : packet.udp();
    if (l4 === null) {
      this.kind = Kind.malformed;
      return;
    }
    this.kind = Kind.ports;
    this.sourcePort = l4.sourcePort;
    this.destinationPort = l4.destinationPort;
  }

  #readIcmp(packet: Packet): void {
    const icmp = packet.icmp();
    if (icmp === null) {
      this.kind = Kind.malformed;
      return;
    }
    const { type } = icmp;
    this.kind = Kind.ports;
    if (type === REDIRECT) this.kind = Kind.unsupported;
    else if (icmp.isError) this.kind = Kind.icmpError;
    else if (isQuery(type)) this.sourcePort = icmp.identifier;
    else if (isAnswer(type)) this.destinationPort = icmp.identifier;
    else {
      this.kind = Kind.addressOnly;
      this.protocol = ICMP_MESSAGE;
    }
  }
}
