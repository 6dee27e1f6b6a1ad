/** Hot: no allocation. What of a packet is translated beside its address: a port of TCP or UDP, an ICMP identifier. */
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

/** The port at the inside end of a packet: the source's going forward, the destination's in reverse. Not for later fragments. */
export function translatedPort(packet: Packet, protocol: number): number {
  const isForward = packet.direction === Direction.forward;
  if (protocol === IpProtocol.icmp) {
    const icmp = packet.icmp();
    if (icmp === null) return MALFORMED;
    if (icmp.type === REDIRECT) return UNSUPPORTED;
    if (icmp.isError) return ICMP_ERROR;
    if (isForward ? isQuery(icmp.type) : isAnswer(icmp.type)) return icmp.identifier;
    return !isForward && isQuery(icmp.type) ? UNASKED : UNSUPPORTED;
  }
  if (protocol !== IpProtocol.tcp && protocol !== IpProtocol.udp) return UNSUPPORTED;
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
