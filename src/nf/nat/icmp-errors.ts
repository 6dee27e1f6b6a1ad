/**
 * Hot: no allocation. ICMP errors: the packet that they quote was translated, so the quotation is translated back
 * (RFC 5508 section 4). An error never makes, prolongs or ends a binding (REQ-6).
 */
import { checksum } from '../../packet/checksum.js';
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import type { QuotedView } from '../../packet/quoted.js';
import { NONE } from './layout.js';
import { End, MAPPED, type Mapper } from './mapper.js';
import { isAddressOnly, isQuery, NO_PORT } from './transport.js';

const ICMP_HEADER_BYTES = 8;

/** Whether the message, wholly present, has a wrong checksum (REQ-3). */
export function isDamaged(packet: Packet, ip: Ipv4View): boolean {
  if (packet.isFragment) return false;
  const at = packet.start + packet.l4Offset;
  const length = ip.payloadLength;
  return at + length <= packet.start + packet.length && checksum(packet.bytes, at, length) !== 0;
}

/**
 * Whether the quoted IPv4 header has a wrong checksum (REQ-3a). A translator on the way that forgot to mend it is a reason too,
 * which is why the options may say not to look. That of the quoted segment is never looked at (REQ-3c).
 */
export function quotesDamaged(packet: Packet): boolean {
  const at = packet.start + packet.l4Offset + ICMP_HEADER_BYTES;
  const { bytes } = packet;
  return checksum(bytes, at, (bytes[at] & 0x0f) * 4) !== 0;
}

export class IcmpErrors {
  readonly #mapper: Mapper;
  readonly #near = new End();
  readonly #far = new End();

  constructor(mapper: Mapper) {
    this.#mapper = mapper;
  }

  /**
   * From outside, about a packet that left here: it was sent from the external address, and the error goes to that address.
   * The source of the error, a router on the way, stays.
   * @returns false when nobody here sent such a packet.
   */
  fromOutside(ip: Ipv4View, quoted: QuotedView, seconds: number): boolean {
    if (quoted.version !== 4 || quoted.sourceBits !== ip.destinationBits) return false;
    const end = this.#near;
    if (this.#mapper.inward(end, quoted.protocol, quoted.sourceBits, sourcePort(quoted, quoted.destinationBits), -1, seconds) !== MAPPED) return false;
    replaceSource(quoted, end);
    ip.rewriteDestination(end.address);
    return true;
  }

  /**
   * From inside, about a packet that came in: it was delivered to an inside address and port. The error's own source, the
   * host or a router before it, becomes the host's external address (REQ-5): no inside address leaves.
   * @returns false when nothing was delivered to such an end.
   */
  fromInside(ip: Ipv4View, quoted: QuotedView, seconds: number): boolean {
    if (quoted.version !== 4) return false;
    const end = this.#near;
    if (this.#mapper.knownOutward(end, quoted.protocol, quoted.destinationBits, destinationPort(quoted, quoted.sourceBits), -1, seconds) !== MAPPED) return false;
    replaceDestination(quoted, end);
    ip.rewriteSource(end.address);
    return true;
  }

  /** From one inside host to another, about a packet that turned back here: both ends of the quotation are translated (REQ-7). */
  betweenInside(ip: Ipv4View, quoted: QuotedView, seconds: number): boolean {
    if (quoted.version !== 4 || quoted.sourceBits !== ip.destinationBits) return false;
    const near = this.#near;
    const far = this.#far;
    const { protocol } = quoted;
    if (this.#mapper.knownOutward(near, protocol, quoted.destinationBits, destinationPort(quoted, quoted.sourceBits), -1, seconds) !== MAPPED) return false;
    if (this.#mapper.inward(far, protocol, quoted.sourceBits, sourcePort(quoted, near.address), -1, seconds) !== MAPPED) return false;
    replaceDestination(quoted, near);
    replaceSource(quoted, far);
    ip.rewriteSource(near.address);
    ip.rewriteDestination(far.address);
    return true;
  }
}

/** What the binding of the sender has in place of the port, for which a remote address is a u32; NO_PORT when too little was quoted, or a later fragment. */
function sourcePort(quoted: QuotedView, remote: number): number {
  if (isAddressOnly(quoted.protocol)) return remote >>> 0;
  if (quoted.protocol !== IpProtocol.icmp) return quoted.sourcePort;
  return isQuery(quoted.queryType) ? quoted.identifier : NO_PORT;
}

function destinationPort(quoted: QuotedView, remote: number): number {
  if (isAddressOnly(quoted.protocol)) return remote >>> 0;
  if (quoted.protocol !== IpProtocol.icmp) return quoted.destinationPort;
  return isQuery(quoted.queryType) ? NO_PORT : quoted.identifier;
}

/** A static translation leaves ports alone, so there may be none. */
function replaceSource(quoted: QuotedView, end: End): void {
  quoted.rewriteSource(end.address);
  if (end.at === NONE) return;
  if (quoted.protocol === IpProtocol.icmp) quoted.rewriteIdentifier(end.port);
  else if (quoted.hasPorts) quoted.rewriteSourcePort(end.port);
}

function replaceDestination(quoted: QuotedView, end: End): void {
  quoted.rewriteDestination(end.address);
  if (end.at === NONE) return;
  if (quoted.protocol === IpProtocol.icmp) quoted.rewriteIdentifier(end.port);
  else if (quoted.hasPorts) quoted.rewriteDestinationPort(end.port);
}
