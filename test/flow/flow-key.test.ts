/** Flow keys: what belongs to one connection has one key and one hash, and nothing else has. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowKey, type FlowKeyOptions } from '../../src/flow/flow-key.js';
import { parseIpv4, parseIpv6 } from '../../src/packet/address.js';
import { arpRequest, icmpEcho4, icmpEcho6, icmpError4, icmpError6, type Ip4Fields, ip4, ip6, type LinkFields, tcp4, tcp6, u16, u32, udp4, udp6 } from '../support/packets.js';
import { place } from '../support/bench-slot.js';

interface Read {
  words: number[];
  hash: number;
  isFromFirst: boolean;
  isError: boolean;
}

function readWith(key: FlowKey, bytes: Uint8Array, poison?: number): Read | null {
  const packet = place(bytes, poison === undefined ? {} : { poison });
  if (!key.read(packet)) return null;
  return { words: [...new Uint32Array(key.words)], hash: key.hash, isFromFirst: key.isFromFirst, isError: key.isError };
}

function keyOf(bytes: Uint8Array, options: FlowKeyOptions = {}): Read {
  const read = readWith(new FlowKey(options), bytes);
  expect(read, 'the packet has a key').not.toBeNull();
  return read!;
}

function expectSameFlow(one: Read, other: Read): void {
  expect(other.words).toEqual(one.words);
  expect(other.hash).toBe(one.hash);
}

const A = '10.0.0.1';
const B = '192.0.2.1';
const ROUTER = '198.51.100.254';
const A6 = 'fd00::1';
const B6 = '2001:db8::2';
const there = { source: A, destination: B };
const back = { source: B, destination: A };
const there6 = { source: A6, destination: B6 };
const back6 = { source: B6, destination: A6 };
const ports = { sourcePort: 40000, destinationPort: 443 };
const portsBack = { sourcePort: 443, destinationPort: 40000 };
/** SCTP: a common header of 12 B with the two ports in front. */
const sctp = (from: number, to: number): number[] => [...u16(from), ...u16(to), ...u32(7), ...u32(0)];

const BOTH_WAYS: [story: string, forth: Uint8Array, back: Uint8Array][] = [
  ['TCP', tcp4({ ...there, ...ports }), tcp4({ ...back, ...portsBack })],
  ['TCP over IPv6', tcp6({ ...there6, ...ports }), tcp6({ ...back6, ...portsBack })],
  ['UDP', udp4({ ...there, ...ports }), udp4({ ...back, ...portsBack })],
  ['UDP over IPv6', udp6({ ...there6, ...ports }), udp6({ ...back6, ...portsBack })],
  ['UDP between two ports of one host', udp4({ source: A, destination: A, ...ports }), udp4({ source: A, destination: A, ...portsBack })],
  ['echo', icmpEcho4({ ...there, identifier: 77 }), icmpEcho4({ ...back, identifier: 77, request: false, sequenceNumber: 2 })],
  ['echo over IPv6', icmpEcho6({ ...there6, identifier: 77 }), icmpEcho6({ ...back6, identifier: 77, request: false })],
  ['timestamp query', ip4(there, 1, [13, 0, 0, 0, 0, 9, 0, 1]), ip4(back, 1, [14, 0, 0, 0, 0, 9, 0, 1])],
  ['SCTP', ip4(there, 132, sctp(5000, 2905)), ip4(back, 132, sctp(2905, 5000))],
  ['SCTP over IPv6', ip6(there6, 132, sctp(5000, 2905)), ip6(back6, 132, sctp(2905, 5000))],
  ['GRE', ip4(there, 47, [0, 0, 8, 0]), ip4(back, 47, [0, 0, 8, 0])],
  ['a tagged frame', tcp4({ ...there, ...ports, vlans: [12] }), tcp4({ ...back, ...portsBack, vlans: [12] })],
];

