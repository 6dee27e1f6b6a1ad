/** Who may answer (RFC 4787 REQ-8), what is left alone, and who keeps a binding alive. */
import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { echo, ends, ethernet, icmpError, ipv4, reversed, see, udp } from './packets.js';

const flow = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
const answer = { source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 5000 };

describe('filtering by address', () => {
  test('lets any port of an address in that was sent to, also without a flow, and no other address', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', filtering: 'address' }));
    nf.process(udp(flow));
    const reasonOf = (packet: typeof answer, flowId?: number) => nf.process(udp(packet), { direction: 'reverse', ...(flowId !== undefined && { flowId }) }).reason;
    expect([reasonOf(answer), reasonOf({ ...answer, sourcePort: 54 }), reasonOf({ ...answer, sourcePort: 55 }, 0)]).toEqual([null, null, null]);
    expect(reasonOf({ ...answer, source: '192.0.2.8' })).toBe('nat-filtered');
  });

  test('forgets with the binding: the next one at the same port knows nobody', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', filtering: 'address' }));
    nf.process(udp(flow));
    nf.process(udp({ ...flow, destination: '192.0.2.99' }), { timestampMs: 300_000 });
    expect(nf.process(udp({ ...answer, sourcePort: 54 }), { direction: 'reverse', timestampMs: 300_000 }).reason).toBe('nat-filtered');
    expect(nf.process(udp({ ...answer, source: '192.0.2.99', sourcePort: 54 }), { direction: 'reverse', timestampMs: 300_000 }).verdict).toBe('forward');
  });

  test('a stranger that was let in as an address stays out when the options change to address and port', async () => {
    const nf = await harness(nat({ external: '203.0.113.1' }));
    nf.process(udp(flow));
    const stranger = udp({ ...answer, sourcePort: 99 });
    expect(nf.process(stranger, { direction: 'reverse' }).verdict).toBe('forward');
    expect(nf.process(stranger, { direction: 'reverse' }).verdict).toBe('forward');
    await nf.update({ external: '203.0.113.1', filtering: 'address-and-port' });
    expect(nf.process(stranger, { direction: 'reverse' }).reason).toBe('nat-filtered');
    expect(nf.process(udp(answer), { direction: 'reverse' }).verdict).toBe('forward');
  });
});

describe('exclusions', () => {
  const options = { external: '203.0.113.1', inside: '10.0.0.0/8', exclude: ['ip from 10.0.0.0/8 to 192.168.0.0/16', 'udp to any port 500'] };
  const toOffice = udp({ ...flow, destination: '192.168.4.4' });

  test('pass untouched both ways, and are counted', async () => {
    const nf = await harness(nat(options));
    const fromOffice = udp({ source: '192.168.4.4', destination: '10.0.0.5', sourcePort: 53, destinationPort: 5000 });
    const ike = udp({ ...flow, destinationPort: 500 });
    for (let k = 0; k < 2; k++) {
      expect(nf.process(toOffice)).toMatchObject({ verdict: 'forward', bytes: toOffice });
      expect(nf.process(fromOffice, { direction: 'reverse' })).toMatchObject({ verdict: 'forward', bytes: fromOffice });
      expect(nf.process(ike)).toMatchObject({ verdict: 'forward', bytes: ike });
    }
    expect(nf.counters).toMatchObject({ excluded: 6, 'translated-out': 0 });
    expect(ends(nf.process(udp(flow)).bytes)).toBe('203.0.113.1:5000 > 192.0.2.7:53');
  });

  test('with their fragments and the errors about them', async () => {
    const nf = await harness(nat(options));
    const ike = udp({ ...flow, destinationPort: 500 }, 'x'.repeat(40)).slice(14);
    const fragment = (at: number, to: number, moreFragments: boolean) =>
      ethernet(ipv4({ source: flow.source, destination: flow.destination, protocol: 17, identification: 3, fragmentOffset: at, moreFragments }, ike.slice(20 + at, 20 + to)));
    for (const packet of [fragment(0, 24, true), fragment(24, 48, false)]) expect(nf.process(packet)).toMatchObject({ verdict: 'forward', bytes: packet });
    const sent = udp({ ...flow, destinationPort: 500 });
    nf.process(sent);
    const error = icmpError('192.0.2.99', '10.0.0.5', 11, 0, sent);
    expect(nf.process(error, { direction: 'reverse' })).toMatchObject({ verdict: 'forward', bytes: error });
  });

  test('end when the options do', async () => {
    const nf = await harness(nat(options));
    nf.process(toOffice);
    await nf.update({ external: '203.0.113.1', inside: '10.0.0.0/8' });
    expect(ends(nf.process(toOffice).bytes)).toBe('203.0.113.1:5000 > 192.168.4.4:53');
    await nf.update(options);
    expect(nf.process(toOffice).bytes).toEqual(toOffice);
  });
});

describe('refresh', () => {
  test.each([['outbound', 'nat-no-binding'], ['both', null]] as const)('%s', async (refresh, reason) => {
    const nf = await harness(nat({ external: '203.0.113.1', refresh }));
    nf.process(udp(flow));
    nf.process(udp(answer), { direction: 'reverse', timestampMs: 200_000 });
    nf.process(udp(answer), { direction: 'reverse', timestampMs: 290_000 });
    expect(nf.process(udp(answer), { direction: 'reverse', timestampMs: 400_000 }).reason).toBe(reason);
    nf.process(echo(8, '10.0.0.5', '192.0.2.7', 7), { timestampMs: 400_000 });
    nf.process(echo(0, '192.0.2.7', '203.0.113.1', 7), { direction: 'reverse', timestampMs: 450_000 });
    expect(nf.process(echo(0, '192.0.2.7', '203.0.113.1', 7), { direction: 'reverse', timestampMs: 470_000 }).reason).toBe(reason);
  });
});

test('an ICMP error with a wrong checksum is dropped by name (RFC 5508 REQ-3)', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  const out = nf.process(udp(flow, 'abcdefgh'));
  const error = icmpError('192.0.2.99', '203.0.113.1', 3, 4, out.bytes);
  expect(nf.process(error, { direction: 'reverse' }).verdict).toBe('forward');
  error[error.length - 1] ^= 1;
  expect(nf.process(error, { direction: 'reverse' }).reason).toBe('nat-checksum');
});

test('and so is one that quotes an IP header with a wrong one, unless the options say otherwise (RFC 5508 REQ-3a)', async () => {
  for (const [options, reason] of [[{}, 'nat-checksum'], [{ quotedChecksums: 'ignore' }, null]] as const) {
    const nf = await harness(nat({ external: '203.0.113.1', ...options }));
    const out = nf.process(udp(flow, 'abcdefgh'));
    const quoted = Uint8Array.from(out.bytes);
    quoted[24] ^= 1;
    expect(nf.process(icmpError('192.0.2.99', '203.0.113.1', 3, 4, quoted), { direction: 'reverse' }).reason).toBe(reason);
    // That of the quoted segment is nobody's business here (REQ-3c).
    const payload = Uint8Array.from(out.bytes);
    payload[40] ^= 1;
    expect(nf.process(icmpError('192.0.2.99', '203.0.113.1', 3, 4, payload), { direction: 'reverse' }).verdict).toBe('forward');
    const delivered = nf.process(udp(reversed(see(out.bytes))), { direction: 'reverse' });
    const answer = Uint8Array.from(delivered.bytes);
    answer[24] ^= 1;
    expect(nf.process(icmpError('10.0.0.5', '192.0.2.7', 3, 3, answer)).reason).toBe(reason);
  }
});
