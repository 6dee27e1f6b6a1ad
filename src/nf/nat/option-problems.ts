/** What of the options a schema cannot see. Runs on the main thread, before any other thread exists. */
import { parseMatch } from '../../flow/match-text.js';
import { formatIpv4 } from '../../packet/address.js';
import { protocolName } from '../../flow/protocol-names.js';
import type { OptionProblem } from '../contract.js';
import { externalAddresses, ipv4Prefix, isHostAddress, listed, MAX_EXTERNAL_ADDRESSES, overlap, type Prefix } from './addresses.js';
import type { NatOptions } from './options.js';
import { type Forwarding, forwardingsOf } from './port-forwards.js';

type Tell = (problem: OptionProblem) => void;

const NOT_A_PREFIX = 'not an IPv4 address or prefix';
const NOT_A_HOST = { message: 'not the address of a host', expected: 'a unicast address outside 0.0.0.0/8 and 127.0.0.0/8' } as const;

/** An empty text, so that it is seen. */
const shown = (text: string): string => (text === '' ? "''" : text);

/** Reports every mistake in options that passed the schema. */
export function optionProblems(options: NatOptions, problem: Tell): void {
  if (options.external === undefined && options.static.length === 0) {
    problem({ path: ['external'], message: 'there is nothing to translate to', expected: 'external addresses, or static translations' });
  }
  checkExternal(options, problem);
  checkInside(options, problem);
  for (const key of ['ports', 'identifiers'] as const) {
    const [first, last] = options[key];
    if (first > last) problem({ path: [key], message: 'the range is empty', found: `${first} to ${last}`, expected: 'first, then last' });
  }
  if (options.portSeed !== undefined && options.portSelection === 'preserve') {
    problem({ path: ['portSeed'], message: 'no port is chosen at random', found: String(options.portSeed), expected: 'portSelection: preserve-or-random or random, or no seed' });
  }
  checkStatic(options, problem);
  checkForwards(options, problem);
  options.exclude.forEach((text, index) => {
    const parsed = parseMatch(text);
    if ('problem' in parsed) problem({ path: ['exclude', index], ...parsed.problem });
  });
}

const at = (key: 'external' | 'inside', options: NatOptions, index: number): (string | number)[] => (typeof options[key] === 'string' ? [key] : [key, index]);

