import { describe, expect, it } from 'vitest';
import { firewall } from '../../../src/nf/firewall/index.js';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { icmpEcho4, icmpEcho6, icmpError4, icmpError6, ip4, ip6, tcp4, udp4, udp6 } from '../../support/packets.js';
import { INSIDE, OUTSIDE, REVERSE, tcp, udp } from './packets.js';

const OUTBOUND = ['allow out any', 'deny in any'];
const reasonOf = (nf: Harness, bytes: Uint8Array, timestampMs: number, direction: 'forward' | 'reverse' = 'forward') =>
  nf.process(bytes, { timestampMs, direction }).reason;

describe('connections', () => {
  it('pass both ways once opened, whoever opened them', async () => {
    const nf = await harness(firewall({ rules: ['allow in tcp to any port 40000'] }));
    expect(nf.process(tcp.ack).reason).toBe('firewall-default');
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
    expect(nf.process(tcp.ack).reason).toBeNull();
    expect(nf.counters).toMatchObject({ established: 1, default: 1 });
  });

  it('are not kept when stateful is false', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, stateful: false }));
    expect(nf.process(tcp.syn).reason).toBeNull();
    expect(nf.process(tcp.synAck, REVERSE).reason).toBe('firewall-denied');
  });

  it('are not kept for packets without a flow', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(nf.process(tcp.syn, { flowId: 0 }).reason).toBeNull();
    expect(nf.process(tcp.synAck, { ...REVERSE, flowId: 0 }).reason).toBe('firewall-denied');
  });

  it('may be seen from their middle on: their first packet is judged as any', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(nf.process(tcp.data, REVERSE).reason).toBe('firewall-denied');
    expect(nf.process(tcp.ack).reason).toBeNull();
    expect(nf.process(tcp.data, REVERSE).reason).toBeNull();
  });

  it.each([['RST', tcp.rstThere], ['FIN', tcp.fin]])('are not opened by a stray %s, even where it passes', async (_, stray) => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(nf.process(stray).reason).toBeNull();
    expect(nf.process(tcp.data, REVERSE).reason).toBe('firewall-denied');
    expect(nf.process(stray).reason).toBeNull();
    expect(nf.counters).toMatchObject({ 'rule 1: allow out any': 2, established: 0 });
  });

  it('of protocols without ports pass both ways', async () => {
    const nf = await harness(firewall({ rules: ['allow out proto gre'] }));
    expect(nf.process(ip4({ source: INSIDE, destination: OUTSIDE }, 47, [0, 0, 8, 0])).reason).toBeNull();
    expect(nf.process(ip4({ source: OUTSIDE, destination: INSIDE }, 47, [0, 0, 8, 0]), REVERSE).reason).toBeNull();
  });

  it('do not lend their flow id to a later flow in the same place', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    const reused = 5 + 2 ** 24;
    expect(nf.process(tcp.syn, { flowId: 5 }).reason).toBeNull();
    expect(nf.process(tcp.synAck, { ...REVERSE, flowId: reused }).reason).toBe('firewall-denied');
  });
});

