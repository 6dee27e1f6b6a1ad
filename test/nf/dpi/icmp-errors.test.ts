/** An ICMP error carries the flow id of the connection that it quotes. */
import { describe, expect, it } from 'vitest';
import { dpi } from '../../../src/nf/dpi/index.js';
import { harness } from '../../../src/nf/harness.js';
import { icmpError4, icmpError6, udp4, udp6 } from '../../support/packets.js';

const FROM_CLIENT = { source: '10.0.0.1', destination: '192.0.2.7', ethernet: false };
const FROM_SERVER = { source: '192.0.2.7', destination: '10.0.0.1' };
const FROM_CLIENT_6 = { source: 'fd00::1', destination: '2001:db8::7', ethernet: false };
const FROM_SERVER_6 = { source: '2001:db8::7', destination: 'fd00::1' };
const QUERY = Uint8Array.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 2, 116, 118, 0, 0, 1, 0, 1]);
const PORTS = { sourcePort: 40_000, destinationPort: 53, payload: QUERY };

describe('an ICMP error', () => {
  it.each([
    ['IPv4', udp4({ ...FROM_CLIENT, ...PORTS, ethernet: true }), icmpError4(FROM_SERVER, 3, 3, udp4({ ...FROM_CLIENT, ...PORTS }))],
    ['IPv6', udp6({ ...FROM_CLIENT_6, ...PORTS, ethernet: true }), icmpError6(FROM_SERVER_6, 1, 4, udp6({ ...FROM_CLIENT_6, ...PORTS }))],
  ])('leaves the flow that it quotes its name, in %s, before and after', async (_, query, error) => {
    const nf = await harness(dpi({}));
    nf.process(error, { flowId: 1, direction: 'reverse' });
    expect(nf.flows).toEqual([]);
    nf.process(query, { flowId: 1 });
    nf.process(error, { flowId: 1, direction: 'reverse' });
    expect(nf.flows.map(({ protocol, host }) => [protocol, host])).toEqual([['DNS', 'a.tv']]);
  });

  it('that quotes too little is a flow of its own', async () => {
    const nf = await harness(dpi({}));
    nf.process(icmpError4(FROM_SERVER, 3, 3, udp4({ ...FROM_CLIENT, ...PORTS }).slice(0, 22)), { flowId: 2, direction: 'reverse' });
    expect(nf.flows.map(({ protocol }) => protocol)).toEqual(['ICMP']);
  });
});
