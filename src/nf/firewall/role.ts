/** Hot: no allocation. What a packet is to connection tracking. */
import { Direction, Layer3 } from '../../memory/slot-layout.js';
import type { IcmpView, Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';

export const Role = {
  /** Belongs to no connection: the rules judge it alone. */
  alone: 0,
  /** May open a connection, and belongs to one in both directions. */
  member: 1,
  /** The same, and TCP: what it may be depends on the state of its connection. */
  tcp: 2,
  /** An ICMP query: may open a connection, and comes only from its opener. */
  query: 3,
  /** The answer to an ICMP query: comes only from the other end. */
  answer: 4,
  /** A later fragment: passes with an allowed connection, but does not keep it alive. */
  fragment: 5,
  /** An ICMP error: the same, with the connection of the packet that it quotes. */
  error: 6,
  /** An ICMP error that does not go to the sender of what it quotes. */
  strayError: 7,
} as const;

const REDIRECT = 5;
const ECHO_REPLY = 0;
const ECHO = 8;
/** Timestamp, information, address mask: request and reply in turn (RFC 792, RFC 950). */
const FIRST_QUERY = 13;
const LAST_QUERY = 18;
const ECHO_V6 = 128;
const ECHO_REPLY_V6 = 129;

/** Of a packet that is not malformed. */
export function roleOf(packet: Packet): number {
  // Without a flow id (not IP, as ARP; an unknown datagram's later fragment; no flows are kept) nothing can be kept.
  if (packet.flowId === 0) return Role.alone;
  if (packet.isLaterFragment) return Role.fragment;
  const isIpv4 = packet.l3 === Layer3.ipv4;
  const l4 = packet.l4;
  if (l4 === IpProtocol.tcp) return Role.tcp;
  if (l4 !== (isIpv4 ? IpProtocol.icmp : IpProtocol.icmpv6)) return Role.member;
  const icmp = isIpv4 ? packet.icmp() : packet.icmpv6();
  if (icmp === null) return Role.alone;
  const type = icmp.type;
  if (icmp.isError) {
    // A redirect does not tell of a failure, it asks for another route: that is for the rules to allow.
    if (isIpv4 && type === REDIRECT) return Role.alone;
    return goesToQuotedSource(packet, icmp) ? Role.error : Role.strayError;
  }
  if (!isIpv4) return type === ECHO_V6 ? Role.query : type === ECHO_REPLY_V6 ? Role.answer : Role.alone;
  if (type === ECHO) return Role.query;
  if (type === ECHO_REPLY) return Role.answer;
  if (type < FIRST_QUERY || type > LAST_QUERY) return Role.alone;
  return ((type - FIRST_QUERY) & 1) === 0 ? Role.query : Role.answer;
}

/** Whether a query went in reverse: the packet's own, the one that it answers, or the one that it is an error about. */
export function queryWentInReverse(packet: Packet, role: number): boolean {
  const isReverse = packet.direction === Direction.reverse;
  if (role === Role.query) return isReverse;
  if (role === Role.answer) return !isReverse;
  const quoted = (packet.l3 === Layer3.ipv4 ? packet.icmp() : packet.icmpv6())?.quoted() ?? null;
  // The quoted packet travelled the other way; if it was an answer, the query went this way.
  return quoted === null || isQueryType(quoted.queryType) ? !isReverse : isReverse;
}

export function isIcmp(protocol: number): boolean {
  return protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;
}

function isQueryType(type: number): boolean {
  return type === ECHO || type === ECHO_V6 || (type >= FIRST_QUERY && ((type - FIRST_QUERY) & 1) === 0 && type < LAST_QUERY);
}

/** Whether an error travels to the sender of the packet that it quotes, as it must (RFC 1122 section 3.2.2). */
function goesToQuotedSource(packet: Packet, icmp: IcmpView): boolean {
  const quoted = icmp.quoted();
  if (quoted === null) return false;
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return quoted.version === 4 && quoted.source === ipv4.destination;
  const ipv6 = packet.ipv6();
  if (ipv6 === null || quoted.version !== 6) return false;
  for (let k = 0; k < 4; k++) if (quoted.sourceWord(k) !== ipv6.destinationWord(k)) return false;
  return true;
}

/** Bytes of a TCP header that no later fragment may overwrite (RFC 1858 section 3.2, RFC 3128). */
const TCP_HEADER_BYTES = 20;
const FRAGMENT_HEADER_BYTES = 8;
const OFFSET_MASK = 0xfff8;

/** A later fragment that would overwrite the header by which the first one was judged. */
export function overwritesHeader(packet: Packet): boolean {
  if (!packet.isLaterFragment || packet.l4 !== IpProtocol.tcp) return false;
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return ipv4.fragmentOffset < TCP_HEADER_BYTES;
  // In IPv6 the payload of a later fragment begins right behind the Fragment header (RFC 8200 section 4.5).
  const at = packet.start + packet.payloadOffset - FRAGMENT_HEADER_BYTES;
  const { bytes } = packet;
  return (((bytes[at + 2] << 8) | bytes[at + 3]) & OFFSET_MASK) < TCP_HEADER_BYTES;
}
