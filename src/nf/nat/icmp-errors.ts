/**
 * Hot: no allocation. ICMP errors: the packet that they quote was translated, so the quotation is translated back
 * (RFC 5508 section 4).
 */
import type { Ipv4View } from '../../packet/ipv4.js';
import { IpProtocol } from '../../packet/protocols.js';
import type { QuotedView } from '../../packet/quoted.js';
import type { Bindings } from './bindings.js';

/** Whether the quotation names its ports, or its identifier: enough of it was quoted, and it is no later fragment. */
function isTranslatable(quoted: QuotedView): boolean {
  if (quoted.version !== 4) return false;
  return quoted.protocol === IpProtocol.icmp ? quoted.hasIdentifier : quoted.hasPorts;
}

/**
 * From outside, about a packet that left here: it was sent from the external address, and the error goes to that address.
 * The source of the error, a router on the way, stays.
 * @returns false when no binding sent such a packet.
 */
export function translateErrorFromOutside(bindings: Bindings, ip: Ipv4View, quoted: QuotedView, nowMs: number): boolean {
  if (!isTranslatable(quoted) || quoted.source !== ip.destination) return false;
  const isIcmp = quoted.protocol === IpProtocol.icmp;
  const entry = bindings.findOutside(quoted.protocol, quoted.source, isIcmp ? quoted.identifier : quoted.sourcePort, nowMs);
  if (entry < 0) return false;
  const address = bindings.insideAddress(entry);
  quoted.rewriteSource(address);
  if (isIcmp) quoted.rewriteIdentifier(bindings.insidePort(entry));
  else quoted.rewriteSourcePort(bindings.insidePort(entry));
  ip.rewriteDestination(address);
  return true;
}

/**
 * From inside, about a packet that came in: it was delivered to an inside address and port. The error's own source, the
 * host or a router before it, becomes the external address of the binding (RFC 5508 REQ-5): no inside address leaves.
 * @returns false when no binding delivered such a packet.
 */
export function translateErrorFromInside(bindings: Bindings, ip: Ipv4View, quoted: QuotedView, nowMs: number): boolean {
  if (!isTranslatable(quoted)) return false;
  const isIcmp = quoted.protocol === IpProtocol.icmp;
  const entry = bindings.findInside(quoted.protocol, quoted.destination, isIcmp ? quoted.identifier : quoted.destinationPort, nowMs);
  if (entry < 0) return false;
  const address = bindings.externalAddress(entry);
  quoted.rewriteDestination(address);
  if (isIcmp) quoted.rewriteIdentifier(bindings.externalPort(entry));
  else quoted.rewriteDestinationPort(bindings.externalPort(entry));
  ip.rewriteSource(address);
  return true;
}
