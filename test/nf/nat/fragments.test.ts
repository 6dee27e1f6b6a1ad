import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { ethernet, ipv4, see, sum16, udpSegment } from './packets.js';

const flow = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
const payload = Uint8Array.from({ length: 64 }, (_, k) => k);

/** A datagram in fragments of 24 bytes of IP payload. */
function fragments(ends: typeof flow, identification: number): Uint8Array[] {
  const segment = udpSegment(ends, payload);
  return [0, 24, 48].map((fragmentOffset) => {
    const fields = { ...ends, protocol: 17, identification, fragmentOffset, moreFragments: fragmentOffset < 48 };
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

  const answer = { source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 2000 };
  const back = fragments(answer, 7).map((part) => nf.process(part, { direction: 'reverse' }));
  expect(together(back.map(({ bytes }) => bytes))).toBe('192.0.2.7:53 > 10.0.0.5:5000 0');
  expect(nf.counters['later-fragments']).toBe(4);
});

test('a later fragment that comes first, or long after, is dropped by name', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  const [first, second, third] = fragments(flow, 7);
  expect(nf.process(second).reason).toBe('nat-fragment');
  expect(nf.process(first).verdict).toBe('forward');
  expect(nf.process(second, { timestampMs: 29_999 }).verdict).toBe('forward');
  expect(nf.process(third, { timestampMs: 30_000 }).reason).toBe('nat-fragment');
});

test('another identification is another datagram', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  nf.process(fragments(flow, 7)[0]);
  expect(nf.process(fragments(flow, 8)[1]).reason).toBe('nat-fragment');
});

test('more datagrams than are known at a time: refused whole, until the first ones are forgotten', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  for (let identification = 0; identification < 1024; identification++) expect(nf.process(fragments(flow, identification)[0]).verdict).toBe('forward');
  const [first, second] = fragments(flow, 2000);
  expect(nf.process(first, { timestampMs: 1000 }).reason).toBe('nat-table-full');
  expect(nf.process(second, { timestampMs: 1000 }).reason).toBe('nat-fragment');
  expect(nf.process(first, { timestampMs: 30_000 }).verdict).toBe('forward');
});
