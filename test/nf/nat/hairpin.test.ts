/** Inside hosts that reach each other by their external addresses (RFC 4787 REQ-9, RFC 5382 REQ-8, RFC 5508 REQ-7). */
import { describe, expect, test } from 'vitest';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { nat, type NatInput } from '../../../src/nf/nat/index.js';
import { echo, ends, Flag, icmpError, ipv4, ethernet, see, tcp, udp, type Ends } from './packets.js';

const A = '10.0.0.5';
const B = '10.0.0.6';
const US = '203.0.113.1';
const start = (options: Partial<NatInput> = {}) => harness(nat({ external: US, ports: [1024, 65_535], ...options }));
const toServer = (source: string, sourcePort: number): Ends => ({ source, sourcePort, destination: '192.0.2.7', destinationPort: 53 });
/** A writes to the external end of B, whose port was kept. */
const toB: Ends = { source: A, sourcePort: 4000, destination: US, destinationPort: 5000 };
/** B writes to the external end of A. */
const toA: Ends = { source: B, sourcePort: 5000, destination: US, destinationPort: 4000 };

/** B has a binding. */
async function withB(options: Partial<NatInput> = {}): Promise<Harness> {
  const nf = await start(options);
  nf.process(udp(toServer(B, 5000)));
  return nf;
}

describe('UDP', () => {
  test('both ends are translated, the packet turns back, and so does the answer, in one flow', async () => {
    const nf = await withB();
    const there = nf.process(udp(toB, 'hello'));
    expect(ends(there.bytes)).toBe(`${US}:4000 > ${B}:5000`);
    expect(there).toMatchObject({ verdict: 'forward', turnedBack: true, flowPublished: true });
    const back = nf.process(udp({ source: B, sourcePort: 5000, destination: US, destinationPort: 4000 }, 'hello'));
    expect(ends(back.bytes)).toBe(`${US}:5000 > ${A}:4000`);
    expect(back).toMatchObject({ verdict: 'forward', turnedBack: true, flowId: there.flowId });
    expect(nf.counters).toMatchObject({ hairpinned: 2, 'translated-out': 1 });
  });

  test('to oneself', async () => {
    const nf = await withB();
    expect(ends(nf.process(udp({ ...toA, destinationPort: 5000 })).bytes)).toBe(`${US}:5000 > ${B}:5000`);
  });

  test('to nobody', async () => {
    const nf = await withB();
    expect(nf.process(udp({ ...toB, destinationPort: 5001 })).reason).toBe('nat-no-binding');
  });

  test('not at all, when the options say so', async () => {
    const nf = await withB({ hairpinning: false });
    expect(nf.process(udp(toB)).reason).toBe('nat-hairpin');
  });

  test('a host that is not translated keeps its source', async () => {
    const nf = await withB({ inside: '10.0.0.0/8' });
    const there = nf.process(udp({ ...toB, source: '198.51.100.4' }));
    expect([ends(there.bytes), there.turnedBack]).toEqual([`198.51.100.4:4000 > ${B}:5000`, true]);
  });

  test('the filter asks whether B has written to the external end of A', async () => {
    for (const filtering of ['address', 'address-and-port'] as const) {
      const nf = await withB({ filtering });
      nf.process(udp(toServer(A, 4000)));
      expect(nf.process(udp(toB)).reason).toBe('nat-filtered');
      // A has now written to B, so B comes in; and B has written to A, so A comes in.
      expect(ends(nf.process(udp(toA)).bytes)).toBe(`${US}:5000 > ${A}:4000`);
      expect(ends(nf.process(udp(toB)).bytes)).toBe(`${US}:4000 > ${B}:5000`);
      // From another port of A's, the address alone is known.
      const other = nf.process(udp({ ...toB, sourcePort: 4001 }));
      expect(other.reason).toBe(filtering === 'address' ? null : 'nat-filtered');
    }
  });
});

