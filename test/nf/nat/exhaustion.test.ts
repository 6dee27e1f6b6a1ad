import { describe, expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat, type NatInput } from '../../../src/nf/nat/index.js';
import { echo, see, tcp, udp, Flag } from './packets.js';

const from = (host: number, sourcePort = 5000) => ({ source: `10.0.0.${host}`, destination: '192.0.2.7', sourcePort, destinationPort: 53 });

test('no port left: a drop by name, one alert a minute, and all is well once bindings have timed out', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2003] }));
  for (let host = 1; host <= 4; host++) expect(nf.process(udp(from(host)), { timestampMs: 0 }).verdict).toBe('forward');
  expect(nf.process(udp(from(5)), { timestampMs: 1000 }).reason).toBe('nat-ports-exhausted');
  expect(nf.process(udp(from(6)), { timestampMs: 2000 }).reason).toBe('nat-ports-exhausted');
  expect(nf.alerts.map(({ signature, fields }) => ({ signature, fields }))).toEqual([
    { signature: 'nat-ports-exhausted', fields: { external: '203.0.113.1', protocol: 'udp' } },
  ]);
  // The other protocols have ports of their own.
  expect(nf.process(tcp(from(5), Flag.syn), { timestampMs: 2000 }).verdict).toBe('forward');
  expect(nf.process(echo(8, '10.0.0.5', '192.0.2.7', 1), { timestampMs: 2000 }).verdict).toBe('forward');
  // A binding in use stays in use.
  expect(nf.process(udp(from(1)), { timestampMs: 3000 }).verdict).toBe('forward');
  expect(nf.process(udp(from(5)), { timestampMs: 299_999 }).reason).toBe('nat-ports-exhausted');
  expect(nf.alerts).toHaveLength(2);
  expect(nf.process(udp(from(5)), { timestampMs: 300_000 }).verdict).toBe('forward');
  expect(nf.process(udp(from(6)), { timestampMs: 300_000 }).verdict).toBe('forward');
  expect(nf.process(udp(from(7)), { timestampMs: 300_000 }).verdict).toBe('forward');
  expect(nf.process(udp(from(8)), { timestampMs: 300_000 }).reason).toBe('nat-ports-exhausted');
});

test('no entry left: another name', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', bindings: 2 }));
  expect([1, 2, 3].map((host) => nf.process(udp(from(host))).reason)).toEqual([null, null, 'nat-table-full']);
  expect(nf.alerts.map(({ signature, fields }) => ({ signature, fields }))).toEqual([{ signature: 'nat-table-full', fields: { bindings: 2 } }]);
  expect(nf.process(udp(from(3)), { timestampMs: 300_000 }).verdict).toBe('forward');
});

describe('a packet without room is refused (RFC 5508 REQ-8)', () => {
  const options = { external: '203.0.113.1', bindings: 1 } as const;
  const ends = { source: '192.0.2.7', destination: '10.0.0.9' };

  test('its sender gets "administratively prohibited", quoting what it sent', async () => {
    const nf = await harness(nat(options));
    nf.process(udp(from(1)));
    for (const frame of [udp(from(9), 'question'), tcp(from(9), Flag.syn), echo(8, '10.0.0.9', '192.0.2.7', 77)]) {
      const result = nf.process(frame, { timestampMs: 5 });
      expect([result.verdict, result.reason]).toEqual(['reply', 'nat-table-full']);
      const answer = see(result.bytes);
      expect(answer).toMatchObject({ ...ends, protocol: 1, ipError: 0, l4Error: 0 });
      const message = result.bytes.slice(14 + 20);
      expect([...message.slice(0, 2), ...message.slice(4, 8)]).toEqual([3, 13, 0, 0, 0, 0]);
      expect(message.slice(8)).toEqual(frame.slice(14));
      // Back to the hardware address that sent it.
      expect([result.bytes.slice(0, 6), result.bytes.slice(6, 12)]).toEqual([frame.slice(6, 12), frame.slice(0, 6)]);
    }
    expect(nf.counters).toMatchObject({ 'refused-with-error': 3, 'bindings-created': 1 });
    expect(nf.alerts).toHaveLength(1);
  });

  test('in silence: ICMP errors beyond the limit, or all of them (REQ-9)', async () => {
    const verdicts = async (icmpErrorsPerSecond: number) => {
      const nf = await harness(nat({ ...options, icmpErrorsPerSecond }));
      nf.process(udp(from(1)));
      return [0, 0, 0, 499, 500].map((timestampMs) => nf.process(udp(from(9)), { timestampMs }).verdict);
    };
    expect(await verdicts(2)).toEqual(['reply', 'reply', 'drop', 'drop', 'reply']);
    expect(await verdicts(0)).toEqual(['drop', 'drop', 'drop', 'drop', 'drop']);
  });

  test('a port for one, and hairpinning that is off, are refused alike; what comes from outside is not answered', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2000], hairpinning: false }));
    nf.process(udp(from(1)));
    const result = (frame: Uint8Array, direction: 'forward' | 'reverse' = 'forward') => {
      const { verdict, reason } = nf.process(frame, { direction });
      return `${verdict} ${reason}`;
    };
    expect(result(udp(from(9)))).toBe('reply nat-ports-exhausted');
    expect(result(udp({ ...from(1), destination: '203.0.113.1' }))).toBe('reply nat-hairpin');
    expect(result(udp({ source: '192.0.2.7', destination: '203.0.113.1', sourcePort: 53, destinationPort: 9 }), 'reverse')).toBe('drop nat-no-binding');
    // A group, and what no host sent, get no answer (RFC 1122 section 3.2.2).
    expect(result(udp({ ...from(9), destination: '224.0.0.251' }))).toBe('drop nat-ports-exhausted');
  });
});