function checkExternal(options: NatOptions, problem: Tell): void {
  const seen = new Set<number>();
  listed(options.external).forEach((text, index) => {
    const path = at('external', options, index);
    const prefix = ipv4Prefix(text);
    if (prefix === null) {
      problem({ path, message: NOT_A_PREFIX, found: shown(text), expected: '203.0.113.1 or 203.0.113.8/29' });
      return;
    }
    const count = 2 ** (32 - prefix.length);
    if (count > MAX_EXTERNAL_ADDRESSES) {
      const expected = `at most ${MAX_EXTERNAL_ADDRESSES}, a /24`;
      problem({ path, message: 'too many external addresses in one prefix', found: shown(text), expected });
      return;
    }
    if (!isHostAddress(prefix.address)) {
      problem({ path, ...NOT_A_HOST, found: shown(text) });
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
}

function checkInside(options: NatOptions, problem: Tell): void {
  listed(options.inside).forEach((text, index) => {
    if (ipv4Prefix(text) === null) problem({ path: at('inside', options, index), message: NOT_A_PREFIX, found: shown(text), expected: '10.0.0.0/8' });
  });
}

function checkStatic(options: NatOptions, problem: Tell): void {
  const pool = externalAddresses(options);
  const taken: Record<'inside' | 'external', Prefix[]> = { inside: [], external: [] };
  options.static.forEach((pair, index) => {
    const lengths: (number | undefined)[] = [];
    for (const side of ['inside', 'external'] as const) {
      const path = ['static', index, side];
      const prefix = ipv4Prefix(pair[side]);
      lengths.push(prefix?.length);
      if (prefix === null) {
        problem({ path, message: NOT_A_PREFIX, found: shown(pair[side]), expected: '10.0.0.5 or 10.0.5.0/24' });
        continue;
      }
      if (!isHostAddress(prefix.address)) problem({ path, ...NOT_A_HOST, found: shown(pair[side]) });
      if (taken[side].some((other) => overlap(prefix, other))) {
        problem({ path, message: 'another static translation has some of these addresses', found: shown(pair[side]), expected: 'each address once' });
      }
      taken[side].push(prefix);
      const shared = side === 'external' ? pool.find((address) => (address & prefix.mask) >>> 0 === prefix.address) : undefined;
      if (shared !== undefined) {
        problem({ path, message: 'a static address is one of the shared ones', found: formatIpv4(shared), expected: 'an address that is not in external' });
      }
    }
    if (lengths[0] !== undefined && lengths[1] !== undefined && lengths[0] !== lengths[1]) {
      problem({ path: ['static', index], message: 'the prefixes differ in length', found: `/${lengths[0]} and /${lengths[1]}`, expected: 'the same length' });
    }
  });
}

const endOf = (protocol: number, address: number, port: number): string => `${protocolName(protocol).toLowerCase()} ${formatIpv4(address)}:${port}`;

function checkForwards(options: NatOptions, problem: Tell): void {
  const pool = externalAddresses(options);
  const statics = options.static.flatMap(({ inside }) => ipv4Prefix(inside) ?? []);
  const external = new Set<string>();
  const inside = new Set<string>();
  let count = 0;
  options.portForwards.forEach((entry, index) => {
    const path = ['portForwards', index];
    const to = ipv4Prefix(entry.to);
    if (to?.length !== 32 || !isHostAddress(to.address)) {
      problem({ path: [...path, 'to'], message: 'not the address of a host', found: shown(entry.to), expected: '10.0.0.5' });
    } else if (statics.some((prefix) => overlap(prefix, to))) {
      problem({ path: [...path, 'to'], message: 'the host has a static translation', found: shown(entry.to), expected: 'one or the other' });
    }
    const from = entry.external === undefined ? undefined : ipv4Prefix(entry.external);
    if (entry.external === undefined ? pool.length === 0 : from?.length !== 32 || !pool.includes(from.address)) {
      problem({ path: [...path, 'external'], message: 'not an external address', ...(entry.external !== undefined && { found: shown(entry.external) }), expected: 'one of the addresses of external' });
    }
    const [first, last] = typeof entry.port === 'number' ? [entry.port, entry.port] : entry.port;
    if (first > last) problem({ path: [...path, 'port'], message: 'the range is empty', found: `${first} to ${last}`, expected: 'first, then last' });
    else if ((entry.toPort ?? first) + last - first > 65_535) {
      problem({ path: [...path, 'toPort'], message: 'the inside ports go beyond 65535', found: String(entry.toPort), expected: `at most ${65_535 - last + first}` });
    }
    const forwardings = forwardingsOf(entry, pool[0]);
    count += forwardings.length;
    const twice = (seen: Set<string>, key: (forwarding: Forwarding) => string, message: string, expected: string): void => {
      const found = forwardings.map(key).find((text) => seen.has(text));
      if (found !== undefined) problem({ path, message, found, expected });
      for (const forwarding of forwardings) seen.add(key(forwarding));
    };
    twice(external, ({ protocol, externalAddress, externalPort }) => endOf(protocol, externalAddress, externalPort), 'the port is forwarded twice', 'each external port once');
    const expected = 'each inside port once: what it sends has one external port';
    twice(inside, ({ protocol, insideAddress, insidePort }) => endOf(protocol, insideAddress, insidePort), 'two external ports lead to one inside port', expected);
  });
  if (count > options.bindings) {
    problem({ path: ['bindings'], message: 'fewer bindings than forwarded ports', found: String(options.bindings), expected: `at least ${count}` });
  }
}