describe('timeouts', () => {
  it('are counted in packet time from the last packet of either direction', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, timeouts: { udpSeconds: 30 } }));
    expect(reasonOf(nf, udp.there, 1_000_000)).toBeNull();
    expect(reasonOf(nf, udp.back, 1_029_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, udp.back, 1_058_999, 'reverse')).toBeNull();
    expect(reasonOf(nf, udp.back, 1_089_000, 'reverse')).toBe('firewall-denied');
  });

  /** A handshake, and a word of the other end, at time 0. */
  const open = (nf: Harness): void => {
    for (const [packet, direction] of [[tcp.syn, 'forward'], [tcp.synAck, 'reverse'], [tcp.ack, 'forward'], [tcp.data, 'reverse'], [tcp.dataAck, 'forward']] as const) {
      expect(reasonOf(nf, packet, 0, direction)).toBeNull();
    }
  };

  it('are those of opening until the handshake is complete', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(reasonOf(nf, tcp.syn, 0)).toBeNull();
    expect(reasonOf(nf, tcp.synAck, 119_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.ack, 238_000)).toBeNull();
    expect(reasonOf(nf, tcp.data, 238_000 + 7_439_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.data, 238_000 + 2 * 7_439_000 + 1000, 'reverse')).toBe('firewall-denied');
  });

  it('stay those of opening when what is acknowledged was never sent', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(reasonOf(nf, tcp.syn, 0)).toBeNull();
    expect(reasonOf(nf, tcp.synAck, 0, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.dataAck, 0), 'the rules let it out, as invalid').toBeNull();
    expect(nf.counters).toMatchObject({ 'rule 1: allow out any': 2, established: 1 });
    expect(reasonOf(nf, tcp.data, 120_000, 'reverse')).toBe('firewall-denied');
  });

  it('forget a SYN that nobody answers, and at once one that is refused', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(reasonOf(nf, tcp.syn, 0)).toBeNull();
    expect(reasonOf(nf, tcp.synAck, 120_000, 'reverse')).toBe('firewall-denied');
    expect(reasonOf(nf, tcp.syn, 120_000)).toBeNull();
    expect(reasonOf(nf, tcp.refusal, 120_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.synAck, 120_000, 'reverse')).toBe('firewall-denied');
  });

  it('end soon after a RST, whatever follows', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    open(nf);
    expect(reasonOf(nf, tcp.rst, 1_000_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.data, 1_009_000, 'reverse')).toBeNull();
    expect(reasonOf(nf, tcp.data, 1_010_000, 'reverse')).toBe('firewall-denied');
  });

  it('are not ended by a RST that acknowledges nothing, right behind a SYN that came twice', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, invalid: 'drop' }));
    const [SYN, ACK, RST] = [2, 16, 4];
    const there = (flags: number, sequenceNumber: number, acknowledgementNumber: number) =>
      tcp4({ source: INSIDE, destination: OUTSIDE, sourcePort: 4000, destinationPort: 80, flags, sequenceNumber, acknowledgementNumber, window: 1000 });
    const back = (flags: number, sequenceNumber: number, acknowledgementNumber: number) =>
      tcp4({ source: OUTSIDE, destination: INSIDE, sourcePort: 80, destinationPort: 4000, flags, sequenceNumber, acknowledgementNumber, window: 1000 });
    nf.process(there(SYN, 100, 0));
    nf.process(back(SYN | ACK, 500, 101), REVERSE);
    nf.process(there(ACK, 101, 501));
    expect(nf.process(there(SYN, 100, 0)).reason).toBeNull();
    expect(nf.process(back(RST, 90_000, 0), REVERSE).reason).toBe('firewall-invalid');
    // The same that answers the SYN ends it: its receiver had forgotten the connection.
    expect(nf.process(back(RST | ACK, 90_000, 101), REVERSE).reason).toBeNull();
  });

  it('that an end remembers from before are ended by the RST to its ACK (RFC 9293 section 3.10.7.3)', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, invalid: 'drop' }));
    const ends = { source: INSIDE, destination: OUTSIDE, sourcePort: 4000, destinationPort: 80 };
    nf.process(tcp4({ ...ends, flags: 2, sequenceNumber: 100 }));
    const old = tcp4({ source: OUTSIDE, destination: INSIDE, sourcePort: 80, destinationPort: 4000, flags: 16, sequenceNumber: 900_000, acknowledgementNumber: 3_000_000 });
    expect(nf.process(old, REVERSE).reason).toBeNull();
    expect(nf.process(tcp4({ ...ends, flags: 4, sequenceNumber: 3_000_001 })).reason).toBe('firewall-invalid');
    expect(nf.process(old, REVERSE).reason).toBeNull();
    expect(nf.process(tcp4({ ...ends, flags: 4, sequenceNumber: 3_000_000 })).reason).toBeNull();
  });

  it('are those of TIME-WAIT after a FIN of each end, whatever follows', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    open(nf);
    for (const [packet, direction] of [[tcp.fin, 'forward'], [tcp.finBack, 'reverse'], [tcp.lastAck, 'forward']] as const) {
      expect(reasonOf(nf, packet, 1_000_000, direction)).toBeNull();
    }
    expect(reasonOf(nf, tcp.finBack, 1_119_000, 'reverse'), 'the last ACK was lost').toBeNull();
    expect(reasonOf(nf, tcp.finBack, 1_120_000, 'reverse')).toBe('firewall-denied');
  });

  it('stay long when one end only has sent FIN, however often', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    open(nf);
    for (let k = 0; k < 3; k++) expect(reasonOf(nf, tcp.fin, 0)).toBeNull();
    expect(reasonOf(nf, tcp.data, 7_439_000, 'reverse')).toBeNull();
  });

  it('can be others for half-closed connections and unanswered queries', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, timeouts: { tcpHalfClosedSeconds: 60, udpUnansweredSeconds: 5 } }));
    open(nf);
    expect(reasonOf(nf, tcp.fin, 0)).toBeNull();
    expect(reasonOf(nf, udp.there, 0)).toBeNull();
    expect(reasonOf(nf, udp.back, 5000, 'reverse')).toBe('firewall-denied');
    expect(reasonOf(nf, tcp.data, 60_000, 'reverse')).toBe('firewall-denied');
  });

  it('do not keep a connection that is over for a new SYN: the rules judge it', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    open(nf);
    nf.process(tcp.fin);
    expect(nf.process(tcp.synBack, REVERSE).reason, 'half closed, it cannot be').toBe('firewall-denied');
    for (const [packet, direction] of [[tcp.finBack, 'reverse'], [tcp.lastAck, 'forward']] as const) nf.process(packet, { direction });
    expect(nf.process(tcp.synBack, REVERSE).reason).toBe('firewall-denied');
    expect(nf.process(tcp.finBack, REVERSE).reason, 'the old connection ends in peace').toBeNull();
    expect(nf.process(tcp.synAgain).reason).toBeNull();
    expect(nf.counters).toMatchObject({ 'rule 1: allow out any': 2 });
  });
});

