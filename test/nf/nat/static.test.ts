/** Static one-to-one translations: prefixes, all protocols, both ways, and nothing kept. */
import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { echo, ends, ethernet, icmpError, ipv4, tcp, udp } from './packets.js';

const options = { external: '203.0.113.1', static: [{ inside: '10.0.5.0/28', external: '198.51.100.16/28' }, { inside: '10.0.0.9', external: '203.0.113.9' }] };
const flow = { source: '10.0.5.3', destination: '192.0.2.7', sourcePort: 22, destinationPort: 4000 };

describe('a host with an address of its own', () => {
  test('keeps its ports, and takes no binding', async () => {
    const nf = await harness(nat({ ...options, filtering: 'address-and-port' }));
    expect(ends(nf.process(tcp(flow)).bytes)).toBe('198.51.100.19:22 > 192.0.2.7:4000');
    expect(ends(nf.process(udp({ ...flow, source: '10.0.0.9' })).bytes)).toBe('203.0.113.9:22 > 192.0.2.7:4000');
    expect(nf.counters).toMatchObject({ 'bindings-created': 0, 'translated-out': 2 });
  });

  test('is reached from outside, first too, whatever the filter', async () => {
    const nf = await harness(nat({ ...options, filtering: 'address-and-port' }));
    const asked = { source: '192.0.2.7', destination: '198.51.100.19', sourcePort: 4000, destinationPort: 22 };
    const there = nf.process(tcp(asked), { direction: 'reverse' });
    expect(ends(there.bytes)).toBe('192.0.2.7:4000 > 10.0.5.3:22');
    expect(there.flowPublished).toBe(true);
    const back = nf.process(tcp(flow));
    expect([ends(back.bytes), back.flowId]).toEqual(['198.51.100.19:22 > 192.0.2.7:4000', there.flowId]);
    expect(ends(nf.process(echo(8, '192.0.2.7', '198.51.100.19', 5), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:5 > 10.0.5.3:5');
    expect(ends(nf.process(echo(0, '10.0.5.3', '192.0.2.7', 5)).bytes)).toBe('198.51.100.19:5 > 192.0.2.7:5');
  });

  test('speaks protocols without ports to a remote that others speak to as well', async () => {
    const nf = await harness(nat(options));
    const gre = (source: string) => ethernet(ipv4({ source, destination: '192.0.2.7', protocol: 47 }, Uint8Array.of(0, 0, 8, 0)));
    expect(['10.0.5.3', '10.0.5.4', '10.0.0.9', '10.0.7.7'].map((host) => ends(nf.process(gre(host)).bytes).split(':')[0])).toEqual([
      '198.51.100.19', '198.51.100.20', '203.0.113.9', '203.0.113.1',
    ]);
  });

  test('gets errors about what it sent, and sends errors about what it got', async () => {
    const nf = await harness(nat(options));
    const sent = udp(flow, 'abc');
    const out = nf.process(sent);
    expect(nf.process(icmpError('192.0.2.99', '198.51.100.19', 11, 0, out.bytes), { direction: 'reverse' }).bytes).toEqual(icmpError('192.0.2.99', '10.0.5.3', 11, 0, sent));
    const answer = udp({ source: '192.0.2.7', destination: '198.51.100.19', sourcePort: 4000, destinationPort: 22 }, 'abc');
    const delivered = nf.process(answer, { direction: 'reverse' });
    expect(nf.process(icmpError('10.0.5.3', '192.0.2.7', 3, 3, delivered.bytes)).bytes).toEqual(icmpError('198.51.100.19', '192.0.2.7', 3, 3, answer));
  });
});

test('without shared addresses only static hosts are translated', async () => {
  const nf = await harness(nat({ static: options.static }));
  expect(ends(nf.process(tcp(flow)).bytes)).toBe('198.51.100.19:22 > 192.0.2.7:4000');
  const other = tcp({ ...flow, source: '10.0.7.7' });
  expect(nf.process(other)).toMatchObject({ verdict: 'forward', bytes: other });
  expect(nf.process(tcp({ ...flow, source: '192.0.2.7', destination: '10.0.5.3' }), { direction: 'reverse' }).reason).toBe('nat-no-binding');
  const answer = tcp({ ...flow, source: '192.0.2.7', destination: '10.0.7.7' });
  expect(nf.process(answer, { direction: 'reverse' })).toMatchObject({ verdict: 'forward', bytes: answer });
});
