import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMatch } from '../../src/flow/compile-match.js';
import type { AddressSet, Match, PortRange, Prefix } from '../../src/flow/match.js';
import { parseMatch } from '../../src/flow/match-text.js';
import { Bench, type Frame, frameBytes } from './support/frames.js';

const bench = new Bench();

function matches(text: string, frame: Frame): boolean {
  const result = parseMatch(text);
  if ('problem' in result) throw new Error(result.problem.message);
  return compileMatch(result.match).matches(bench.place(frame));
}

/** The plain meaning of a match, over the fields that a frame was built from. */
function meaning(match: Match, frame: Frame, ingressPort: number): boolean {
  const isIp = frame.etherType === undefined;
  const version = isIp ? (frame.version ?? 4) : null;
  const protocol = isIp ? (frame.protocol ?? 6) : null;
  const later = isIp && (frame.fragmentOffset ?? 0) > 0;
  const fragment = later || (isIp && frame.moreFragments === true);
  const hasPorts = !later && (protocol === 6 || protocol === 17);
  const icmp = !later && ((protocol === 1 && version === 4) || (protocol === 58 && version === 6)) ? frame.icmp : undefined;
  const bits = (words: readonly number[]): string => words.map((word) => word.toString(2).padStart(32, '0')).join('');
  const inPrefix = (prefix: Prefix, address: readonly number[]): boolean =>
    prefix.version === version && bits(address).startsWith(bits(prefix.words).slice(0, prefix.length));
  const inSet = (set: AddressSet, address: readonly number[]): boolean =>
    isIp && set.prefixes.some((prefix) => inPrefix(prefix, address)) !== set.negated;
  const inRanges = (ranges: readonly PortRange[], port: number): boolean => hasPorts && ranges.some(({ from, to }) => from <= port && port <= to);
  const type = frame.etherType ?? (version === 6 ? 0x86dd : 0x0800);
  const kinds = { none: isIp && !fragment, any: fragment, first: fragment && !later, later };
  return (
    (match.ingressPort === undefined || match.ingressPort === ingressPort) &&
    (match.sourceMac?.includes(frame.sourceMac!) ?? true) &&
    (match.destinationMac?.includes(frame.destinationMac!) ?? true) &&
    (match.etherType === undefined || match.etherType === type) &&
    (match.vlan?.includes(frame.vlans![0]) ?? true) &&
    (match.version === undefined || (match.version === 'any' ? isIp : match.version === version)) &&
    (match.protocol === undefined || (protocol !== null && match.protocol.includes(protocol))) &&
    (match.source === undefined || inSet(match.source, frame.source!)) &&
    (match.destination === undefined || inSet(match.destination, frame.destination!)) &&
    (match.sourcePorts === undefined || inRanges(match.sourcePorts, frame.sourcePort!)) &&
    (match.destinationPorts === undefined || inRanges(match.destinationPorts, frame.destinationPort!)) &&
    (match.tcpFlags === undefined || (hasPorts && protocol === 6 && (frame.tcpFlags! & match.tcpFlags.mask) === match.tcpFlags.value)) &&
    (match.icmpType === undefined || (icmp !== undefined && match.icmpType.includes(icmp.type))) &&
    (match.icmpCode === undefined || (icmp !== undefined && match.icmpCode.includes(icmp.code!))) &&
    (match.fragment === undefined || kinds[match.fragment]) &&
    (match.dscp === undefined || (isIp && match.dscp.includes(frame.dscp ?? 0)))
  );
}

// Small ranges, so that matches and packets meet often.
const word = fc.constantFrom(0, 0x0a000001, 0x0a000002, 0x0a800001, 0xc0a80001, 0xffffffff);
const port = fc.constantFrom(0, 53, 80, 443, 1024, 65535);
const mac = fc.constantFrom(0x020000000001, 0x020000000002, 0xffffffffffff);
const protocol = fc.constantFrom(1, 6, 17, 47, 58);
const icmp = fc.record({ type: fc.constantFrom(0, 8, 128, 135), code: fc.constantFrom(0, 1) });

