/** Replicas share external addresses and no table: what one gives out, no other does. */
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { replicaOfHost, replicaOfPort } from '../../../src/flow/steering.js';
import { echo, ethernet, ip, ipv4, see, udp } from './packets.js';

const COUNT = 3;
const replicas = () => Promise.all([0, 1, 2].map((index) => harness(nat({ external: '203.0.113.1', ports: [2000, 2999], identifiers: [0, 299] }), { replica: { index, count: COUNT } })));

test('ports and identifiers: every one once, whose owner its number tells, and none is left over', async () => {
  const given = { udp: new Map<number, number>(), icmp: new Map<number, number>() };
  for (const [index, nf] of (await replicas()).entries()) {
    for (let host = 0; host < 1001; host++) {
      const source = `10.${index}.${host >> 8}.${host & 255}`;
      const datagram = nf.process(udp({ source, sourcePort: 2000 + (host % 1000), destination: '192.0.2.7', destinationPort: 53 }));
      if (datagram.verdict === 'forward') given.udp.set(see(datagram.bytes).sourcePort, index);
      else expect(datagram.reason).toBe('nat-ports-exhausted');
      const query = nf.process(echo(8, source, '192.0.2.7', host));
      if (query.verdict === 'forward') given.icmp.set(see(query.bytes).sourcePort, index);
    }
    expect(nf.counters['bindings-created']).toBe([...given.udp.values(), ...given.icmp.values()].filter((owner) => owner === index).length);
  }
  expect([given.udp.size, given.icmp.size]).toEqual([1000, 300]);
  for (const ports of [given.udp, given.icmp]) for (const [port, index] of ports) expect(replicaOfPort(port, COUNT)).toBe(index);
});

test('a port is kept where the replica has it; elsewhere its parity is', async () => {
  const ports = (await replicas()).map((nf) => see(nf.process(udp({ source: '10.0.0.5', sourcePort: 2401, destination: '192.0.2.7', destinationPort: 53 })).bytes).sourcePort);
  expect(ports.filter((port) => port === 2401)).toHaveLength(1);
  expect(ports.every((port) => port % 2 === 1)).toBe(true);
});

test('protocols without ports: each remote has one replica', async () => {
  const all = await replicas();
  for (let remote = 1; remote < 40; remote++) {
    const packet = ethernet(ipv4({ source: '10.0.0.5', destination: `192.0.2.${remote}`, protocol: 47 }, Uint8Array.of(0, 0, 8, 0)));
    const taking = all.flatMap((nf, index) => (nf.process(packet).verdict === 'forward' ? [index] : []));
    expect(taking).toEqual([replicaOfHost(ip(`192.0.2.${remote}`), COUNT)]);
  }
});

test('forwarded ports lead in at every replica', async () => {
  for (const index of [0, 1]) {
    const nf = await harness(nat({ external: '203.0.113.1', portForwards: [{ protocol: 'udp', port: 53, to: '10.0.0.7' }] }), { replica: { index, count: 2 } });
    expect(nf.process(udp({ source: '192.0.2.7', sourcePort: 9, destination: '203.0.113.1', destinationPort: 53 }), { direction: 'reverse' }).verdict).toBe('forward');
  }
});