describe('echo', () => {
  const request = icmpEcho4({ source: INSIDE, destination: OUTSIDE, identifier: 7 });
  const reply = icmpEcho4({ source: OUTSIDE, destination: INSIDE, identifier: 7, request: false });
  const requestBack = icmpEcho4({ source: OUTSIDE, destination: INSIDE, identifier: 7 });

  it('opens the way for replies, not for requests of the other end', async () => {
    const nf = await harness(firewall({ rules: ['allow out icmp type echo-request'] }));
    expect(nf.process(reply, REVERSE).reason).toBe('firewall-default');
    expect(nf.process(request).reason).toBeNull();
    expect(nf.process(reply, REVERSE).reason).toBeNull();
    expect(nf.process(requestBack, REVERSE).reason).toBe('firewall-default');
  });

  it('works alike in IPv6', async () => {
    const nf = await harness(firewall({ rules: ['allow out icmp6 type echo-request'] }));
    const back = { source: '2001:db8::7', destination: 'fd00::5', request: false };
    expect(nf.process(icmpEcho6({ source: 'fd00::5', destination: '2001:db8::7' })).reason).toBeNull();
    expect(nf.process(icmpEcho6(back), REVERSE).reason).toBeNull();
  });

  it('begins no connection with a reply', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    expect(nf.process(icmpEcho4({ source: INSIDE, destination: OUTSIDE, identifier: 7, request: false })).reason).toBeNull();
    expect(nf.process(requestBack, REVERSE).reason).toBe('firewall-denied');
  });
});

