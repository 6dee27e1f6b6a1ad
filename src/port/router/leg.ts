/**
 * What a port needs to be a router's leg, as its threads are told: plain data. Addresses are four words, IPv4 ones as
 * ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that routes and neighbours of both versions lie in one table.
 */

/** Four u32 words. */
export type AddressWords = readonly [number, number, number, number];

export interface LegAddress {
  words: AddressWords;
  /** Of its network, counted over all 128 bits: an IPv4 /24 is 120. */
  length: number;
}

export interface LegRoute {
  words: AddressWords;
  length: number;
  /** Next hop; null: the destinations are on the link. */
  via: AddressWords | null;
}

export interface LegSpec {
  /** 48 bits. Not used where the link has no addresses. */
  mac: number;
  /** Longest IP packet that leaves. */
  mtu: number;
  /** The first of each version that is not link-local is the source of ICMP errors. */
  addresses: readonly LegAddress[];
  routes: readonly LegRoute[];
  /** Largest TCP segment that a SYN may announce: by the MTU of the way (`auto`), or by a number; null leaves it alone. */
  clampMss: number | 'auto' | null;
  /** Looks at start whether somebody else has its IPv6 addresses: where the link is an Ethernet of an interface. */
  detectDuplicates: boolean;
}

/** Legs by index of their port; null for a port that is none. */
export type Legs = readonly (LegSpec | null)[];

/** Of a mapped IPv4 address. */
export const MAPPED = 0xffff;
/** What an IPv4 prefix's length is more in 128 bits. */
export const MAPPED_BITS = 96;

export function mapped(ipv4: number): AddressWords {
  return [0, 0, MAPPED, ipv4 >>> 0];
}

export function isMapped([w0, w1, w2]: AddressWords): boolean {
  return w0 === 0 && w1 === 0 && w2 === MAPPED;
}

export function isLinkLocal([w0]: AddressWords): boolean {
  return w0 >>> 22 === 0xfe80 >>> 6;
}

/** fe80::/64 with the interface identifier that an Ethernet address gives (RFC 4291 appendix A). */
export function linkLocalOf(mac: number): LegAddress {
  const high = Math.floor(mac / 0x1000000);
  const low = mac % 0x1000000;
  // The universal/local bit is inverted, and ff:fe stands in the middle.
  const w2 = (((high ^ 0x020000) << 8) | 0xff) >>> 0;
  return { words: [0xfe800000, 0, w2, (0xfe000000 | low) >>> 0], length: 64 };
}

/** A group of addresses, Ethernet's own for all, or none: no host's. */
export function isHostMac(mac: number): boolean {
  return mac !== 0 && (Math.floor(mac / 0x10000000000) & 1) === 0;
}