const frames = fc.constantFrom<4 | 6>(4, 6).chain((version) => {
  const address = fc.array(word, { minLength: version === 4 ? 1 : 4, maxLength: version === 4 ? 1 : 4 });
  const always = fc.record({
    version: fc.constant(version),
    sourceMac: mac,
    destinationMac: mac,
    vlans: fc.array(fc.constantFrom(1, 12, 4094), { maxLength: 2 }),
    dscp: fc.constantFrom(0, 10, 46),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.constantFrom(0, 0, 0, 5),
    protocol,
    source: address,
    destination: address,
    sourcePort: port,
    destinationPort: port,
    tcpFlags: fc.constantFrom(0x02, 0x12, 0x10, 0x11, 0x04),
    icmp,
    payload: fc.constant([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
  });
  const other = fc.option(fc.constantFrom(0x88cc, 0x8863), { nil: null, freq: 8 });
  return fc.tuple(always, other).map(([frame, etherType]): Frame => (etherType === null ? frame : { ...frame, etherType }));
});

const prefix = fc.constantFrom<4 | 6>(4, 6).chain((version) => {
  const words = version === 4 ? 1 : 4;
  return fc.record({
    version: fc.constant(version),
    words: fc.array(word, { minLength: words, maxLength: words }),
    length: fc.constantFrom(...(version === 4 ? [0, 8, 9, 31, 32] : [0, 1, 32, 40, 96, 127, 128])),
  });
});
const set = fc.record({ prefixes: fc.array(prefix, { minLength: 1, maxLength: 3 }), negated: fc.boolean() });
const ranges = fc.array(fc.tuple(port, port).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })), { minLength: 1, maxLength: 2 });
const matchOf = (fields: (keyof Match)[]): fc.Arbitrary<Match> =>
  fc.record(
    {
      ingressPort: fc.constantFrom(0, 1),
      sourceMac: fc.array(mac, { minLength: 1, maxLength: 2 }),
      destinationMac: fc.array(mac, { minLength: 1, maxLength: 2 }),
      etherType: fc.constantFrom(0x0800, 0x86dd, 0x88cc),
      vlan: fc.subarray([1, 12], { minLength: 1 }),
      version: fc.constantFrom<4 | 6 | 'any'>(4, 6, 'any'),
      protocol: fc.array(protocol, { minLength: 1, maxLength: 3 }),
      source: set,
      destination: set,
      sourcePorts: ranges,
      destinationPorts: ranges,
      tcpFlags: fc.constantFrom({ mask: 0x12, value: 0x02 }, { mask: 0x04, value: 0x04 }, { mask: 0x01, value: 0 }),
      icmpType: fc.array(fc.constantFrom(0, 8, 128, 135), { minLength: 1, maxLength: 2 }),
      icmpCode: fc.subarray([0, 1], { minLength: 1 }),
      fragment: fc.constantFrom('none', 'any', 'first', 'later'),
      dscp: fc.subarray([0, 46], { minLength: 1 }),
    },
    { requiredKeys: [] },
  ).map((all) => Object.fromEntries(Object.entries(all).filter(([field]) => fields.includes(field as keyof Match))) as Match);
const FIELDS: (keyof Match)[] = ['ingressPort', 'sourceMac', 'destinationMac', 'etherType', 'vlan', 'version', 'protocol', 'source', 'destination'];
FIELDS.push('sourcePorts', 'destinationPorts', 'tcpFlags', 'icmpType', 'icmpCode', 'fragment', 'dscp');
const anyMatch = fc.subarray(FIELDS, { minLength: 0, maxLength: 4 }).chain(matchOf);

describe('a compiled match', () => {
  it('means what a naive reading of its fields means', () => {
    let hits = 0;
    fc.assert(
      fc.property(anyMatch, frames, fc.constantFrom(0, 1), (match, frame, ingressPort) => {
        const expected = meaning(match, frame, ingressPort);
        if (expected) hits++;
        expect(compileMatch(match, bench.headers).matches(bench.place(frame, ingressPort))).toBe(expected);
      }),
      { numRuns: 3000 },
    );
    expect(hits).toBeGreaterThan(100);
  });

  it('neither throws nor depends on bytes behind the packet, wherever the packet is cut', () => {
    fc.assert(
      fc.property(anyMatch, frames, fc.nat(120), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 }), (match, frame, keep, spoilt) => {
        const bytes = frameBytes(frame).slice(0, keep);
        for (const [at, value] of spoilt) if (at < bytes.length) bytes[at] = value;
        const matcher = compileMatch(match, bench.headers);
        const packet = bench.place(bytes);
        const first = matcher.matches(packet);
        packet.bytes.fill(0x5a, packet.start + bytes.length);
        packet.bytes.fill(0x5a, 0, packet.start);
        expect(matcher.matches(packet)).toBe(first);
      }),
      { numRuns: 2000 },
    );
  });

  it('negates a list of addresses for IP packets of either version, and for nothing else', () => {
    expect(matches('any to not 192.168.0.0/16', { destination: [0xc0a80101], source: [1] })).toBe(false);
    expect(matches('any to not 192.168.0.0/16', { destination: [0x08080808], source: [1] })).toBe(true);
    expect(matches('any to not 192.168.0.0/16', { version: 6, source: [1, 0, 0, 0] })).toBe(true);
    expect(matches('any to not 192.168.0.0/16', { etherType: 0x0806 })).toBe(false);
  });

  it('finds no port in a later fragment, and the port in the first', () => {
    const text = 'udp to any port 53';
    expect(matches(text, { protocol: 17, destinationPort: 53, moreFragments: true })).toBe(true);
    expect(matches(text, { protocol: 17, destinationPort: 53, fragmentOffset: 1 })).toBe(false);
    expect(matches('udp', { protocol: 17, fragmentOffset: 1 })).toBe(true);
  });

  it('asks for the slot headers where a match needs them', () => {
    expect(() => compileMatch({ ingressPort: 1 })).toThrow(RangeError);
  });
});
