/** Forwarded ports: bindings that the options make. */
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat, type NatInput } from '../../../src/nf/nat/index.js';
import { ends, Flag, tcp, udp, type Ends } from './packets.js';

const options = {
  external: ['203.0.113.1', '203.0.113.2'],
  filtering: 'address-and-port',
  portForwards: [
    { protocol: 'tcp', port: 80, to: '10.0.0.7', toPort: 8080 },
    { protocol: ['tcp', 'udp'], external: '203.0.113.2', port: [6000, 6002], to: '10.0.0.8', toPort: 7000 },
  ],
} satisfies NatInput;
const from = (destination: string, destinationPort: number): Ends => ({ source: '192.0.2.7', sourcePort: 4000, destination, destinationPort });

test('lead in, whoever asks, and the answer comes from the forwarded port', async () => {
  const nf = await harness(nat(options));
  const there = nf.process(tcp(from('203.0.113.1', 80), Flag.syn), { direction: 'reverse' });
  expect(ends(there.bytes)).toBe('192.0.2.7:4000 > 10.0.0.7:8080');
  const back = nf.process(tcp({ source: '10.0.0.7', sourcePort: 8080, destination: '192.0.2.7', destinationPort: 4000 }, Flag.syn | Flag.ack));
  expect([ends(back.bytes), back.flowId]).toEqual(['203.0.113.1:80 > 192.0.2.7:4000', there.flowId]);
  expect([6000, 6001, 6002].map((port) => ends(nf.process(udp(from('203.0.113.2', port)), { direction: 'reverse' }).bytes))).toEqual([
    '192.0.2.7:4000 > 10.0.0.8:7000', '192.0.2.7:4000 > 10.0.0.8:7001', '192.0.2.7:4000 > 10.0.0.8:7002',
  ]);
  expect(nf.process(udp(from('203.0.113.2', 6003)), { direction: 'reverse' }).reason).toBe('nat-no-binding');
  expect(nf.process(udp(from('203.0.113.1', 80)), { direction: 'reverse' }).reason).toBe('nat-no-binding');
});

test('never time out, close or are given out', async () => {
  const nf = await harness(nat({ ...options, external: ['203.0.113.1', '203.0.113.2'] }));
  const web = tcp(from('203.0.113.1', 80), Flag.syn);
  const answer = (flags: number) => tcp({ source: '10.0.0.7', sourcePort: 8080, destination: '192.0.2.7', destinationPort: 4000 }, flags);
  nf.process(web, { direction: 'reverse' });
  for (const flags of [Flag.syn | Flag.ack, Flag.ack, Flag.rst]) nf.process(answer(flags), { timestampMs: 1000 });
  nf.expire(1e9);
  expect(nf.process(web, { direction: 'reverse', timestampMs: 1e9 }).verdict).toBe('forward');
  const given = new Set<string>();
  for (let host = 20; host < 60; host++) given.add(ends(nf.process(udp({ source: `10.0.0.${host}`, sourcePort: 6000, destination: '192.0.2.7', destinationPort: 53 })).bytes).split(' ')[0]);
  expect(given.has('203.0.113.2:6000')).toBe(false);
  expect(given.size).toBe(40);
});

test('a host with a forwarded port has the same external address for all it sends (RFC 4787 REQ-2)', async () => {
  const nf = await harness(nat(options));
  const sources = [1, 2, 3].map((sourcePort) => ends(nf.process(udp({ source: '10.0.0.8', sourcePort, destination: '192.0.2.7', destinationPort: 53 })).bytes).split(':')[0]);
  expect(new Set(sources)).toEqual(new Set(['203.0.113.2']));
});

test('new options: a forwarded port that is gone leads nowhere, a new one takes the place of whoever had it', async () => {
  const nf = await harness(nat(options));
  const own = { source: '10.0.0.5', sourcePort: 9000, destination: '192.0.2.7', destinationPort: 53 };
  const before = ends(nf.process(udp(own)).bytes).split(' ')[0];
  const [address] = before.split(':');
  await nf.update({ ...options, portForwards: [{ protocol: 'udp', external: address, port: 9000, to: '10.0.0.99' }] });
  expect(nf.process(tcp(from('203.0.113.1', 80), Flag.syn), { direction: 'reverse' }).reason).toBe('nat-no-binding');
  expect(ends(nf.process(udp(from(address, 9000)), { direction: 'reverse' }).bytes)).toBe('192.0.2.7:4000 > 10.0.0.99:9000');
  expect(ends(nf.process(udp(own)).bytes).split(' ')[0]).not.toBe(before);
});

test('fill the table if they must: a binding of a host gives way', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', bindings: 2 }));
  for (const host of [5, 6]) nf.process(udp({ source: `10.0.0.${host}`, sourcePort: 1, destination: '192.0.2.7', destinationPort: 53 }));
  await nf.update({ external: '203.0.113.1', bindings: 2, portForwards: [{ protocol: 'udp', port: [1, 2], to: '10.0.0.9' }] });
  expect([1, 2].map((port) => nf.process(udp(from('203.0.113.1', port)), { direction: 'reverse' }).verdict)).toEqual(['forward', 'forward']);
  expect(nf.process(udp({ source: '10.0.0.5', sourcePort: 1, destination: '192.0.2.7', destinationPort: 53 })).reason).toBe('nat-table-full');
});
