/** Options of the NAT, and what of them a schema cannot see. Runs on the main thread, and once in the VM. */
import { z } from 'zod';
import { formatIpv4, parseIpv4, parsePrefix } from '../../packet/address.js';
import type { OptionProblem } from '../contract.js';

/** Most external addresses: each has three port maps of 8 KiB in the VM's own memory, so 6 MiB in all. */
export const MAX_EXTERNAL_ADDRESSES = 256;
/** Most bindings: two tables of 2 buckets a binding, 80 B in all a binding and more when rounded up, so 0.3 GB at most. */
const MAX_BINDINGS = 1 << 21;
/** Longest timeout that may be asked for: a week. */
const MAX_TIMEOUT_SECONDS = 604_800;

const seconds = (byDefault: number) => z.int().min(1).max(MAX_TIMEOUT_SECONDS).default(byDefault);
const portNumber = (lowest: number) => z.int().min(lowest).max(65_535);
const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);

export const natOptions = z.strictObject({
  /** IPv4 addresses that inside hosts appear as: `203.0.113.1`, `203.0.113.8/29` (all of its addresses), or a list of these. */
  external: oneOrMore,
  /** IPv4 prefixes whose hosts are translated. Everything else passes untouched. */
  inside: oneOrMore.default('0.0.0.0/0'),
  /** External ports of TCP and UDP that may be given out: first and last. */
  ports: z.tuple([portNumber(1), portNumber(1)]).default([1024, 65_535]),
  /** External ICMP identifiers that may be given out: first and last. */
  identifiers: z.tuple([portNumber(0), portNumber(0)]).default([0, 65_535]),
  /** Who may answer through a binding: anyone (RFC 4787 section 5), or only an address and port that was sent to. */
  filtering: z.enum(['endpoint-independent', 'address-and-port']).default('endpoint-independent'),
  /** What happens to IPv6, which is not translated. */
  ipv6: z.enum(['pass', 'drop']).default('pass'),
  /** Most bindings at a time. */
  bindings: z.int().min(1).max(MAX_BINDINGS).default(65_536),
  /** How long a binding lives without traffic, in packet time. */
  timeouts: z
    .strictObject({
      /** RFC 4787 REQ-5: at least 120, 300 recommended. */
      udpSeconds: seconds(300),
      /** RFC 5382 REQ-5: at least 7440 (2 h 4 min). */
      tcpEstablishedSeconds: seconds(7440),
      /** RFC 5382 REQ-5, opening and closing connections: at least 240. */
      tcpTransitorySeconds: seconds(240),
      /** RFC 5508 REQ-2: at least 60. */
      icmpSeconds: seconds(60),
      /** Protocols without ports. No RFC says: what Linux gives a protocol that it does not know. */
      otherSeconds: seconds(600),
    })
    .prefault({}),
});

export type NatInput = z.input<typeof natOptions>;
export type NatOptions = z.output<typeof natOptions>;

/** An IPv4 prefix: the address's bits under the mask are compared. */
export interface Prefix {
  readonly address: number;
  readonly mask: number;
  readonly length: number;
}

const listed = (value: string | string[]): string[] => (typeof value === 'string' ? [value] : value);

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
  return first !== 0 && (first < 224 || first >= 240) && address !== 0xffffffff;
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

export function insidePrefixes(options: NatOptions): Prefix[] {
  return listed(options.inside)
    .map(ipv4Prefix)
    .filter((prefix) => prefix !== null);
}

/** Reports every mistake in options that passed the schema. */
export function optionProblems(options: NatOptions, problem: (problem: OptionProblem) => void): void {
  const at = (key: 'external' | 'inside', index: number) => (typeof options[key] === 'string' ? [key] : [key, index]);
  const seen = new Set<number>();
  listed(options.external).forEach((text, index) => {
    const path = at('external', index);
    const prefix = ipv4Prefix(text);
    if (prefix === null) {
      problem({ path, message: 'not an IPv4 address or prefix', found: text, expected: '203.0.113.1 or 203.0.113.8/29' });
      return;
    }
    const count = 2 ** (32 - prefix.length);
    if (count > MAX_EXTERNAL_ADDRESSES) {
      const expected = `at most ${MAX_EXTERNAL_ADDRESSES}, a /24`;
      problem({ path, message: 'too many external addresses in one prefix', found: text, expected });
      return;
    }
    if (!isHostAddress(prefix.address)) {
      problem({ path, message: 'not the address of a host', found: text, expected: 'a unicast address outside 0.0.0.0/8 and 127.0.0.0/8' });
      return;
    }
    for (let k = 0; k < count; k++) {
      if (seen.has(prefix.address + k)) {
        const found = formatIpv4(prefix.address + k);
        problem({ path, message: 'an external address is named twice', found, expected: 'each address once' });
        break;
      }
      seen.add(prefix.address + k);
    }
  });
  if (seen.size > MAX_EXTERNAL_ADDRESSES) {
    const expected = `at most ${MAX_EXTERNAL_ADDRESSES}`;
    problem({ path: ['external'], message: 'too many external addresses', found: String(seen.size), expected });
  }
  listed(options.inside).forEach((text, index) => {
    if (ipv4Prefix(text) !== null) return;
    problem({ path: at('inside', index), message: 'not an IPv4 address or prefix', found: text, expected: '10.0.0.0/8' });
  });
  for (const key of ['ports', 'identifiers'] as const) {
    const [first, last] = options[key];
    if (first > last) problem({ path: [key], message: 'the range is empty', found: `${first} to ${last}`, expected: 'first, then last' });
  }
}
