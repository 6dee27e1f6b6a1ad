/** Protocols without ports: the address alone is translated, and the remote address tells inside hosts apart. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { dotted, ethernet, hex, icmpError, icmpMessage, ipv4, see, sum16, udp, type Ipv4Fields } from './packets.js';

const ETHERNET = '020000000001 020000000002 0800';
const GRE = 47;
const start = () => harness(nat({ external: '203.0.113.1' }));
const body = Uint8Array.from({ length: 24 }, (_, k) => k);
const reverse = { direction: 'reverse' } as const;

const packet = (source: string, destination: string, protocol = GRE, more: Partial<Ipv4Fields> = {}, payload: Uint8Array = body): Uint8Array =>
  ethernet(ipv4({ source, destination, protocol, ...more }, payload));
const out = (host: number, remote = '192.0.2.7', protocol = GRE): Uint8Array => packet(`10.0.0.${host}`, remote, protocol);
const back = (remote = '192.0.2.7', protocol = GRE): Uint8Array => packet(remote, '203.0.113.1', protocol);
const addresses = (bytes: Uint8Array): string[] => [see(bytes).source, see(bytes).destination];

test('GRE and its answer, byte by byte: addresses and the header checksum', async () => {
  const nf = await start();
  const there = nf.process(hex(`${ETHERNET} 4500 001c 1234 0000 402f 9c73 0a000005 c0000207 0000 0800 45000000`));
  expect(there).toMatchObject({ verdict: 'forward', flowPublished: true });
  expect(there.bytes).toEqual(hex(`${ETHERNET} 4500 001c 1234 0000 402f 6a76 cb007101 c0000207 0000 0800 45000000`));
  const home = nf.process(hex(`${ETHERNET} 4500 001c 1234 0000 402f 6a76 c0000207 cb007101 0000 0800 45000000`), reverse);
  expect(home).toMatchObject({ verdict: 'forward', flowId: there.flowId });
  expect(home.bytes).toEqual(hex(`${ETHERNET} 4500 001c 1234 0000 402f 9c73 c0000207 0a000005 0000 0800 45000000`));
  expect(nf.counters).toMatchObject({ 'translated-out': 1, 'translated-in': 1, 'bindings-created': 1, 'ports-preserved': 0 });
});

const anyAddress = fc.integer({ min: 0x01000000, max: 0x7effffff }).map(dotted);
const protocols = fc.nat({ max: 255 }).filter((protocol) => ![1, 6, 17, 33, 51, 136, 139].includes(protocol));

test('translated and back is the identity, whatever follows the IP header', async () => {
  const nf = await start();
  fc.assert(
    fc.property(
      fc.record({ host: fc.nat({ max: 0xffff }), remote: anyAddress, protocol: protocols, payload: fc.uint8Array({ maxLength: 60 }), words: fc.nat({ max: 10 }) }),
      fc.record({ fragmentOffset: fc.nat({ max: 100 }).map((units) => units * 8), moreFragments: fc.boolean() }),
      ({ host, remote, protocol, payload, words }, fragment) => {
        const inside = dotted(0x0a000000 + host);
        fc.pre(remote !== inside);
        const more = { ...fragment, options: new Uint8Array(words * 4).fill(1) };
        const there = nf.process(packet(inside, remote, protocol, more, payload), { flowId: 0 });
        fc.pre(there.reason !== 'nat-ports-exhausted');
        expect(there.bytes).toEqual(packet('203.0.113.1', remote, protocol, more, payload));
        const home = nf.process(packet(remote, '203.0.113.1', protocol, more, payload), { ...reverse, flowId: 0 });
        expect(home.bytes).toEqual(packet(remote, inside, protocol, more, payload));
      },
    ),
    { numRuns: 500 },
  );
});

describe('who has the external address', () => {
  test('hosts with different remotes share it, and so do different protocols', async () => {
    const nf = await start();
    nf.process(out(5, '192.0.2.7'));
    nf.process(out(6, '192.0.2.8'));
    nf.process(out(6, '192.0.2.7', 50));
    expect(addresses(nf.process(back('192.0.2.7'), reverse).bytes)).toEqual(['192.0.2.7', '10.0.0.5']);
    expect(addresses(nf.process(back('192.0.2.8'), reverse).bytes)).toEqual(['192.0.2.8', '10.0.0.6']);
    expect(addresses(nf.process(back('192.0.2.7', 50), reverse).bytes)).toEqual(['192.0.2.7', '10.0.0.6']);
    expect(nf.process(back('192.0.2.9'), reverse).reason).toBe('nat-no-binding');
  });

  test('a second host with the same remote is refused by name, and said to a person once', async () => {
    const nf = await start();
    expect([5, 6, 6, 5].map((host) => nf.process(out(host)).reason)).toEqual([null, 'nat-ports-exhausted', 'nat-ports-exhausted', null]);
    expect(nf.alerts.map(({ signature, fields }) => ({ signature, fields }))).toEqual([
      { signature: 'nat-ports-exhausted', fields: { external: '203.0.113.1', protocol: 'gre' } },
    ]);
    expect(addresses(nf.process(back(), reverse).bytes)).toEqual(['192.0.2.7', '10.0.0.5']);
  });

  test('for 600 s after the last packet from inside; then another may', async () => {
    const nf = await start();
    nf.process(out(5), { timestampMs: 0 });
    nf.process(out(5), { timestampMs: 100_000 });
    expect(nf.process(back(), { ...reverse, timestampMs: 699_999 }).verdict).toBe('forward');
    expect(nf.process(out(6), { timestampMs: 699_999 }).reason).toBe('nat-ports-exhausted');
    expect(nf.process(back(), { ...reverse, timestampMs: 700_000 }).reason).toBe('nat-no-binding');
    expect(nf.process(out(6), { timestampMs: 700_000 }).verdict).toBe('forward');
    expect(addresses(nf.process(back(), { ...reverse, timestampMs: 700_000 }).bytes)).toEqual(['192.0.2.7', '10.0.0.6']);
    expect(nf.process(out(5), { timestampMs: 700_000 }).reason).toBe('nat-ports-exhausted');
  });

  test('the timeout can be chosen, and what timed out is swept', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', bindings: 8, timeouts: { otherSeconds: 2 } }));
    nf.process(out(5), { timestampMs: 0 });
    nf.expire(1999);
    expect(nf.counters['bindings-released']).toBe(0);
    nf.expire(2000);
    expect(nf.counters['bindings-released']).toBe(1);
  });

  test('bindings are not limited by how many ports there are, only by the table', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2000], identifiers: [1, 1], bindings: 20 }));
    const reasons = Array.from({ length: 21 }, (_, k) => nf.process(out(5, `192.0.2.${k + 1}`)).reason);
    expect(reasons).toEqual([...Array.from({ length: 20 }, () => null), 'nat-table-full']);
  });

  test('filtering by address and port changes nothing: only the remote is let in, with a flow or without', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', filtering: 'address-and-port' }));
    nf.process(out(5), { flowId: 0 });
    expect(nf.process(back(), { ...reverse, flowId: 0 }).verdict).toBe('forward');
    expect(nf.process(back(), { ...reverse, flowId: 9 }).verdict).toBe('forward');
    expect(nf.process(back('192.0.2.8'), reverse).reason).toBe('nat-no-binding');
  });
});

test('a restart over the same tables keeps bindings; another external address ends them', async () => {
  const nf = await start();
  nf.process(out(5));
  nf.process(udp({ source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 }));
  await nf.update({ external: '203.0.113.1', ports: [2000, 2999] });
  expect(nf.counters['bindings-repaired']).toBe(2); // both halves of the UDP binding, whose port is out of range now
  expect(addresses(nf.process(back(), reverse).bytes)).toEqual(['192.0.2.7', '10.0.0.5']);
  expect(nf.process(out(6)).reason).toBe('nat-ports-exhausted');
  await nf.update({ external: '203.0.113.2' });
  expect(addresses(nf.process(out(6)).bytes)).toEqual(['203.0.113.2', '192.0.2.7']);
});

test('fragments in any order: each carries all that is translated', async () => {
  const nf = await start();
  const parts = [48, 0, 24].map((fragmentOffset) => ({ identification: 7, fragmentOffset, moreFragments: fragmentOffset < 48 }));
  for (const part of parts) {
    expect(nf.process(packet('10.0.0.5', '192.0.2.7', GRE, part)).bytes).toEqual(packet('203.0.113.1', '192.0.2.7', GRE, part));
  }
  for (const part of parts) {
    expect(nf.process(packet('192.0.2.7', '203.0.113.1', GRE, part), reverse).bytes).toEqual(packet('192.0.2.7', '10.0.0.5', GRE, part));
  }
  expect(nf.counters).toMatchObject({ 'bindings-created': 1, 'later-fragments': 0 });
});

test('multicast is a destination like any other', async () => {
  const nf = await start();
  for (const [destination, protocol] of [['224.0.0.22', 2], ['224.0.0.5', 89], ['224.0.0.13', 103], ['224.0.0.18', 112]] as const) {
    expect(nf.process(out(5, destination, protocol)).bytes).toEqual(packet('203.0.113.1', destination, protocol));
  }
});

describe('ICMP errors about such packets', () => {
  /** Where the quotation starts: Ethernet, IPv4, ICMP header. */
  const QUOTED = 14 + 20 + 8;

  test.each([576, 20])('from outside, %i bytes quoted: the inside host sees what it sent', async (quotedBytes) => {
    const nf = await start();
    const there = nf.process(out(5)).bytes;
    const { bytes } = nf.process(icmpError('198.51.100.1', '203.0.113.1', 3, 4, there, quotedBytes), reverse);
    expect(bytes).toEqual(icmpError('198.51.100.1', '10.0.0.5', 3, 4, out(5), quotedBytes));
  });

  test('from inside: no inside address leaves', async () => {
    const nf = await start();
    nf.process(out(5));
    const delivered = nf.process(back(), reverse).bytes;
    const { bytes } = nf.process(icmpError('10.0.0.5', '192.0.2.7', 3, 2, delivered));
    expect(bytes).toEqual(icmpError('203.0.113.1', '192.0.2.7', 3, 2, back()));
    expect(see(bytes, QUOTED).ipError).toBe(0);
  });

  test('about a later fragment: it has all that is needed', async () => {
    const nf = await start();
    const part = { fragmentOffset: 24, moreFragments: true };
    const there = nf.process(packet('10.0.0.5', '192.0.2.7', GRE, part)).bytes;
    const { bytes } = nf.process(icmpError('198.51.100.1', '203.0.113.1', 11, 0, there), reverse);
    expect(bytes).toEqual(icmpError('198.51.100.1', '10.0.0.5', 11, 0, packet('10.0.0.5', '192.0.2.7', GRE, part)));
  });

  test('about what was never sent: no binding', async () => {
    const nf = await start();
    nf.process(out(5));
    for (const quoted of [packet('203.0.113.1', '192.0.2.8'), packet('203.0.113.1', '192.0.2.7', 50), packet('203.0.113.1', '192.0.2.7', 51)]) {
      expect(nf.process(icmpError('198.51.100.1', '203.0.113.1', 3, 1, quoted), reverse).reason).toBe('nat-no-binding');
    }
  });
});

