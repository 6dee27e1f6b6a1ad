import { chain, queuePort, start } from 'millrace';
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { ends, ethernet, ipv4, see, sum16, udp, udpSegment } from './packets.js';

const flow = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
const payload = Uint8Array.from({ length: 64 }, (_, k) => k);

/** A datagram in fragments of 24 bytes of IP payload. */
function fragments(of: typeof flow, identification: number): Uint8Array[] {
  const segment = udpSegment(of, payload);
  return [0, 24, 48].map((fragmentOffset) => {
    const fields = { ...of, protocol: 17, identification, fragmentOffset, moreFragments: fragmentOffset < 48 };
    return ethernet(ipv4(fields, segment.slice(fragmentOffset, fragmentOffset + 24)));
  });
}

/** The datagram put together again: its ends, and the sum over it. */
function together(parts: Uint8Array[]): string {
  const { source, destination } = see(parts[0]);
  const segment = Uint8Array.from(parts.flatMap((part) => [...see(part).payload]));
  const pseudo = Uint8Array.from([...source.split('.').map(Number), ...destination.split('.').map(Number), 0, 17, 0, segment.length]);
  const ports = [(segment[0] << 8) | segment[1], (segment[2] << 8) | segment[3]];
  expect(parts.map((part) => [see(part).source, see(part).destination, see(part).ipError])).toEqual(parts.map(() => [source, destination, 0]));
  return `${source}:${ports[0]} > ${destination}:${ports[1]} ${sum16(pseudo, segment)}`;
}

test('the first fragment keys the rest, both ways', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2999] }));
  const out = fragments(flow, 7).map((part) => nf.process(part));
  expect(out.map(({ verdict }) => verdict)).toEqual(['forward', 'forward', 'forward']);
  expect(together(out.map(({ bytes }) => bytes))).toBe('203.0.113.1:2000 > 192.0.2.7:53 0');

  const back = fragments({ source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 2000 }, 7).map((part) => nf.process(part, { direction: 'reverse' }));
  expect(together(back.map(({ bytes }) => bytes))).toBe('192.0.2.7:53 > 10.0.0.5:5000 0');
  expect(nf.counters['later-fragments']).toBe(4);
});

const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

test.each(ORDERS)('fragments to the outside may come in any order: %i, %i, %i', async (...order) => {
  const nf = await harness(nat({ external: ['203.0.113.1', '203.0.113.64/28'], static: [{ inside: '10.0.5.0/28', external: '198.51.100.16/28' }] }));
  for (const source of ['10.0.0.5', '10.0.0.6', '10.0.0.7', '10.0.5.3']) {
    const parts = fragments({ ...flow, source }, 7);
    const out: Uint8Array[] = [];
    for (const at of order) out[at] = nf.process(parts[at]).bytes;
    const { source: external } = see(nf.process(fragments({ ...flow, source, sourcePort: 5001 }, 8)[0]).bytes);
    expect(together(out)).toBe(`${external}:5000 > 192.0.2.7:53 0`);
  }
  expect(nf.counters['early-fragments']).toBe(4 * order.indexOf(0));
});

test('to a static address they may too', async () => {
  const nf = await harness(nat({ static: [{ inside: '10.0.0.5', external: '203.0.113.5' }] }));
  const back = fragments({ source: '192.0.2.7', destination: '203.0.113.5', sourcePort: 53, destinationPort: 5000 }, 9).toReversed();
  const parts = back.map((part) => nf.process(part, { direction: 'reverse' }).bytes);
  expect(together(parts.toReversed())).toBe('192.0.2.7:53 > 10.0.0.5:5000 0');
});

const answer = { source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 5000 };

const reverse = (timestampMs = 0) => ({ direction: 'reverse' as const, timestampMs });

test.each(ORDERS)('behind a shared address, where only the first one says who it is for, they may come in any order: %i, %i, %i', async (...order) => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  nf.process(fragments(flow, 7)[0]);
  const parts = fragments(answer, 7);
  const passed: Uint8Array[] = [];
  for (const at of order) {
    const { verdict, reason, bytes } = nf.process(parts[at], reverse());
    if (verdict === 'forward') passed.push(bytes);
    else expect(reason).toBe('nat-fragment-held');
  }
  const early = order.indexOf(0);
  expect(nf.counters).toMatchObject({ 'fragments-sent-on': early, 'bytes-buffered': early * 58 });
  const offsetOf = (frame: Uint8Array): number => ((frame[20] << 8) | frame[21]) & 0x1fff;
  expect(together([...passed, ...nf.originated].toSorted((a, b) => offsetOf(a) - offsetOf(b)))).toBe('192.0.2.7:53 > 10.0.0.5:5000 0');
});