describe('ICMP errors', () => {
  const query = { source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 80, payload: 'q' };
  const quoted = udp4({ ...query, ethernet: false });

  it('pass from any router when they are about an allowed connection', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    const error = icmpError4({ source: '192.0.2.1', destination: INSIDE }, 11, 0, quoted);
    expect(nf.process(error, REVERSE).reason).toBe('firewall-denied');
    expect(nf.process(udp.there).reason).toBeNull();
    expect(nf.process(error, REVERSE).reason).toBeNull();
    expect(nf.counters).toMatchObject({ established: 0, related: 1 });
  });

  it('do not pass to anyone but the sender of what they quote, nor as redirects', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND }));
    nf.process(udp.there);
    expect(nf.process(icmpError4({ source: '192.0.2.1', destination: '10.0.1.6' }, 3, 1, quoted), REVERSE).reason).toBe('firewall-denied');
    expect(nf.process(icmpError4({ source: '192.0.2.1', destination: INSIDE }, 5, 1, quoted), REVERSE).reason).toBe('firewall-denied');
  });

  it('do not keep a connection alive', async () => {
    const nf = await harness(firewall({ rules: OUTBOUND, timeouts: { udpSeconds: 10 } }));
    const error = icmpError4({ source: '192.0.2.1', destination: INSIDE }, 11, 0, quoted);
    expect(reasonOf(nf, udp.there, 0)).toBeNull();
    expect(reasonOf(nf, error, 9000, 'reverse')).toBeNull();
    expect(reasonOf(nf, error, 10_000, 'reverse')).toBe('firewall-denied');
  });

  it('pass in IPv6 too', async () => {
    const nf = await harness(firewall({ rules: ['allow out ip6 udp'] }));
    const six = { source: 'fd00::5', destination: '2001:db8::7', sourcePort: 40000, destinationPort: 53 };
    const error = icmpError6({ source: '2001:db8::1', destination: 'fd00::5' }, 2, 0, udp6({ ...six, ethernet: false }));
    expect(nf.process(udp6(six)).reason).toBeNull();
    expect(nf.process(error, REVERSE).reason).toBeNull();
    const elsewhere = icmpError6({ source: '2001:db8::1', destination: 'fd00::6' }, 2, 0, udp6({ ...six, ethernet: false }));
    expect(nf.process(elsewhere, REVERSE).reason).toBe('firewall-default');
  });
});

describe('fragments', () => {
  const first = ip4({ source: INSIDE, destination: OUTSIDE, identification: 9, moreFragments: true }, 17, [0x9c, 0x40, 0, 53, 0, 40, 0, 0, ...new Array<number>(16).fill(1)]);
  const later = ip4({ source: INSIDE, destination: OUTSIDE, identification: 9, fragmentOffset: 24 }, 17, new Array<number>(16).fill(2));

  it('go with their connection', async () => {
    const nf = await harness(firewall({ rules: ['allow out udp to any port 53'] }));
    expect(nf.process(later, { flowId: 3 }).reason).toBe('firewall-default');
    expect(nf.process(first, { flowId: 3 }).reason).toBeNull();
    expect(nf.process(later, { flowId: 3 }).reason).toBeNull();
    expect(nf.process(later, { flowId: 0 }).reason).toBe('firewall-default');
  });

  it('are judged by rules without ports when their first one is unknown', async () => {
    const nf = await harness(firewall({ rules: ['deny udp to any port 53', 'allow out udp'] }));
    expect(nf.process(later, { flowId: 0 }).reason).toBeNull();
    expect(nf.process(first, { flowId: 0 }).reason).toBe('firewall-denied');
  });

  it('can all be dropped', async () => {
    const nf = await harness(firewall({ rules: ['allow any'], fragments: 'drop' }));
    expect([nf.process(first).reason, nf.process(later).reason, nf.process(tcp.syn).reason]).toEqual(['firewall-invalid', 'firewall-invalid', null]);
    expect(nf.counters).toMatchObject({ invalid: 2 });
  });

  it('that would overwrite a TCP header are invalid', async () => {
    const nf = await harness(firewall({ rules: ['allow any'] }));
    const at = (fragmentOffset: number) => ip4({ source: INSIDE, destination: OUTSIDE, fragmentOffset }, 6, new Array<number>(16).fill(0));
    expect([8, 16, 24].map((offset) => nf.process(at(offset), { flowId: 1 }).reason)).toEqual(['firewall-invalid', 'firewall-invalid', null]);
    const fragmentHeader = (offset: number) => ({ protocol: 44, bytes: [0, 0, 0, offset, 0, 0, 0, 1] });
    const at6 = (offset: number) => ip6({ source: 'fd00::5', destination: '2001:db8::7', extensions: [fragmentHeader(offset)] }, 6, new Array<number>(16).fill(0));
    expect([8, 16, 24].map((offset) => nf.process(at6(offset), { flowId: 1 }).reason)).toEqual(['firewall-invalid', 'firewall-invalid', null]);
  });
});