describe('ICMP messages that are neither query nor error', () => {
  const message = (source: string, destination: string, type: number): Uint8Array => packet(source, destination, 1, {}, icmpMessage(type, 0, new Uint8Array(4)));

  test('router discovery: the address alone, and the ICMP checksum stays right', async () => {
    const nf = await start();
    for (const [destination, type] of [['224.0.0.2', 10], ['224.0.0.1', 9], ['192.0.2.7', 42]] as const) {
      expect(nf.process(message('10.0.0.5', destination, type)).bytes).toEqual(message('203.0.113.1', destination, type));
    }
    expect(nf.process(message('192.0.2.7', '203.0.113.1', 43), reverse).bytes).toEqual(message('192.0.2.7', '10.0.0.5', 43));
    expect(nf.process(message('192.0.2.8', '203.0.113.1', 43), reverse).reason).toBe('nat-no-binding');
  });

  test('an identifier is not taken for an address, nor the other way round', async () => {
    const nf = await start();
    nf.process(packet('10.0.0.5', '192.0.2.7', 1, {}, icmpMessage(8, 0, hex('0007 0001'))));
    expect(nf.process(message('0.0.0.7', '203.0.113.1', 43), reverse).reason).toBe('nat-no-binding');
  });

  test('in fragments: the first keys the rest', async () => {
    const nf = await start();
    const later = packet('192.0.2.7', '203.0.113.1', 1, { identification: 7, fragmentOffset: 24 });
    expect(nf.process(later, reverse).reason).toBe('nat-fragment-held');
    nf.process(packet('10.0.0.5', '192.0.2.7', 1, {}, icmpMessage(42, 0, new Uint8Array(20))));
    nf.process(packet('192.0.2.7', '203.0.113.1', 1, { identification: 7, moreFragments: true }, icmpMessage(43, 0, new Uint8Array(20))), reverse);
    expect(see(nf.process(later, reverse).bytes).destination).toBe('10.0.0.5');
  });
});

test('what covers the addresses beyond the IP header is not translated: AH, DCCP, UDP-Lite, HIP', async () => {
  const nf = await start();
  for (const protocol of [51, 33, 136, 139]) {
    expect(nf.process(out(5, '192.0.2.7', protocol)).reason).toBe('nat-unsupported');
    expect(nf.process(back('192.0.2.7', protocol), reverse).reason).toBe('nat-unsupported');
    expect(nf.process(packet('10.0.0.5', '192.0.2.7', protocol, { fragmentOffset: 24 })).reason).toBe('nat-unsupported');
  }
  expect(nf.counters['bindings-created']).toBe(0);
});

test('a truncated IP header is malformed; what follows it may be anything', async () => {
  const nf = await start();
  expect(nf.process(out(5).slice(0, 30)).reason).toBe('nat-malformed');
  const empty = nf.process(packet('10.0.0.5', '192.0.2.7', 132, {}, new Uint8Array(0))).bytes;
  expect([addresses(empty), sum16(empty.slice(14, 34))]).toEqual([['203.0.113.1', '192.0.2.7'], 0]);
});
