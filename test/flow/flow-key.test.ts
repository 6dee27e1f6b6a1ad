import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowKey } from '../../src/flow/flow-key.js';
import { HeaderOffset } from '../../src/memory/slot-layout.js';
import { Bench, type Frame, frameBytes, ipPacket } from './support/frames.js';

const bench = new Bench();

interface Read {
  words: number[];
  hash: number;
  isFromFirst: boolean;
}

function read(frame: Frame | number[], key = new FlowKey(), seconds = 0): Read | null {
  const packet = bench.place(frame);
  bench.headers.u32[HeaderOffset.timestampSeconds >> 2] = seconds;
  return key.read(packet) ? { words: [...key.words], hash: key.hash, isFromFirst: key.isFromFirst } : null;
}

const client = { source: [0x0a000001], destination: [0xc0000201], sourcePort: 40000, destinationPort: 443 };
const reversed = (frame: Frame): Frame => ({
  ...frame,
  source: frame.destination!,
  destination: frame.source!,
  sourcePort: frame.destinationPort!,
  destinationPort: frame.sourcePort!,
});

const word = fc.oneof(fc.constantFrom(0, 1, 0x0a000001, 0x80000000, 0xffffffff), fc.nat(0xffffffff));
const tuples = fc.constantFrom<4 | 6>(4, 6).chain((version) => {
  const address = fc.array(word, { minLength: version === 4 ? 1 : 4, maxLength: version === 4 ? 1 : 4 });
  const port = fc.nat(65535);
  return fc.record({
    version: fc.constant(version),
    protocol: fc.constantFrom(6, 17, 132, 47),
    source: address,
    destination: address,
    sourcePort: port,
    destinationPort: port,
    vlans: fc.constantFrom<number[]>([], [12], [12, 13]),
    payload: fc.constant([1, 2, 3, 4]),
  });
});

