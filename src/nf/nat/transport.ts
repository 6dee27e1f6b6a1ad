/**
 * Hot: no allocation. What of a packet is translated beside its address: a port of TCP or UDP, an ICMP identifier, or
 * nothing.
 */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';

/** What `translatedPort` returns for packets without such a port. */
export const MALFORMED = -1;
export const UNSUPPORTED = -2;
/** An ICMP error: what it quotes is translated. */
export const ICMP_ERROR = -3;
/** An ICMP query from outside. A query belongs to the host that asks, and no inside host asked this one. */
export const UNASKED = -4;
/** No port that could be translated: the remote address has to tell inside hosts apart. */
export const ADDRESS_ONLY = -5;

/** Stands for the protocol in bindings of ICMP messages that are neither query nor error; no protocol has this number. */
export const ICMP_MESSAGE = 0x101;

/** Quotes a packet as errors do, but names a gateway of the sender's own link: of no use beyond it. */
const REDIRECT = 5;

/** Queries of RFC 5508 section 3.1: echo, timestamp, information, address mask. */
function isQuery(type: number): boolean {
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

/**
 * The port at the inside end of a packet: the source's going forward, the destination's in reverse; below 0 when there is
 * none to translate. Later fragments have none to read: only for those of protocols that never have one.
 */
export function translatedPort(packet: Packet, protocol: number): number {
  const isForward = packet.direction === Direction.forward;
  if (protocol === IpProtocol.icmp) {
    const icmp = packet.icmp();
    if (icmp === null) return MALFORMED;
    if (icmp.type === REDIRECT) return UNSUPPORTED;
    if (icmp.isError) return ICMP_ERROR;
    if (isForward ? isQuery(icmp.type) : isAnswer(icmp.type)) return icmp.identifier;
    if (isQuery(icmp.type)) return UNASKED;
    return isAnswer(icmp.type) ? UNSUPPORTED : ADDRESS_ONLY;
  }
  if (!hasPort(protocol)) return isAddressOnly(protocol) ? ADDRESS_ONLY : UNSUPPORTED;
  const l4 = protocol === IpProtocol.tcp ? packet.tcp() : packet.udp();
  if (l4 === null) return MALFORMED;
  return isForward ? l4.sourcePort : l4.destinationPort;
}

/** Replaces that port. */
export function rewritePort(packet: Packet, protocol: number, port: number): void {
  if (protocol === IpProtocol.icmp) {
    packet.icmp()!.rewriteIdentifier(port);
    return;
  }
  const l4 = protocol === IpProtocol.tcp ? packet.tcp()! : packet.udp()!;
  if (packet.direction === Direction.forward) l4.rewriteSourcePort(port);
  else l4.rewriteDestinationPort(port);
}
