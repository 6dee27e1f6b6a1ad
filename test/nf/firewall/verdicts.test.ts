import { describe, expect, it } from 'vitest';
import { firewall } from '../../../src/nf/firewall/index.js';
import { harness } from '../../../src/nf/harness.js';
import { TcpFlag } from '../../../src/packet/protocols.js';
import { arpRequest, frame, tcp4, tcp6, udp4 } from '../../support/packets.js';

const inside = '10.0.1.5';
const outside = '198.51.100.7';
const syn = tcp4({ source: inside, destination: outside, sourcePort: 40000, destinationPort: 80, flags: TcpFlag.syn, sequenceNumber: 1 });
const synAck = tcp4({ source: outside, destination: inside, sourcePort: 80, destinationPort: 40000, flags: TcpFlag.syn | TcpFlag.ack, acknowledgementNumber: 2 });

describe('verdicts', () => {
  it('forwards what a rule allows, and the replies without a rule of their own', async () => {
    const nf = await harness(firewall({ rules: ['deny in any', 'allow out tcp from 10.0.0.0/8 to any port 80'] }));
    expect(nf.process(synAck, { direction: 'reverse' })).toMatchObject({ verdict: 'drop', reason: 'firewall-denied' });
    expect(nf.process(syn)).toMatchObject({ verdict: 'forward', reason: null });
    expect(nf.process(synAck, { direction: 'reverse' })).toMatchObject({ verdict: 'forward', reason: null });
    expect(nf.counters).toEqual({
      'rule 1: deny in any': 1, 'rule 2: allow out tcp from 10.0.0.0/8 to any port 80': 1,
      established: 1, related: 0, invalid: 0, default: 0, 'rules of later updates': 0,
      'half-open forgotten': 0, 'outside window': 0, 'over limit': 0, 'rejected with an answer': 0, 'rejected in silence': 0,
    });
  });

  it('drops by default what no rule matches, and forwards it when told so', async () => {
    const nf = await harness(firewall({ rules: [] }));
    expect(nf.process(syn)).toMatchObject({ verdict: 'drop', reason: 'firewall-default' });
    const open = await harness(firewall({ rules: 'deny udp', default: 'allow' }));
    expect(open.process(syn)).toMatchObject({ verdict: 'forward' });
    expect(open.process(udp4({ source: inside, destination: outside, sourcePort: 1, destinationPort: 2 }))).toMatchObject({ reason: 'firewall-denied' });
  });

  it('asks the first rule that matches', async () => {
    const nf = await harness(firewall({ rules: ['allow tcp to any port 80', 'deny any', 'allow any'] }));
    expect(nf.process(syn).verdict).toBe('forward');
    expect(nf.process(tcp4({ source: inside, destination: outside, sourcePort: 40000, destinationPort: 81 })).reason).toBe('firewall-denied');
  });

  it('drops malformed packets, or passes them to the rules', async () => {
    const cut = syn.slice(0, 40);
    const strict = await harness(firewall({ rules: ['allow any'] }));
    expect(strict.process(cut)).toMatchObject({ verdict: 'drop', reason: 'firewall-invalid' });
    expect(strict.counters).toMatchObject({ 'rule 1: allow any': 0, invalid: 1, default: 0 });
    expect((await harness(firewall({ rules: ['allow any'], malformed: 'pass' }))).process(cut)).toMatchObject({ verdict: 'forward' });
    expect((await harness(firewall({ rules: ['deny any'], malformed: 'pass' }))).process(cut)).toMatchObject({ reason: 'firewall-denied' });
  });

  it('judges what is not IP by the rules', async () => {
    const arp = arpRequest({ senderAddress: inside, targetAddress: '10.0.0.1' });
    const lldp = frame({}, 0x88cc, [1, 2, 3, 4]);
    const any = await harness(firewall({ rules: ['allow any'] }));
    expect([any.process(arp).verdict, any.process(lldp).verdict]).toEqual(['forward', 'forward']);
    const arpOnly = await harness(firewall({ rules: ['allow arp', 'allow ip'] }));
    expect([arpOnly.process(arp).reason, arpOnly.process(lldp).reason]).toEqual([null, 'firewall-default']);
  });

  it('drops ARP by default both ways, unless a rule says otherwise', async () => {
    const arp = arpRequest({ senderAddress: inside, targetAddress: '10.0.0.1' });
    const reasons = async (rules: string[]) => {
      const nf = await harness(firewall({ rules }));
      return [nf.process(arp).reason, nf.process(arp, { direction: 'reverse' }).reason];
    };
    expect(await reasons(['allow ip'])).toEqual(['firewall-default', 'firewall-default']);
    expect(await reasons(['allow arp'])).toEqual([null, null]);
    expect(await reasons(['allow out any'])).toEqual([null, 'firewall-default']);
    expect(await reasons(['deny any', 'allow arp'])).toEqual(['firewall-denied', 'firewall-denied']);
  });

  it('judges IPv6 and tagged packets as any other', async () => {
    const nf = await harness(firewall({ rules: ['allow out ip6 tcp from fd00::/8 to any port 443', 'allow out tcp vlan 7'] }));
    const six = { source: 'fd00::5', destination: '2001:db8::7', sourcePort: 40000, destinationPort: 443, flags: TcpFlag.syn };
    const back = { source: six.destination, destination: six.source, sourcePort: 443, destinationPort: 40000, flags: TcpFlag.syn | TcpFlag.ack, acknowledgementNumber: 2 };
    expect(nf.process(tcp6(back), { direction: 'reverse' }).reason).toBe('firewall-default');
    expect(nf.process(tcp6(six)).verdict).toBe('forward');
    expect(nf.process(tcp6(back), { direction: 'reverse' }).verdict).toBe('forward');
    const tagged = { source: inside, destination: outside, sourcePort: 40000, destinationPort: 80, flags: TcpFlag.syn };
    expect(nf.process(tcp4({ ...tagged, vlans: [8] })).reason).toBe('firewall-default');
    expect(nf.process(tcp4({ ...tagged, vlans: [7, 8] })).verdict).toBe('forward');
  });
});