describe('the flow key', () => {
  it('is laid out as its table says', () => {
    expect(read({ ...client, protocol: 6, vlans: [12] })).toMatchObject({
      words: [(4 << 20) | (6 << 12) | 12, (40000 * 65536 + 443), 0x0a000001, 0, 0, 0, 0xc0000201, 0, 0, 0],
      isFromFirst: true,
    });
  });

  it('is the same for both directions, which tell who sent', () => {
    fc.assert(
      fc.property(tuples, (tuple) => {
        const there = read(tuple)!;
        const back = read(reversed(tuple))!;
        expect(back.words).toEqual(there.words);
        expect(back.hash).toBe(there.hash);
        const sameEnds = `${tuple.source.join()}:${tuple.protocol === 47 ? 0 : tuple.sourcePort}` === `${tuple.destination.join()}:${tuple.protocol === 47 ? 0 : tuple.destinationPort}`;
        if (!sameEnds) expect(back.isFromFirst).toBe(!there.isFromFirst);
      }),
      { numRuns: 1000 },
    );
  });

  it('differs when one field differs', () => {
    const base: Frame = { ...client, protocol: 6 };
    const others: Frame[] = [{ protocol: 17 }, { vlans: [1] }, { source: [0x0a000002] }, { destination: [0xc0000202] }, { sourcePort: 40001 }, { destinationPort: 444 }];
    const all = [base, ...others.map((other) => ({ ...base, ...other }))].map((frame) => read(frame)!);
    expect(new Set(all.map(({ words }) => words.join())).size).toBe(all.length);
    expect(new Set(all.map(({ hash }) => hash)).size).toBe(all.length);
  });

  it('can leave the VLAN out, for chains whose sides are tagged differently', () => {
    const key = new FlowKey({ vlan: false });
    expect(read({ ...client, vlans: [5] }, key)).toEqual(read(client, key));
  });

  it('spreads consecutive ports and addresses evenly over the buckets', () => {
    const buckets = new Uint32Array(64);
    for (let k = 0; k < 6400; k++) {
      const { hash } = read({ ...client, source: [0x0a000000 + (k >>> 6)], sourcePort: 40000 + (k & 63) })!;
      buckets[hash & 63]++;
    }
    expect(Math.min(...buckets)).toBeGreaterThan(50);
    expect(Math.max(...buckets)).toBeLessThan(160);
  });

  it('joins an echo with its reply by the identifier, and keeps two pings apart', () => {
    const ping = (type: number, identifier: number, frame: Frame = client): Frame => ({ ...frame, protocol: 1, icmp: { type, identifier } });
    const request = read(ping(8, 77))!;
    expect(read(ping(0, 77, reversed(client)))).toEqual({ ...request, isFromFirst: false });
    expect(request.words[1]).toBe(77 * 65536 + 77);
    expect(read(ping(8, 78))!.words).not.toEqual(request.words);
    // Timestamp queries pair like echoes, and are not echoes.
    expect(read(ping(14, 77, reversed(client)))!.words).toEqual(read(ping(13, 77))!.words);
    expect(read(ping(13, 77))!.words).not.toEqual(request.words);
  });

  it('keys other ICMP messages by type and code', () => {
    const message: Frame = { ...client, protocol: 1, icmp: { type: 10, code: 0, identifier: 9 } };
    expect(read(message)!.words.slice(0, 2)).toEqual([((255 << 24) | (4 << 20) | (1 << 12)) >>> 0, 0x0a000a00]);
  });

  it.each([4, 6] as const)('gives an ICMP error (IPv%i) the key of the packet that it quotes, sent by its receiver', (version) => {
    const wide = (address: number): number[] => (version === 4 ? [address] : [0x20010db8, 0, 0, address]);
    const quoted: Frame = { version, source: wide(1), destination: wide(2), sourcePort: 5000, destinationPort: 53, protocol: 17 };
    const router = wide(99);
    const error: Frame = { version, protocol: version === 4 ? 1 : 58, source: router, destination: wide(1) };
    const type = version === 4 ? 3 : 1;
    const answer = { ...error, icmp: { type, code: 3, quoted: ipPacket(quoted) } };
    expect(read(answer)).toEqual({ ...read(quoted)!, isFromFirst: !read(quoted)!.isFromFirst });
    const ping: Frame = { ...quoted, protocol: version === 4 ? 1 : 58, icmp: { type: version === 4 ? 8 : 128, identifier: 4242 } };
    expect(read({ ...error, icmp: { type, quoted: ipPacket(ping) } })!.words).toEqual(read(ping)!.words);
    // Too little quoted to tell the ports: the message stands for itself.
    expect(read({ ...error, icmp: { type, code: 3, quoted: ipPacket(quoted).slice(0, version === 4 ? 22 : 42) } })!.words[1]).toBe(
      ((type << 8) | 3) * 65537,
    );
  });

  it.each([4, 6] as const)('gives later fragments (IPv%i) the key of the first', (version) => {
    const wide = (address: number): number[] => (version === 4 ? [address] : [0x20010db8, 0, 0, address]);
    const base: Frame = { version, source: wide(9), destination: wide(2), sourcePort: 5000, destinationPort: 53, protocol: 17, identification: 321 };
    const first: Frame = { ...base, moreFragments: true, payload: [1, 2, 3, 4, 5, 6, 7, 8] };
    const later: Frame = { ...base, fragmentOffset: 2 };
    const key = new FlowKey();
    expect(read(later, key)).toBeNull(); // not seen yet
    const whole = read({ ...base }, key);
    expect(read(first, key)).toEqual(whole);
    expect(read(later, key)).toEqual(whole);
    expect(read({ ...later, identification: 322 }, key)).toBeNull();
    expect(read({ ...later, destination: wide(3) }, key)).toBeNull();
    expect(read({ ...later, source: base.destination!, destination: base.source! }, key)).toBeNull();
    expect(read(later, key, 61)).toBeNull(); // another datagram by now
  });

  it('forgets the oldest datagram when it has to', () => {
    const key = new FlowKey();
    const datagram = (identification: number): Frame => ({ ...client, protocol: 17, identification });
    for (let k = 0; k < 129; k++) read({ ...datagram(k), moreFragments: true, payload: [0, 0, 0, 0, 0, 0, 0, 0] }, key);
    expect(read({ ...datagram(0), fragmentOffset: 2 }, key)).toBeNull();
    expect(read({ ...datagram(1), fragmentOffset: 2 }, key)).not.toBeNull();
  });

  it('has no key for what is not IP, or has no L4 header that can be read', () => {
    expect(read({ etherType: 0x0806, payload: new Array<number>(28).fill(0) })).toBeNull();
    expect(read({ etherType: 0x88cc })).toBeNull();
    expect(read(frameBytes({ ...client, protocol: 6 }).slice(0, 14 + 20 + 10))).toBeNull();
    expect(read([])).toBeNull();
  });

  it('neither throws nor depends on bytes outside the packet', () => {
    const spoilt = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(tuples, fc.nat(120), spoilt, (tuple, keep, changes) => {
        const bytes = frameBytes({ ...tuple, payload: ipPacket({ ...client, protocol: 17 }) }).slice(0, keep);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const packet = bench.place(bytes);
        const key = new FlowKey();
        const found = key.read(packet) ? key.hash : -1;
        packet.bytes.fill(0x33, packet.start + bytes.length);
        packet.bytes.fill(0x33, 0, packet.start);
        expect(new FlowKey().read(packet)).toBe(found !== -1);
        if (key.read(packet)) expect(key.hash).toBe(found);
      }),
      { numRuns: 1500 },
    );
  });
});