describe('which port is given out', () => {
  test('the same when free; else the next of its parity; else the next', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2007] }));
    const given = [2004, 2004, 2004, 3000, 3001, 2004, 2004, 2004].map((sourcePort, host) => see(nf.process(udp(from(host + 1, sourcePort))).bytes).sourcePort);
    expect(given).toEqual([2004, 2000, 2002, 2006, 2007, 2001, 2003, 2005]);
  });

  test('a port that was let go rests while others are free', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2007], timeouts: { udpSeconds: 1 } }));
    const given = [0, 2000, 4000, 6000, 8000].map((timestampMs) => see(nf.process(udp(from(1, 1000)), { timestampMs }).bytes).sourcePort);
    expect(given).toEqual([2000, 2002, 2004, 2006, 2000]);
  });

  test('a random one, of the same parity, where the options say so (RFC 6056)', async () => {
    const given = async (options: Pick<NatInput, 'portSelection' | 'portSeed'>, sourcePort: (host: number) => number): Promise<number[]> => {
      const nf = await harness(nat({ external: '203.0.113.1', ...options }));
      return Array.from({ length: 200 }, (_, host) => see(nf.process(udp(from(host + 1, sourcePort(host)))).bytes).sourcePort);
    };
    const random = await given({ portSelection: 'random', portSeed: 1 }, (host) => 5000 + (host & 1));
    expect(new Set(random).size).toBe(200);
    expect(random.map((port, host) => (port ^ host) & 1)).toEqual(random.map(() => 0));
    // All over the range, and none after the other: of 199 steps about half go up.
    expect(Math.min(...random)).toBeLessThan(4000);
    expect(Math.max(...random)).toBeGreaterThan(62_000);
    const up = random.filter((port, k) => k > 0 && port > random[k - 1]).length;
    expect(up).toBeGreaterThan(70);
    expect(up).toBeLessThan(130);
    expect(await given({ portSelection: 'random', portSeed: 1 }, (host) => 5000 + (host & 1))).toEqual(random);
    expect(await given({ portSelection: 'random', portSeed: 2 }, (host) => 5000 + (host & 1))).not.toEqual(random);
    expect(await given({ portSelection: 'random' }, () => 5000)).not.toEqual(await given({ portSelection: 'random' }, () => 5000));

    const mixed = await given({ portSelection: 'preserve-or-random', portSeed: 1 }, () => 5000);
    expect(mixed[0]).toBe(5000);
    expect(mixed.slice(1).filter((port) => port < 6000).length).toBeLessThan(20);
  });

  test('a random one out of few: all are given out, and then none', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [2000, 2009], identifiers: [5, 9], portSelection: 'random', portSeed: 3 }));
    const ports = Array.from({ length: 10 }, (_, host) => see(nf.process(udp(from(host + 1, 1000))).bytes).sourcePort);
    expect(ports.toSorted((a, b) => a - b)).toEqual([2000, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2009]);
    // Those of the same parity first.
    expect(ports.slice(0, 5).map((port) => port & 1)).toEqual([0, 0, 0, 0, 0]);
    expect(nf.counters['parity-lost']).toBe(5);
    expect(nf.process(udp(from(11))).reason).toBe('nat-ports-exhausted');
    const identifiers = Array.from({ length: 5 }, (_, host) => see(nf.process(echo(8, `10.0.0.${host + 1}`, '192.0.2.7', 1)).bytes).sourcePort);
    expect(identifiers.toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9]);
  });

  test('every one of a range is given out once, to its last port', async () => {
    const nf = await harness(nat({ external: '203.0.113.1', ports: [65_500, 65_535] }));
    const given = new Set<number>();
    for (let host = 1; host <= 36; host++) given.add(see(nf.process(udp(from(host, 1))).bytes).sourcePort);
    expect(given.size).toBe(36);
    expect(Math.min(...given)).toBe(65_500);
    expect(nf.process(udp(from(37))).reason).toBe('nat-ports-exhausted');
  });
});

describe('a pool of addresses', () => {
  test('a host keeps its external address for all protocols and ports, and hosts are spread (RFC 4787 REQ-2)', async () => {
    const nf = await harness(nat({ external: ['203.0.113.1', '203.0.113.8/30'] }));
    const used = new Set<string>();
    for (let host = 1; host <= 60; host++) {
      const own = new Set<string>();
      for (let port = 4000; port < 4010; port++) {
        own.add(see(nf.process(udp(from(host, port))).bytes).source);
        own.add(see(nf.process(tcp(from(host, port))).bytes).source);
      }
      own.add(see(nf.process(echo(8, `10.0.0.${host}`, '192.0.2.7', host)).bytes).source);
      expect(own.size).toBe(1);
      for (const address of own) used.add(address);
    }
    expect([...used].sort()).toEqual(['203.0.113.1', '203.0.113.10', '203.0.113.11', '203.0.113.8', '203.0.113.9']);
  });
});
