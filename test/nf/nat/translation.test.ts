import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { echo, ends, ethernet, hex, tcp, udp } from './packets.js';

const ETHERNET = '020000000001 020000000002 0800';
const start = () => harness(nat({ external: '203.0.113.1' }));

describe('a packet and its answer, byte by byte', () => {
  test('UDP: source address, both checksums; the port is kept', async () => {
    const nf = await start();
    const out = nf.process(hex(`${ETHERNET}
      4500 0020 1234 0000 4011 9c8d 0a000005 c0000207
      9c40 0035 000c d28d 61626364`), { direction: 'forward' });
    expect(out.verdict).toBe('forward');
    expect(out.flowPublished).toBe(true);
    expect(out.bytes).toEqual(hex(`${ETHERNET}
      4500 0020 1234 0000 4011 6a90 cb007101 c0000207
      9c40 0035 000c a090 61626364`));

    const back = nf.process(hex(`${ETHERNET}
      4500 0020 1234 0000 4011 6a90 c0000207 cb007101
      0035 9c40 000c a090 61626364`), { direction: 'reverse' });
    expect(back.verdict).toBe('forward');
    expect(back.flowId).toBe(out.flowId);
    expect(back.bytes).toEqual(hex(`${ETHERNET}
      4500 0020 1234 0000 4011 9c8d c0000207 0a000005
      0035 9c40 000c d28d 61626364`));
  });

  test('TCP: a port that is taken becomes another of the same parity', async () => {
    const nf = await start();
    const first = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 40_001, destinationPort: 80 };
    const second = { ...first, source: '10.0.0.6' };
    expect(ends(nf.process(tcp(first)).bytes)).toBe('203.0.113.1:40001 > 192.0.2.7:80');
    expect(ends(nf.process(tcp(second)).bytes)).toBe('203.0.113.1:1025 > 192.0.2.7:80');
    const back = { source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 80, destinationPort: 1025 };
    expect(ends(nf.process(tcp(back), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:80 > 10.0.0.6:40001');
    expect(ends(nf.process(tcp({ ...back, destinationPort: 40_001 }), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:80 > 10.0.0.5:40001');
    expect(nf.counters).toMatchObject({ 'translated-out': 2, 'translated-in': 2, 'bindings-created': 2, 'ports-preserved': 1 });
  });

  test('ICMP echo: the identifier stands for the port', async () => {
    const nf = await start();
    expect(ends(nf.process(echo(8, '10.0.0.5', '192.0.2.7', 77)).bytes)).toBe('203.0.113.1:77 > 192.0.2.7:77');
    expect(ends(nf.process(echo(8, '10.0.0.6', '192.0.2.7', 77)).bytes)).toBe('203.0.113.1:0 > 192.0.2.7:0');
    expect(ends(nf.process(echo(0, '192.0.2.7', '203.0.113.1', 0), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:77 > 10.0.0.6:77');
    expect(ends(nf.process(echo(0, '192.0.2.7', '203.0.113.1', 77), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:77 > 10.0.0.5:77');
    expect(nf.process(echo(8, '192.0.2.7', '203.0.113.1', 77), { direction: 'reverse' }).reason).toBe('nat-no-binding');
    expect(nf.process(echo(0, '10.0.0.5', '192.0.2.7', 77)).reason).toBe('nat-unsupported');
  });

  test('a UDP checksum of zero stays zero', async () => {
    const nf = await start();
    const { bytes } = nf.process(udp({ source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 }, 'abcd', false));
    expect([...bytes.slice(40, 42)]).toEqual([0, 0]);
    expect(ends(bytes)).toBe('203.0.113.1:5000 > 192.0.2.7:53');
  });
});

describe('one binding for all destinations (RFC 4787 REQ-1)', () => {
  const toFirst = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
  const toSecond = { ...toFirst, destination: '198.51.100.9', destinationPort: 123 };

  test('each flow publishes its translated tuple once', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2999] }));
    const [first, again, second] = [toFirst, toFirst, toSecond].map((flow) => nf.process(udp(flow)));
    expect([first, again, second].map(({ bytes }) => ends(bytes))).toEqual([
      '203.0.113.1:2000 > 192.0.2.7:53',
      '203.0.113.1:2000 > 192.0.2.7:53',
      '203.0.113.1:2000 > 198.51.100.9:123',
    ]);
    expect([first, again, second].map(({ flowPublished }) => flowPublished)).toEqual([true, false, true]);
    expect(nf.counters['bindings-created']).toBe(1);
  });

  const stranger = udp({ source: '198.51.100.66', destination: '203.0.113.1', sourcePort: 9, destinationPort: 5000 });

  test('endpoint-independent filtering lets anyone answer, and the flow is the same both ways', async () => {
    const nf = await start();
    nf.process(udp(toFirst));
    const asked = nf.process(stranger, { direction: 'reverse' });
    expect(ends(asked.bytes)).toBe('198.51.100.66:9 > 10.0.0.5:5000');
    const answered = nf.process(udp({ source: '10.0.0.5', destination: '198.51.100.66', sourcePort: 5000, destinationPort: 9 }));
    expect(ends(answered.bytes)).toBe('203.0.113.1:5000 > 198.51.100.66:9');
    expect(answered.flowId).toBe(asked.flowId);
  });

  test('filtering by address and port lets those answer who were asked', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', filtering: 'address-and-port' }));
    nf.process(udp(toFirst));
    expect(nf.process(stranger, { direction: 'reverse' }).reason).toBe('nat-filtered');
    const answer = { source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 5000 };
    expect(nf.process(udp(answer), { direction: 'reverse' }).verdict).toBe('forward');
    expect(nf.process(udp({ ...answer, sourcePort: 54 }), { direction: 'reverse' }).reason).toBe('nat-filtered');
    nf.process(udp({ source: '10.0.0.5', destination: '198.51.100.66', sourcePort: 5000, destinationPort: 9 }));
    expect(nf.process(stranger, { direction: 'reverse' }).verdict).toBe('forward');
  });
});

describe('what is not translated', () => {
  const flow = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
  const ipv6 = ethernet(hex('60000000 0000 3b40 fd000000000000000000000000000001 20010db8000000000000000000000001'), 0x86dd);
  const arp = ethernet(hex('0001 0800 06 04 0001 020000000002 0a000005 000000000000 0a000001'), 0x0806);

  test('IPv6 passes or drops as the option says; what is not IP passes', async () => {
    const passing = await start();
    expect(passing.process(ipv6)).toMatchObject({ verdict: 'forward', bytes: ipv6 });
    expect(passing.process(arp)).toMatchObject({ verdict: 'forward', bytes: arp });
    expect(passing.counters['untranslated']).toBe(2);
    const dropping = await harness(nat({ external: '203.0.113.1', ipv6: 'drop' }));
    expect(dropping.process(ipv6).reason).toBe('nat-ipv6');
  });

  test('hosts outside the inside prefixes pass untouched both ways', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', inside: ['10.0.0.0/8'] }));
    const own = udp({ ...flow, source: '198.51.100.20' });
    expect(nf.process(own)).toMatchObject({ verdict: 'forward', bytes: own });
    const answer = udp({ ...flow, source: '192.0.2.7', destination: '198.51.100.20' });
    expect(nf.process(answer, { direction: 'reverse' })).toMatchObject({ verdict: 'forward', bytes: answer });
  });

  test('nobody reaches an inside host past its binding', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', inside: ['10.0.0.0/8'] }));
    expect(nf.process(udp({ ...flow, destination: '10.0.0.5' }), { direction: 'reverse' }).reason).toBe('nat-no-binding');
    expect(nf.process(udp({ ...flow, destination: '203.0.113.1' }), { direction: 'reverse' }).reason).toBe('nat-no-binding');
    const closed = await start();
    expect(closed.process(udp({ ...flow, destination: '172.16.0.1' }), { direction: 'reverse' }).reason).toBe('nat-no-binding');
  });

  test('sources that cannot be, and destinations behind ourselves', async () => {
    const nf = await start();
    expect(nf.process(udp({ ...flow, source: '203.0.113.1' })).reason).toBe('nat-external-source');
    expect(nf.process(udp({ ...flow, source: '0.0.0.0' })).reason).toBe('nat-unsupported');
    expect(nf.process(udp({ ...flow, source: '224.0.0.5' })).reason).toBe('nat-unsupported');
    expect(nf.process(udp({ ...flow, destination: '203.0.113.1' })).reason).toBe('nat-no-binding');
  });

  test('malformed packets', async () => {
    const nf = await start();
    const whole = tcp(flow);
    expect(nf.process(whole.slice(0, 30)).reason).toBe('nat-malformed');
    expect(nf.process(whole.slice(0, 40)).reason).toBe('nat-malformed');
    const tooShort = Uint8Array.from(whole);
    tooShort[14] = 0x43;
    expect(nf.process(tooShort).reason).toBe('nat-malformed');
    expect(nf.counters['bindings-created']).toBe(0);
  });
});

describe('what a flow remembers is compared with the packet before it is believed', () => {
  const answerTo = (destinationPort: number) => udp({ source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort });
  const query = (source: string, sourcePort: number) => udp({ source, destination: '192.0.2.7', sourcePort, destinationPort: 53 });

  test('a flow id that comes with another tuple gets the translation of that tuple', async () => {
    const nf = await start();
    nf.process(query('10.0.0.5', 5000), { flowId: 7 });
    nf.process(query('10.0.0.6', 6000), { flowId: 8 });
    expect(ends(nf.process(query('10.0.0.6', 6000), { flowId: 7 }).bytes)).toBe('203.0.113.1:6000 > 192.0.2.7:53');
    expect(ends(nf.process(answerTo(5000), { flowId: 8, direction: 'reverse' }).bytes)).toBe('192.0.2.7:53 > 10.0.0.5:5000');
    expect(nf.process(answerTo(5001), { flowId: 7, direction: 'reverse' }).reason).toBe('nat-no-binding');
  });

  test('a port that went to another host is that host\'s, also for a flow that knew the first', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2000] }));
    nf.process(query('10.0.0.5', 5000), { flowId: 7, timestampMs: 0 });
    nf.process(query('10.0.0.6', 6000), { flowId: 8, timestampMs: 300_000 });
    const late = nf.process(answerTo(2000), { flowId: 7, direction: 'reverse', timestampMs: 300_000 });
    expect(ends(late.bytes)).toBe('192.0.2.7:53 > 10.0.0.6:6000');
    expect(nf.process(query('10.0.0.5', 5000), { flowId: 7, timestampMs: 300_000 }).reason).toBe('nat-ports-exhausted');
  });

  test('a binding is the same with and without a flow id', async () => {
    const nf = await start();
    for (const flowId of [7, 0, 7, 0]) {
      const out = nf.process(query('10.0.0.5', 5000), { flowId });
      expect([ends(out.bytes), out.flowPublished && flowId === 0]).toEqual(['203.0.113.1:5000 > 192.0.2.7:53', false]);
      expect(ends(nf.process(answerTo(5000), { flowId, direction: 'reverse' }).bytes)).toBe('192.0.2.7:53 > 10.0.0.5:5000');
    }
    expect(nf.counters['bindings-created']).toBe(1);
  });
});
