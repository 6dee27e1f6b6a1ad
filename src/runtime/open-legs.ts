/** Completes the legs of a router by what is known of their interfaces. Main thread, when those are open. */
import { randomBytes } from 'node:crypto';
import { isMapped, linkLocalOf, type LegSpec } from '../port/router/leg.js';
import type { LegPlan } from './live-ports.js';

/** Of an interface that has neither: a TUN interface has no hardware address. */
export interface InterfaceValues {
  /** Null: the far end of the cable has one, and this end is to have another. */
  mac: number | null;
  mtu: number;
}

/**
 * A link-local address is added where there are IPv6 addresses and none is given, made of the hardware address (RFC 4291 appendix
 * A): a router must have one.
 */
export function completeLeg({ addresses, mac, mtu, ...rest }: LegPlan, values: InterfaceValues): LegSpec {
  const hardware = mac ?? values.mac ?? randomMac();
  const linkLocal = linkLocalOf(hardware);
  const needsLinkLocal = addresses.some(({ words }) => !isMapped(words)) && !addresses.some(({ words }) => words[0] === linkLocal.words[0]);
  return { mac: hardware, mtu: mtu ?? values.mtu, addresses: needsLinkLocal ? [...addresses, linkLocal] : addresses, ...rest };
}

/** Locally administered, and of one host (IEEE 802 section 8.2.2). */
function randomMac(): number {
  const bytes = randomBytes(6);
  bytes[0] = (bytes[0] & 0xfc) | 2;
  return bytes.readUIntBE(0, 6);
}