describe('TCP', () => {
  const segment = (nf: Harness, flow: Ends, flags: number, timestampMs: number) => nf.process(tcp(flow, flags), { timestampMs });

  test('a connection between two inside hosts, and both bindings live as long as it', async () => {
    const nf = await start();
    segment(nf, toServer(B, 5000), Flag.syn, 0);
    expect(ends(segment(nf, toB, Flag.syn, 1000).bytes)).toBe(`${US}:4000 > ${B}:5000`);
    expect(ends(segment(nf, toA, Flag.syn | Flag.ack, 1000).bytes)).toBe(`${US}:5000 > ${A}:4000`);
    segment(nf, toB, Flag.ack, 1000);
    // Long after the transitory timeout, and up to the established one.
    expect(segment(nf, toA, Flag.ack, 7_000_000).verdict).toBe('forward');
    expect(segment(nf, toB, Flag.fin | Flag.ack, 7_100_000).verdict).toBe('forward');
    expect(segment(nf, toA, Flag.fin | Flag.ack, 7_100_000).verdict).toBe('forward');
    segment(nf, toB, Flag.ack, 7_100_000);
    expect(segment(nf, { ...toB, sourcePort: 4002 }, Flag.syn, 7_339_000).verdict).toBe('forward');
    expect(segment(nf, { ...toB, sourcePort: 4002 }, Flag.syn, 7_341_000).reason).toBe('nat-no-binding');
  });
});

describe('ICMP', () => {
  test('an echo reaches a host with a static translation, and comes back', async () => {
    const nf = await start({ static: [{ inside: B, external: '203.0.113.9' }] });
    const there = nf.process(echo(8, A, '203.0.113.9', 77));
    expect([ends(there.bytes), there.turnedBack]).toEqual([`${US}:77 > ${B}:77`, true]);
    const back = nf.process(echo(0, B, US, 77));
    expect([ends(back.bytes), back.turnedBack]).toEqual([`203.0.113.9:77 > ${A}:77`, true]);
    expect(nf.process(echo(8, A, US, 5)).reason).toBe('nat-no-binding');
  });

  test('an error about a packet that turned back is translated at both ends of what it quotes', async () => {
    const nf = await withB();
    const sent = udp(toB, 'hello');
    const delivered = nf.process(sent);
    const error = nf.process(icmpError(B, US, 3, 3, delivered.bytes));
    expect(error).toMatchObject({ verdict: 'forward', turnedBack: true });
    expect(error.bytes).toEqual(icmpError(US, A, 3, 3, sent));
  });
});

test('a protocol without ports finds the host that has written to the sender', async () => {
  const nf = await start({ external: ['203.0.113.1', '203.0.113.2'] });
  const gre = (source: string, destination: string) => ethernet(ipv4({ source, destination, protocol: 47 }, Uint8Array.of(0, 0, 8, 0)));
  const addresses = (packet: Uint8Array): string => {
    const { source, destination } = see(nf.process(packet).bytes);
    return `${source} > ${destination}`;
  };
  const hosts = Array.from({ length: 20 }, (_, k) => `10.0.0.${k + 1}`);
  const externalOf = new Map(hosts.map((host, k) => [host, ends(nf.process(gre(host, `192.0.2.${k}`)).bytes).split(':')[0]]));
  const [first] = hosts;
  const other = hosts.find((host) => externalOf.get(host) !== externalOf.get(first))!;
  const [externalFirst, externalOther] = [externalOf.get(first)!, externalOf.get(other)!];
  expect(nf.process(gre(first, externalOther)).reason).toBe('nat-no-binding');
  expect(addresses(gre(other, externalFirst))).toBe(`${externalOther} > ${first}`);
  expect(addresses(gre(first, externalOther))).toBe(`${externalFirst} > ${other}`);
});

test('fragments turn back with the first', async () => {
  const nf = await withB();
  const whole = udp(toB, 'x'.repeat(40)).slice(14);
  const fragment = (from: number, to: number, moreFragments: boolean) =>
    ethernet(ipv4({ source: A, destination: US, protocol: 17, identification: 9, fragmentOffset: from, moreFragments }, whole.slice(20 + from, 20 + to)));
  const first = nf.process(fragment(0, 24, true));
  const rest = nf.process(fragment(24, 48, false));
  expect([first.turnedBack, rest.turnedBack]).toEqual([true, true]);
  expect(ends(rest.bytes).replaceAll(/:\d+/g, '')).toMatch(`${US} > ${B}`);
});
