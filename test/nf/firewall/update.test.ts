import { describe, expect, it } from 'vitest';
import { firewall } from '../../../src/nf/firewall/index.js';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { icmpEcho4, icmpError4, udp4 } from '../../support/packets.js';
import { INSIDE, OUTSIDE, REVERSE, tcp, udp } from './packets.js';

const open = (nf: Harness): void => {
  for (const [packet, options] of [[tcp.syn, {}], [tcp.synAck, REVERSE], [tcp.ack, {}], [tcp.data, REVERSE]] as const) {
    expect(nf.process(packet, options).reason).toBeNull();
  }
};

describe('new rules under traffic', () => {
  it('end the established connections of a host that they deny, in both directions', async () => {
    const nf = await harness(firewall({ rules: ['allow any'] }));
    open(nf);
    await nf.update({ rules: [`deny from ${INSIDE}`, 'allow any'] });
    expect(nf.process(tcp.data, REVERSE).reason, 'a reply is judged as its opener').toBe('firewall-denied');
    expect(nf.process(tcp.data, REVERSE).reason, 'and is not taken for an opener later').toBe('firewall-denied');
    expect(nf.process(tcp.ack).reason).toBe('firewall-denied');
    expect(nf.process(tcp.synBack, REVERSE).reason, 'the other end may open one').toBeNull();
    expect(nf.process(tcp.ack).reason).toBeNull();
  });

  it('do not let a packet that they deny end the connection: it stays known as denied', async () => {
    const nf = await harness(firewall({ rules: ['allow any'] }));
    open(nf);
    await nf.update({ rules: [`deny from ${INSIDE}`, 'allow any'] });
    expect(nf.process(tcp.rst, { ...REVERSE, timestampMs: 0 }).reason).toBe('firewall-denied');
    expect(nf.process(tcp.data, { ...REVERSE, timestampMs: 60_000 }).reason).toBe('firewall-denied');
    await nf.update({ rules: ['allow any'] });
    expect(nf.process(tcp.data, { ...REVERSE, timestampMs: 120_000 }).reason).toBeNull();
    expect(nf.process(tcp.ack, { timestampMs: 7_000_000 }).reason).toBeNull();
    expect(nf.counters, 'it was not opened anew').toMatchObject({ established: 4 });
  });

  it('let a connection pass again that they allow again', async () => {
    const nf = await harness(firewall({ rules: ['allow out any'] }));
    open(nf);
    await nf.update({ rules: ['deny any'] });
    expect(nf.process(tcp.data, REVERSE).reason).toBe('firewall-denied');
    await nf.update({ rules: ['allow out any'] });
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
  });

  it('judge a reply with the direction of the opener', async () => {
    const nf = await harness(firewall({ rules: ['allow any'] }));
    open(nf);
    await nf.update({ rules: ['deny in any', `allow out tcp from ${INSIDE} to ${OUTSIDE} port 80`] });
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
    expect(nf.counters).toMatchObject({ 'rules of later updates': 1, established: 4 });
  });

  it('judge a connection by the flags of the packet that opened it', async () => {
    const rules = ['allow out tcp flags syn, not ack', 'deny tcp'];
    const nf = await harness(firewall({ rules }));
    expect(nf.process(tcp.ack).reason).toBe('firewall-denied');
    open(nf);
    await nf.update({ rules: [...rules, 'deny udp'] });
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
    expect(nf.process(tcp.ack).reason).toBeNull();
  });

  it('judge an echo by the type of its request', async () => {
    const rules = ['allow out icmp type echo-request'];
    const nf = await harness(firewall({ rules }));
    nf.process(icmpEcho4({ source: INSIDE, destination: OUTSIDE }));
    await nf.update({ rules: ['deny udp', ...rules] });
    expect(nf.process(icmpEcho4({ source: OUTSIDE, destination: INSIDE, request: false }), REVERSE).reason).toBeNull();
  });

  it('let no ICMP error pass before they have judged its connection', async () => {
    const nf = await harness(firewall({ rules: ['allow out udp'] }));
    const quoted = udp4({ source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 80, ethernet: false });
    const error = icmpError4({ source: '192.0.2.1', destination: INSIDE }, 3, 3, quoted);
    nf.process(udp.there);
    await nf.update({ rules: ['allow out ip'] });
    expect(nf.process(error, REVERSE).reason).toBe('firewall-default');
    nf.process(udp.there);
    expect(nf.process(error, REVERSE).reason).toBeNull();
  });

  it('may change every other option too', async () => {
    const nf = await harness(firewall({ rules: ['allow out tcp'] }));
    nf.process(tcp.syn);
    await nf.update({ rules: [], default: 'allow', stateful: false });
    expect(nf.process(udp.there).reason).toBeNull();
    expect(nf.counters).toMatchObject({ default: 1 });
  });

  it('count on in the counter of a rule that stays', async () => {
    const nf = await harness(firewall({ rules: ['allow udp', 'allow tcp', 'allow tcp'], stateful: false }));
    nf.process(udp.there);
    await nf.update({ rules: ['deny arp', 'allow tcp', 'allow udp'], stateful: false });
    nf.process(udp.there);
    nf.process(tcp.syn);
    expect(nf.counters).toMatchObject({ 'rule 1: allow udp': 2, 'rule 2: allow tcp': 1, 'rule 3: allow tcp': 0, 'rules of later updates': 0 });
  });
});