test('between inside hosts by an external address likewise', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  nf.process(udp({ ...flow, source: '10.0.0.6', sourcePort: 6000 }));
  const [first, second, third] = fragments({ ...flow, destination: '203.0.113.1', destinationPort: 6000 }, 9);
  expect([second, third].map((part) => nf.process(part).reason)).toEqual(['nat-fragment-held', 'nat-fragment-held']);
  const result = nf.process(first);
  expect(result).toMatchObject({ verdict: 'forward', turnedBack: true });
  expect(together([result.bytes, ...nf.originated])).toBe('203.0.113.1:5000 > 10.0.0.6:6000 0');
});

test('what waits is bounded: in time, in number, and to none at all; then it stays dropped', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', heldFragments: 2 }));
  nf.process(fragments(flow, 7)[0]);
  const [first, second, third] = fragments(answer, 7);
  expect(nf.process(second, reverse(0)).reason).toBe('nat-fragment-held');
  expect(nf.process(first, reverse(2000)).verdict).toBe('forward');
  expect(nf.originated).toEqual([]);
  // The oldest makes room, here for a stranger's.
  const [next, early] = fragments(answer, 8);
  for (const part of [early, fragments(answer, 9)[1], fragments(answer, 10)[1]]) expect(nf.process(part, reverse(2001)).reason).toBe('nat-fragment-held');
  expect(nf.process(next, reverse(2001)).verdict).toBe('forward');
  expect(nf.originated).toEqual([]);
  // After the first one they pass by themselves, for 30 s.
  expect(nf.process(third, reverse(31_999)).verdict).toBe('forward');
  expect(nf.process(third, reverse(32_000)).reason).toBe('nat-fragment-held');

  const none = await harness(nat({ external: '203.0.113.1', heldFragments: 0 }));
  expect(none.process(second, reverse()).reason).toBe('nat-fragment');
  expect(none.process(fragments({ ...flow, destination: '203.0.113.1' }, 9)[1]).reason).toBe('nat-fragment');
});

test('what was held is not sent for a first fragment that is let in by nobody', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', filtering: 'address-and-port' }));
  nf.process(udp(flow));
  const [first, second] = fragments({ ...answer, source: '192.0.2.66' }, 7);
  expect(nf.process(second, reverse()).reason).toBe('nat-fragment-held');
  expect(nf.process(first, reverse()).reason).toBe('nat-filtered');
  expect(nf.originated).toEqual([]);
});

test('in a chain the books balance: what was held was dropped, what is sent on was made here', async () => {
  const [inside, outside] = [queuePort(), queuePort()];
  const runtime = await start({ ports: { inside, outside }, paths: [{ between: ['inside', 'outside'], via: chain('edge', [nat({ external: '203.0.113.1' })]) }] });
  await inside.send(udp(flow));
  expect(ends((await outside.receive())!.bytes)).toBe('203.0.113.1:5000 > 192.0.2.7:53');
  const [first, second, third] = fragments(answer, 7);
  for (const part of [third, second, first]) await outside.send(part);
  const received: Uint8Array[] = [];
  while (received.length < 3) received.push(Uint8Array.from((await inside.receive())!.bytes));
  const offsetOf = (frame: Uint8Array): number => ((frame[20] << 8) | frame[21]) & 0x1fff;
  expect(together(received.toSorted((a, b) => offsetOf(a) - offsetOf(b)))).toBe('192.0.2.7:53 > 10.0.0.5:5000 0');
  inside.end();
  outside.end();
  const report = await runtime.finished;
  expect(report.ledger).toEqual({ received: 4, originated: 2, transmitted: 4, dropped: 2, inFlight: 0, balanced: true });
  expect(report.drops).toEqual({ 'nat-fragment-held': 2 });
  expect(report.vms[0].counters).toMatchObject({ 'fragments-sent-on': 2, 'bytes-buffered': 116 });
});

test('another identification is another datagram', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  nf.process(fragments(flow, 7)[0]);
  nf.process(fragments(answer, 7)[0], { direction: 'reverse' });
  expect(nf.process(fragments(answer, 8)[1], { direction: 'reverse' }).reason).toBe('nat-fragment-held');
});

test('more datagrams than are known at a time: refused, until the first ones are forgotten', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  for (let identification = 0; identification < 1024; identification++) expect(nf.process(fragments(flow, identification)[0]).verdict).toBe('forward');
  const [first] = fragments(flow, 2000);
  expect(nf.process(first, { timestampMs: 1000 }).reason).toBe('nat-table-full');
  expect(nf.process(first, { timestampMs: 30_000 }).verdict).toBe('forward');
});
