/** What is chosen once, at start: sources of what a leg says, and the segment size between two legs. */
import { isLinkLocal, isMapped, type AddressWords, type LegSpec } from './leg.js';

/** IPv4 and TCP headers. */
const MSS_OVERHEAD = 40;
/** What every host takes (RFC 9293 section 3.7.1). */
const MIN_MSS = 536;

/** The source of what a leg sends about others: its first address of the version that is not link-local, or null. */
export function sourceOf(leg: LegSpec | null, isIpv4: boolean): AddressWords | null {
  return leg?.addresses.find(({ words }) => isMapped(words) === isIpv4 && !isLinkLocal(words))?.words ?? null;
}

/** A leg's address in the network of a neighbour, which is the source of questions about it; null when there is none. */
export function sourceFor(leg: LegSpec, neighbour: AddressWords): AddressWords | null {
  const version = leg.addresses.filter(({ words }) => isMapped(words) === isMapped(neighbour));
  const near = version.find(({ words, length }) => sharesPrefix(words, neighbour, length));
  return (near ?? version.at(0))?.words ?? null;
}

/** Whether two addresses begin with the same `length` bits. */
export function sharesPrefix(a: AddressWords, b: AddressWords, length: number): boolean {
  for (let k = 0; k < 4; k++) {
    const bits = Math.min(32, Math.max(0, length - 32 * k));
    if (bits > 0 && (a[k] ^ b[k]) >>> (32 - bits) !== 0) return false;
  }
  return true;
}

/** The largest segment between two legs, over IPv4, by the one that clamps, or the stricter of both; 0: neither does. */
export function mssBetween(ingress: LegSpec | null, egress: LegSpec): number {
  const mtu = Math.min(ingress?.mtu ?? Infinity, egress.mtu);
  const limits = [ingress, egress].flatMap((leg) => {
    if (leg === null || leg.clampMss === null) return [];
    return [leg.clampMss === 'auto' ? mtu - MSS_OVERHEAD : leg.clampMss];
  });
  return limits.length === 0 ? 0 : Math.max(MIN_MSS, Math.min(...limits));
}
