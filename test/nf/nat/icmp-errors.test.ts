import { describe, expect, test } from 'vitest';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { echo, ends, icmpError, see, tcp, udp, type Ends } from './packets.js';

/** Where the quotation starts: Ethernet, IPv4, ICMP header. */
const QUOTED = 14 + 20 + 8;
const flow: Ends = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 443 };

async function withBinding(): Promise<Harness> {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2999], identifiers: [300, 399] }));
  nf.process(udp(flow, 'hello'));
  nf.process(tcp(flow));
  nf.process(echo(8, '10.0.0.5', '192.0.2.7', 9));
  return nf;
}

describe('from outside, about a packet of ours', () => {
  test.each([
    ['UDP', udp({ ...flow, source: '203.0.113.1', sourcePort: 2000 }, 'hello'), '10.0.0.5:5000 > 192.0.2.7:443'],
    ['TCP', tcp({ ...flow, source: '203.0.113.1', sourcePort: 2000 }), '10.0.0.5:5000 > 192.0.2.7:443'],
    ['ICMP echo', echo(8, '203.0.113.1', '192.0.2.7', 300), '10.0.0.5:9 > 192.0.2.7:9'],
  ])('%s: outer destination, inner source and every checksum', async (_, translated, inner) => {
    const nf = await withBinding();
    const { verdict, bytes, flowPublished } = nf.process(icmpError('198.51.100.1', '203.0.113.1', 3, 1, translated), { direction: 'reverse' });
    expect(verdict).toBe('forward');
    expect(flowPublished).toBe(false);
    const outer = see(bytes);
    expect([outer.source, outer.destination, outer.ipError, outer.l4Error]).toEqual(['198.51.100.1', '10.0.0.5', 0, 0]);
    expect(ends(bytes, QUOTED)).toBe(inner);
  });

  test('eight bytes of the quoted segment are enough', async () => {
    const nf = await withBinding();
    const quoted = tcp({ ...flow, source: '203.0.113.1', sourcePort: 2000 });
    const { bytes } = nf.process(icmpError('198.51.100.1', '203.0.113.1', 11, 0, quoted, 28), { direction: 'reverse' });
    expect(see(bytes)).toMatchObject({ destination: '10.0.0.5', ipError: 0, l4Error: 0 });
    expect(see(bytes, QUOTED)).toMatchObject({ source: '10.0.0.5', sourcePort: 5000, ipError: 0 });
  });

  test('about nothing that we sent: no binding', async () => {
    const nf = await withBinding();
    const strange = [
      udp({ ...flow, source: '203.0.113.1', sourcePort: 2001 }),
      udp({ ...flow, source: '203.0.113.9', sourcePort: 2000 }),
      echo(8, '203.0.113.1', '192.0.2.7', 301),
    ];
    for (const quoted of strange) {
      expect(nf.process(icmpError('198.51.100.1', '203.0.113.1', 3, 1, quoted), { direction: 'reverse' }).reason).toBe('nat-no-binding');
    }
  });
});

describe('from inside, about a packet that was delivered', () => {
  const delivered = { source: '192.0.2.7', destination: '10.0.0.5', sourcePort: 443, destinationPort: 5000 };

  test.each([
    ['the host', '10.0.0.5'],
    ['a router before it', '10.9.9.9'],
  ])('sent by %s: no inside address leaves, and the quotation is what outside had sent', async (_, reporter) => {
    const nf = await withBinding();
    const { verdict, bytes } = nf.process(icmpError(reporter, '192.0.2.7', 3, 3, udp(delivered, 'answer')));
    expect(verdict).toBe('forward');
    expect(see(bytes)).toMatchObject({ source: '203.0.113.1', destination: '192.0.2.7', ipError: 0, l4Error: 0 });
    expect(ends(bytes, QUOTED)).toBe('192.0.2.7:443 > 203.0.113.1:2000');
  });

  test('about something that was never delivered: no binding', async () => {
    const nf = await withBinding();
    expect(nf.process(icmpError('10.0.0.5', '192.0.2.7', 3, 3, udp({ ...delivered, destinationPort: 5001 }))).reason).toBe('nat-no-binding');
  });
});

test('an error neither prolongs nor ends a binding (RFC 5508 REQ-6)', async () => {
  const nf = await withBinding();
  const error = icmpError('198.51.100.1', '203.0.113.1', 3, 1, udp({ ...flow, source: '203.0.113.1', sourcePort: 2000 }));
  expect(nf.process(error, { direction: 'reverse', timestampMs: 299_000 }).verdict).toBe('forward');
  const answer = udp({ source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 443, destinationPort: 2000 });
  expect(nf.process(answer, { direction: 'reverse', timestampMs: 299_500 }).verdict).toBe('forward');
  expect(nf.process(error, { direction: 'reverse', timestampMs: 300_000 }).reason).toBe('nat-no-binding');
});

test('a redirect is about the link that it came from, and stays there', async () => {
  const nf = await withBinding();
  const quoted = udp({ ...flow, source: '203.0.113.1', sourcePort: 2000 });
  expect(nf.process(icmpError('198.51.100.1', '203.0.113.1', 5, 1, quoted), { direction: 'reverse' }).reason).toBe('nat-unsupported');
});