describe('a flow key', () => {
  it.each(BOTH_WAYS)('is one for both directions: %s', (_story, forth, answer) => {
    const [one, other] = [keyOf(forth), keyOf(answer)];
    expectSameFlow(one, other);
    expect(other.isFromFirst).toBe(!one.isFromFirst);
    expect([one.isError, other.isError]).toEqual([false, false]);
  });

  it('has the words that its table says', () => {
    const { words, isFromFirst } = keyOf(tcp4({ source: B, destination: A, sourcePort: 443, destinationPort: 40000, vlans: [12, 13] }));
    expect(words).toEqual([(4 << 20) | (6 << 12) | 12, ((40000 << 16) | 443) >>> 0, parseIpv4(A), 0, 0, 0, parseIpv4(B), 0, 0, 0]);
    expect(isFromFirst).toBe(false);
    const query = keyOf(icmpEcho6({ ...there6, identifier: 77 }));
    expect(query.words.slice(0, 2)).toEqual([((128 << 24) | (6 << 20) | (58 << 12)) >>> 0, (77 << 16) | 77]);
    expect(query.words.slice(2)).toEqual([...parseIpv6(B6)!, ...parseIpv6(A6)!]);
  });

  it('is symmetric for any addresses and ports, and tells other tuples apart', () => {
    const address = fc.constantFrom(A, B, ROUTER, '255.255.255.255', '128.0.0.0', '0.0.0.1');
    const port = fc.constantFrom(0, 1, 53, 32768, 65535);
    const tuple = fc.record({ source: address, destination: address, sourcePort: port, destinationPort: port });
    type Tuple = Record<'source' | 'destination', string> & Record<'sourcePort' | 'destinationPort', number>;
    const turned = (t: Tuple): Tuple => ({ source: t.destination, destination: t.source, sourcePort: t.destinationPort, destinationPort: t.sourcePort });
    const text = (t: Tuple): string => `${t.source}:${t.sourcePort}>${t.destination}:${t.destinationPort}`;
    fc.assert(
      fc.property(tuple, tuple, fc.boolean(), (one, other, udp) => {
        const make = udp ? udp4 : tcp4;
        expectSameFlow(keyOf(make(one)), keyOf(make(turned(one))));
        const same = text(one) === text(other) || text(one) === text(turned(other));
        expect(keyOf(make(one)).words.join() === keyOf(make(other)).words.join()).toBe(same);
      }),
    );
  });

  it('differs by protocol, IP version, echo identifier and ICMP type', () => {
    const keys = [
      tcp4({ ...there, ...ports }), udp4({ ...there, ...ports }), ip4(there, 132, sctp(40000, 443)), tcp6({ ...there6, ...ports }), ip4(there, 47, [0, 0, 8, 0]),
      icmpEcho4({ ...there, identifier: 1 }), icmpEcho4({ ...there, identifier: 2 }), ip4(there, 1, [13, 0, 0, 0, 0, 1, 0, 1]), ip4(there, 1, [9, 0, 0, 0, 0, 1, 0, 1]),
      ip4(there, 1, [10, 0, 0, 0, 0, 1, 0, 1]),
    ].map((bytes) => keyOf(bytes).words.join());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('tells VLANs apart unless it is told not to', () => {
    const tagged = (vlans: LinkFields['vlans'] & {}): Uint8Array => tcp4({ ...there, ...ports, vlans });
    expect(keyOf(tagged([12])).words).not.toEqual(keyOf(tagged([13])).words);
    expect(keyOf(tagged([12])).words).not.toEqual(keyOf(tagged([])).words);
    expect(keyOf(tagged([12, 5])).words).toEqual(keyOf(tagged([12, 6])).words); // the outermost tag counts
    expect(keyOf(tagged([12]), { vlan: false }).words).toEqual(keyOf(tagged([])).words);
  });

  it.each([
    ['ARP', arpRequest({ senderAddress: A, targetAddress: B })],
    ['LLDP', Uint8Array.from([1, 0x80, 0xc2, 0, 0, 14, 2, 0, 0, 0, 0, 1, 0x88, 0xcc, 2, 7, 4])],
    ['a TCP header cut short', tcp4({ ...there, ...ports }).slice(0, 14 + 20 + 19)],
    ['an SCTP header without its ports', ip4(there, 132, [1, 2, 3])],
    ['an ICMP header cut short', ip4(there, 1, [8, 0, 0])],
    ['nothing at all', new Uint8Array(0)],
  ])('is refused for %s', (_story, bytes) => {
    expect(readWith(new FlowKey(), bytes)).toBeNull();
  });

  it('depends on no byte outside the packet, wherever it is cut or spoilt', () => {
    const packets = [...BOTH_WAYS.map(([, forth]) => forth), icmpError4({ source: ROUTER, destination: A }, 3, 1, udp4({ ...there, ...ports, ethernet: false }))];
    fc.assert(
      fc.property(fc.constantFrom(...packets), fc.nat(90), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), (whole, keep, spoilt) => {
        const bytes = whole.slice(0, keep);
        for (const [at, value] of spoilt) if (at < bytes.length) bytes[at] = value;
        expect(readWith(new FlowKey(), bytes, 0)).toEqual(readWith(new FlowKey(), bytes, 0xff));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an ICMP error', () => {
  const inner = { ethernet: false };
  const QUOTES: [story: string, sent: Uint8Array, quoted: Uint8Array][] = [
    ['TCP', tcp4({ ...there, ...ports }), tcp4({ ...there, ...ports, ...inner })],
    ['TCP of which 8 bytes are left', tcp4({ ...there, ...ports }), tcp4({ ...there, ...ports, ...inner }).slice(0, 28)],
    ['UDP', udp4({ ...there, ...ports }), udp4({ ...there, ...ports, ...inner })],
    ['echo', icmpEcho4({ ...there, identifier: 77 }), icmpEcho4({ ...there, identifier: 77, ...inner })],
    ['a timestamp query', ip4(there, 1, [13, 0, 0, 0, 0, 9, 0, 1]), ip4({ ...there, ...inner }, 1, [13, 0, 0, 0, 0, 9, 0, 1])],
    ['GRE', ip4(there, 47, [0, 0, 8, 0]), ip4({ ...there, ...inner }, 47, [0, 0, 8, 0])],
  ];
  const QUOTES6: typeof QUOTES = [
    ['TCP', tcp6({ ...there6, ...ports }), tcp6({ ...there6, ...ports, ...inner })],
    ['UDP', udp6({ ...there6, ...ports }), udp6({ ...there6, ...ports, ...inner })],
    ['echo', icmpEcho6({ ...there6, identifier: 77 }), icmpEcho6({ ...there6, identifier: 77, ...inner })],
  ];

  it.each(QUOTES)('belongs to the connection that it quotes, as if its receiver had sent it: %s', (_story, sent, quoted) => {
    const original = keyOf(sent);
    const error = keyOf(icmpError4({ source: ROUTER, destination: A }, 3, 1, quoted));
    expectSameFlow(original, error);
    expect(error).toMatchObject({ isError: true, isFromFirst: !original.isFromFirst });
  });

  it.each(QUOTES6)('belongs to the connection that it quotes, over IPv6: %s', (_story, sent, quoted) => {
    const original = keyOf(sent);
    const error = keyOf(icmpError6({ source: 'fd00::ffff', destination: A6 }, 1, 4, quoted));
    expectSameFlow(original, error);
    expect(error).toMatchObject({ isError: true, isFromFirst: !original.isFromFirst });
  });

  it.each([
    ['too little of TCP', tcp4({ ...there, ...ports, ...inner }).slice(0, 22)],
    ['an IP header only', icmpEcho4({ ...there, identifier: 77, ...inner }).slice(0, 20)],
    ['an ICMP message without an identifier', ip4({ ...there, ...inner }, 1, [9, 0, 0, 0, 1, 2, 0, 1])],
    ['a later fragment', ip4({ ...there, ...inner, fragmentOffset: 8 }, 17, [1, 2, 3, 4, 5, 6, 7, 8])],
  ])('that quotes %s is a message of its own', (_story, quoted) => {
    const error = keyOf(icmpError4({ source: ROUTER, destination: A }, 3, 1, quoted));
    expect(error.isError).toBe(false);
    expect(error.words[0] >>> 24).toBe(255);
    expect(error.words[1]).toBe(0x0301_0301);
  });

  it('does not leave its mark on the next packet', () => {
    const key = new FlowKey();
    expect(readWith(key, icmpError4({ source: ROUTER, destination: A }, 3, 1, QUOTES[0][2]))?.isError).toBe(true);
    expect(readWith(key, tcp4({ ...there, ...ports }))?.isError).toBe(false);
  });
});

describe('fragments', () => {
  const first: Ip4Fields = { ...there, identification: 7, moreFragments: true };
  const later: Ip4Fields = { ...there, identification: 7, fragmentOffset: 24 };
  const data = new Array<number>(16).fill(0);
  /** The Fragment header of IPv6 (RFC 8200 section 4.5). */
  const fragment6 = (offset: number, more: boolean, id: number) => ({ protocol: 44, bytes: [0, 0, ...u16((offset) | (more ? 1 : 0)), ...u32(id)] });
  const udpHeader = [...u16(40000), ...u16(443), ...u16(100), 0, 0];

  it('that come later have the key of the first', () => {
    const key = new FlowKey();
    const head = readWith(key, udp4({ ...first, ...ports, payload: data }));
    expect(head).not.toBeNull();
    expect(readWith(key, ip4(later, 17, data))).toEqual(head);
    expect(readWith(key, ip4({ ...later, fragmentOffset: 40 }, 17, data))).toEqual(head);
    expect(head!.words).toEqual(keyOf(udp4({ ...there, ...ports })).words);
  });

  it('that come later have the key of the first, over IPv6 behind other extension headers', () => {
    const key = new FlowKey();
    const hopByHop = { protocol: 0, bytes: [0, 0, 1, 4, 0, 0, 0, 0] };
    const head = readWith(key, ip6({ ...there6, extensions: [hopByHop, fragment6(0, true, 99)] }, 17, [...udpHeader, ...data]));
    expect(head).not.toBeNull();
    expect(readWith(key, ip6({ ...there6, extensions: [hopByHop, fragment6(24, false, 99)] }, 17, data))).toEqual(head);
    expect(readWith(key, ip6({ ...there6, extensions: [fragment6(24, false, 98)] }, 17, data))).toBeNull();
    expect(head!.words).toEqual(keyOf(udp6({ ...there6, ...ports })).words);
  });

  it('of an echo request follow its identifier', () => {
    const key = new FlowKey();
    const head = readWith(key, icmpEcho4({ ...first, identifier: 77, payload: data }));
    expect(readWith(key, ip4(later, 1, data))).toEqual(head);
    expect(head!.words).toEqual(keyOf(icmpEcho4({ ...back, identifier: 77, request: false })).words);
  });

  it.each([
    ['no first fragment came', null, later],
    ['another identification', first, { ...later, identification: 8 }],
    ['the other direction', first, { ...later, ...back }],
    ['another host', first, { ...later, source: '10.0.0.2' }],
  ])('that come later have no key: %s', (_story, before, after) => {
    const key = new FlowKey();
    if (before !== null) readWith(key, udp4({ ...before, ...ports, payload: data }));
    expect(readWith(key, ip4(after, 17, data))).toBeNull();
  });

  it('take their ports from the newest first fragment of that identification', () => {
    const key = new FlowKey();
    readWith(key, udp4({ ...first, ...ports, payload: data }));
    const newest = readWith(key, udp4({ ...first, sourcePort: 40001, destinationPort: 53, payload: data }));
    expect(readWith(key, ip4(later, 17, data))).toEqual(newest);
  });

  it('are remembered for the last 128 datagrams', () => {
    const key = new FlowKey();
    for (let id = 0; id < 129; id++) readWith(key, udp4({ ...first, identification: id, ...ports, payload: data }));
    const known = Array.from({ length: 129 }, (_, id) => readWith(key, ip4({ ...later, identification: id }, 17, data)) !== null);
    expect(known).toEqual([false, ...new Array<boolean>(128).fill(true)]);
  });
});

describe('the hash', () => {
  /** Largest share of a bucket, relative to an even spread. */
  function worst(hashes: readonly number[], buckets: number, bucketOf: (hash: number) => number): number {
    const counts = new Uint32Array(buckets);
    for (const hash of hashes) counts[bucketOf(hash)]++;
    return (Math.max(...counts) * buckets) / hashes.length;
  }

  const FLOWS = 4096;
  const octets = (k: number): string => `${(k >>> 8) & 255}.${k & 255}`;
  it.each([
    ['client ports', (k: number) => udp4({ ...there, sourcePort: 1024 + k, destinationPort: 53 })],
    ['client addresses', (k: number) => tcp4({ source: `10.0.${octets(k)}`, destination: B, ...ports })],
    ['server addresses', (k: number) => tcp4({ source: A, destination: `198.18.${octets(k)}`, ...ports })],
    ['echo identifiers', (k: number) => icmpEcho4({ ...there, identifier: k })],
    ['low words of IPv6 addresses', (k: number) => tcp6({ source: `fd00::${k.toString(16)}`, destination: B6, ...ports })],
    ['high words of IPv6 addresses', (k: number) => tcp6({ source: `fd00:${k.toString(16)}::1`, destination: B6, ...ports })],
  ])('spreads flows that differ only in %s', (_story, packet) => {
    const hashes = Array.from({ length: FLOWS }, (_, k) => keyOf(packet(k)).hash);
    expect(new Set(hashes).size).toBeGreaterThan(FLOWS - 8);
    // 256 a bucket: an even hash stays within 1.5 of that (5 standard deviations are 1.31).
    expect(worst(hashes, 16, (hash) => hash & 15)).toBeLessThan(1.5);
    expect(worst(hashes, 16, (hash) => hash >>> 28)).toBeLessThan(1.5);
    expect(worst(hashes, 3, (hash) => hash % 3)).toBeLessThan(1.2);
  });
});
