/**
 * Hot: no allocation. ICMP errors: the packet that they quote was translated, so the quotation is translated back
 * (RFC 5508 section 4).
 */
import type { Ipv4View } from '../../packet/ipv4.js';
import { IpProtocol } from '../../packet/protocols.js';
import type { QuotedView } from '../../packet/quoted.js';
import type { Bindings } from './bindings.js';
import { isAddressOnly } from './transport.js';

/**
 * What the binding has in place of the port: the port of the quoted packet's inside end, the identifier, or the remote
 * address. -1 when too little was quoted, or a later fragment, or what is never translated.
 */
function quotedPort(quoted: QuotedView, isSource: boolean): number {
  if (quoted.version !== 4) return -1;
  if (isAddressOnly(quoted.protocol)) return isSource ? quoted.destination : quoted.source;
  if (quoted.protocol === IpProtocol.icmp) return quoted.identifier;
  return isSource ? quoted.sourcePort : quoted.destinationPort;
}

/**
 * From outside, about a packet that left here: it was sent from the external address, and the error goes to that address.
 * The source of the error, a router on the way, stays.
 * @returns false when no binding sent such a packet.
 */
export function translateErrorFromOutside(bindings: Bindings, ip: Ipv4View, quoted: QuotedView, nowMs: number): boolean {
  const port = quotedPort(quoted, true);
  if (port < 0 || quoted.source !== ip.destination) return false;
  const entry = bindings.findOutside(quoted.protocol, quoted.source, port, nowMs);
  if (entry < 0) return false;
  const address = bindings.insideAddress(entry);
  quoted.rewriteSource(address);
  if (quoted.protocol === IpProtocol.icmp) quoted.rewriteIdentifier(bindings.insidePort(entry));
  else if (quoted.hasPorts) quoted.rewriteSourcePort(bindings.insidePort(entry));
  ip.rewriteDestination(address);
  return true;
}

/**
 * From inside, about a packet that came in: it was delivered to an inside address and port. The error's own source, the
 * host or a router before it, becomes the external address of the binding (RFC 5508 REQ-5): no inside address leaves.
 * @returns false when no binding delivered such a packet.
 */
export function translateErrorFromInside(bindings: Bindings, ip: Ipv4View, quoted: QuotedView, nowMs: number): boolean {
  const port = quotedPort(quoted, false);
  if (port < 0) return false;
  const entry = bindings.findInside(quoted.protocol, quoted.destination, port, nowMs);
  if (entry < 0) return false;
  const address = bindings.externalAddress(entry);
  quoted.rewriteDestination(address);
  if (quoted.protocol === IpProtocol.icmp) quoted.rewriteIdentifier(bindings.externalPort(entry));
  else if (quoted.hasPorts) quoted.rewriteDestinationPort(bindings.externalPort(entry));
  ip.rewriteSource(address);
  return true;
}
