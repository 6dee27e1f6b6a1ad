import { describe, expect, it } from 'vitest';
import { firewall } from '../../../src/nf/firewall/index.js';
import { harness } from '../../../src/nf/harness.js';
import { TcpFlag } from '../../../src/packet/protocols.js';
import { place } from '../../support/bench-slot.js';
import { arpRequest, icmpEcho4, icmpError4, plainChecksum, tcp4, tcp6, udp4, udp6 } from '../../support/packets.js';
import { INSIDE, OUTSIDE, REVERSE, tcp, udp } from './packets.js';

const six = { source: 'fd00::5', destination: '2001:db8::7', sourcePort: 40000, destinationPort: 80 };
/** Sums to zero when the checksum in it is right. */
const l4Sum = (frame: Uint8Array, ip: number, addresses: number, length: number, protocol: number): number => {
  const from = ip === 4 ? 26 : 22;
  const at = ip === 4 ? 34 : 54;
  const pseudo = protocol === 1 ? [] : [...frame.slice(from, from + addresses), 0, 0, length >>> 8, length & 255, 0, 0, 0, protocol];
  return plainChecksum([...pseudo, ...frame.slice(at, at + length)]);
};

describe('reject', () => {
  it('answers TCP by a RST with the numbers that its sender awaits', async () => {
    const nf = await harness(firewall({ rules: ['reject any'] }));
    const syn = nf.process(tcp4({ source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 80, flags: TcpFlag.syn, sequenceNumber: 1000, vlans: [7], payload: 'hi' }));
    expect(syn).toMatchObject({ verdict: 'reply', reason: 'firewall-rejected' });
    const answer = place(syn.bytes).tcp()!;
    expect([answer.sourcePort, answer.destinationPort, answer.flags, answer.sequenceNumber, answer.acknowledgementNumber]).toEqual([80, 40000, TcpFlag.rst | TcpFlag.ack, 0, 1003]);
    expect(place(syn.bytes).ipv4()!.destination).toBe(0x0a000105);
    expect([syn.bytes.length, plainChecksum([...syn.bytes.slice(18, 38)])]).toEqual([14 + 4 + 40, 0]);
    const ack = nf.process(tcp6({ ...six, flags: TcpFlag.ack, sequenceNumber: 5, acknowledgementNumber: 77 }));
    const rst = place(ack.bytes).tcp()!;
    expect([rst.flags, rst.sequenceNumber, rst.acknowledgementNumber]).toEqual([TcpFlag.rst, 77, 0]);
    expect(l4Sum(ack.bytes, 6, 32, 20, 6)).toBe(0);
    expect([...ack.bytes.slice(0, 12)]).toEqual([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
  });

  it('answers all else by an ICMP error that quotes it', async () => {
    const nf = await harness(firewall({ rules: ['reject in ip', 'reject with port-unreachable ip'] }));
    const packet = udp4({ source: INSIDE, destination: OUTSIDE, sourcePort: 40000, destinationPort: 53, payload: 'q'.repeat(900) });
    const four = nf.process(packet);
    const error = place(four.bytes).icmp()!;
    expect([error.type, error.code, four.bytes.length]).toEqual([3, 3, 14 + 576]);
    expect([...four.bytes.slice(42)]).toEqual([...packet.slice(14, 14 + 548)]);
    expect([plainChecksum([...four.bytes.slice(14, 34)]), l4Sum(four.bytes, 4, 8, 556, 1)]).toEqual([0, 0]);
    expect(place(four.bytes).ipv4()).toMatchObject({ ttl: 64 });
    const back = nf.process(udp6({ ...six, payload: 'q' }), REVERSE);
    expect([place(back.bytes).icmpv6()!.type, place(back.bytes).icmpv6()!.code]).toEqual([1, 1]);
    expect(l4Sum(back.bytes, 6, 32, back.bytes.length - 54, 58)).toBe(0);
    expect(nf.counters).toMatchObject({ 'rejected with an answer': 2, 'rejected in silence': 0 });
  });

  it('is silent where nothing may be answered', async () => {
    const nf = await harness(firewall({ rules: ['reject any'], malformed: 'pass' }));
    const ends = { source: INSIDE, destination: OUTSIDE, sourcePort: 1, destinationPort: 2 };
    const silent = [
      tcp.rst, arpRequest({ senderAddress: INSIDE, targetAddress: '10.0.0.1' }), udp4({ ...ends, destination: '224.0.0.251' }), udp4({ ...ends, source: '0.0.0.0' }),
      udp4({ ...ends, destinationMac: 0x01005e000001 }), icmpError4({ source: OUTSIDE, destination: INSIDE }, 3, 1, udp4({ ...ends, ethernet: false })), udp4(ends).slice(0, 30),
      udp6({ ...six, source: '::' }), udp6({ ...six, destination: 'ff02::1' }),
    ];
    for (const bytes of silent) {
      const result = nf.process(bytes);
      expect(result).toMatchObject({ verdict: 'drop', reason: 'firewall-rejected' });
      expect(result.bytes).toEqual(bytes);
    }
    expect(nf.counters).toMatchObject({ 'rejected in silence': silent.length });
  });

  it('makes no more errors in a second than it may', async () => {
    const nf = await harness(firewall({ rules: ['reject any'], icmpErrorsPerSecond: 2 }));
    const verdicts = [0, 0, 0, 499, 500, 5000].map((timestampMs) => nf.process(udp.there, { timestampMs }).verdict);
    expect(verdicts).toEqual(['reply', 'reply', 'drop', 'drop', 'reply', 'reply']);
  });

  it('spends none of them on what may not be answered', async () => {
    const nf = await harness(firewall({ rules: ['reject any'], icmpErrorsPerSecond: 2 }));
    const broadcast = udp4({ source: INSIDE, destination: OUTSIDE, sourcePort: 5000, destinationPort: 53, destinationMac: 0xffffffffffff });
    const verdicts = [broadcast, broadcast, broadcast, udp.there, udp.there].map((bytes) => nf.process(bytes, { timestampMs: 0 }).verdict);
    expect(verdicts).toEqual(['drop', 'drop', 'drop', 'reply', 'reply']);
  });
});

describe('limit', () => {
  const echo = icmpEcho4({ source: OUTSIDE, destination: INSIDE });

  it('holds while there are tokens, and the next rule is asked otherwise', async () => {
    const nf = await harness(firewall({ rules: ['allow limit 10/second burst 3 icmp', 'deny icmp'], stateful: false }));
    const reasons = [0, 0, 0, 0, 99, 100, 100, 1000].map((timestampMs) => nf.process(echo, { timestampMs }).reason === null);
    expect(reasons).toEqual([true, true, true, false, false, true, false, true]);
    expect(nf.counters).toMatchObject({ 'over limit': 3, 'rule 2: deny icmp': 3 });
  });

  it('keeps its tokens when the rule stays, and has new ones when it is another', async () => {
    const rules = ['allow limit 1/day burst 2 icmp'];
    const nf = await harness(firewall({ rules, stateful: false }));
    const passes = () => nf.process(echo, { timestampMs: 5000 }).reason === null;
    expect([passes(), passes(), passes()]).toEqual([true, true, false]);
    await nf.update({ rules: ['count udp', ...rules], stateful: false });
    expect(passes()).toBe(false);
    await nf.update({ rules: ['allow limit 2/day burst 1 icmp'], stateful: false });
    expect([passes(), passes()]).toEqual([true, false]);
  });
});

describe('log and count', () => {
  it('do not decide', async () => {
    const nf = await harness(firewall({ rules: ['count tcp', 'log udp', 'allow tcp', 'deny any'] }));
    expect([nf.process(tcp.syn).reason, nf.process(udp.there).reason]).toEqual([null, 'firewall-denied']);
    expect(nf.counters).toMatchObject({ 'rule 1: count tcp': 1, 'rule 2: log udp': 1, 'rule 3: allow tcp': 1, 'rule 4: deny any': 1 });
    expect(nf.alerts).toMatchObject([{ signature: 'log udp', fields: { action: 'log' } }]);
  });
});

describe('half-open connections', () => {
  it('give way to newer ones, oldest first, but not once the handshake is complete', async () => {
    const nf = await harness(firewall({ rules: ['allow out any', 'deny in any'], halfOpen: 4 }));
    const syn = (port: number) => tcp4({ source: INSIDE, destination: OUTSIDE, sourcePort: port, destinationPort: 80, flags: TcpFlag.syn, sequenceNumber: 1000 });
    const synAck = (port: number) => tcp4({ source: OUTSIDE, destination: INSIDE, sourcePort: 80, destinationPort: port, flags: TcpFlag.syn | TcpFlag.ack, sequenceNumber: 1, acknowledgementNumber: 1001 });
    for (const [packet, options] of [[tcp.syn, {}], [tcp.synAck, REVERSE], [tcp.ack, {}]] as const) expect(nf.process(packet, options).reason).toBeNull();
    for (let port = 1; port <= 100; port++) expect(nf.process(syn(port)).reason).toBeNull();
    expect(nf.process(tcp.data, REVERSE).reason, 'the flood took nothing from it').toBeNull();
    expect([96, 97, 98, 99, 100].map((port) => nf.process(synAck(port), REVERSE).reason)).toEqual(['firewall-denied', null, null, null, null]);
    expect(nf.counters).toMatchObject({ 'half-open forgotten': 96 });
  });
});

describe('names', () => {
  it('of sets and ports stand for what they are', async () => {
    const nf = await harness(firewall({
      sets: { office: ['10.0.0.0/8', 'fd00::/8'], web: [80, '8000-8999'] }, rules: ['allow on inside tcp from @office to any port { 443, @web }', 'deny any'],
    }));
    expect(nf.problems).toEqual([]);
    expect([nf.process(tcp.synBack, REVERSE).reason, nf.process(tcp.syn).reason, nf.process(udp.there).reason]).toEqual(['firewall-denied', null, 'firewall-denied']);
  });

  it('that are not there are mistakes, and so is everything else, all at once', async () => {
    const rules = ['allow on nowhere tcp from @offices to any port @web please', 'permit limit 3 state old tcp', 'reject with reset udp', 'deny with reset tcp flags sin'];
    const { problems } = await harness(firewall({ sets: { web: [80], mixed: [80, '10.0.0.1'], odd: ['x'] }, rules }));
    expect(problems.map(({ path, column, found }) => [path.join('.'), column, found])).toEqual([
      ['sets.mixed.1', undefined, '10.0.0.1'], ['sets.odd.0', undefined, 'x'],
      ['rules.0', 10, 'nowhere'], ['rules.0', 27, '@offices'], ['rules.0', 53, 'please'],
      ['rules.1', 1, 'permit'], ['rules.1', 14, '3'], ['rules.1', 22, 'old'],
      ['rules.2', 13, 'reset'], ['rules.3', 6, 'with'], ['rules.3', 27, 'sin'],
    ]);
  });
});
