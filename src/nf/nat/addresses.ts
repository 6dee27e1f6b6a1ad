/** The addresses that options name, as numbers. */
import { parseIpv4, parsePrefix } from '../../packet/address.js';
import type { NatOptions } from './options.js';

/** Most external addresses: each has three port maps of 8 KiB in the VM's own memory, so 6 MiB in all. */
export const MAX_EXTERNAL_ADDRESSES = 256;

/** An IPv4 prefix: the address's bits under the mask are compared. */
export interface Prefix {
  readonly address: number;
  readonly mask: number;
  readonly length: number;
}

/** Inside and external prefix of a static translation, of the same length. */
export interface StaticPair {
  readonly inside: Prefix;
  readonly external: Prefix;
}

export const listed = (value: string | string[] | undefined): string[] => (value === undefined ? [] : typeof value === 'string' ? [value] : value);

/** `10.0.0.0/8` or a single address; null for anything else, IPv6 included. */
export function ipv4Prefix(text: string): Prefix | null {
  if (!text.includes('/')) {
    const address = parseIpv4(text);
    return address === null ? null : { address, mask: 0xffffffff, length: 32 };
  }
  const prefix = parsePrefix(text);
  if (prefix?.version !== 4) return null;
  const mask = prefix.length === 0 ? 0 : (0xffffffff << (32 - prefix.length)) >>> 0;
  return { address: (prefix.words[0] & mask) >>> 0, mask, length: prefix.length };
}

/** Whether two prefixes have an address in common. */
export function overlap(one: Prefix, other: Prefix): boolean {
  const mask = (one.mask & other.mask) >>> 0;
  return (one.address & mask) >>> 0 === (other.address & mask) >>> 0;
}

/** A host's own address on a network: not this network, loopback, multicast, reserved or broadcast. */
export function isHostAddress(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

/**
 * Whether an answer can come back to this source. Loopback and reserved addresses are no host's on a network, but a
 * recording of a loopback interface, or of a laboratory, has them, and its replies are answers like any other.
 */
export function isAnswerable(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && (first < 224 || first >= 240) && (address | 0) !== -1;
}

/** The external addresses in the order of the option, each once. Texts that are none are left out: `optionProblems` names them. */
export function externalAddresses(options: NatOptions): number[] {
  const addresses = new Set<number>();
  for (const text of listed(options.external)) {
    const prefix = ipv4Prefix(text);
    if (prefix === null) continue;
    const count = Math.min(2 ** (32 - prefix.length), MAX_EXTERNAL_ADDRESSES);
    for (let k = 0; k < count; k++) addresses.add(prefix.address + k);
  }
  return [...addresses];
}

/** Static translations whose prefixes can be read. */
export function staticPairs(options: NatOptions): StaticPair[] {
  return options.static.flatMap((pair) => {
    const [inside, external] = [ipv4Prefix(pair.inside), ipv4Prefix(pair.external)];
    return inside === null || external === null || inside.length !== external.length ? [] : [{ inside, external }];
  });
}

/** Prefixes whose hosts share the pool. Without a pool there are none: only static translations are made. */
export function insidePrefixes(options: NatOptions): Prefix[] {
  if (options.external === undefined) return [];
  return listed(options.inside)
    .map(ipv4Prefix)
    .filter((prefix) => prefix !== null);
}
