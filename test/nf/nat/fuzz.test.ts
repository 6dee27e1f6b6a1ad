/**
 * Mutated packets, generated and recorded, in any order and direction, under options that use all there is: nothing is thrown,
 * nothing outside the packet is touched, every packet has a verdict, and the tables stay whole.
 * Seconds long here; NAT_FUZZ_SECONDS=300 npx vitest run test/nf/nat/fuzz.test.ts runs as long as that says.
 */
import { expect, test } from 'vitest';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { nat, type NatInput } from '../../../src/nf/nat/index.js';
import { EXAMPLE_CAPTURE, recordsOf, type CapturedRecord } from '../../support/captures.js';
import { mutateRecords, randomOf } from '../../support/mutate.js';
import { echo, ethernet, Flag, icmpError, ipv4, see, tcp, udp, type Ends } from './packets.js';

const SECONDS = Number(process.env.NAT_FUZZ_SECONDS ?? 0);
const ROUNDS = SECONDS > 0 ? Infinity : 8;
const PACKETS = 500;
const SEED = Number(process.env.NAT_FUZZ_SEED ?? 20_261);
const TIMEOUT_MS = (SECONDS + 60) * 1000;

const OPTIONS: readonly NatInput[] = [
  { external: '203.0.113.1' },
  { external: ['203.0.113.1', '203.0.113.8/30'], ports: [2000, 2031], identifiers: [0, 7], bindings: 40, filtering: 'address' },
  { external: '203.0.113.1', ports: [2000, 2007], portSelection: 'random', portSeed: 7, heldFragments: 2 },
  {
    external: '203.0.113.1', inside: '10.0.0.0/8', filtering: 'address-and-port', refresh: 'both', ports: [1024, 2047],
    static: [{ inside: '10.0.5.0/24', external: '198.51.100.0/24' }], portForwards: [{ protocol: ['tcp', 'udp'], port: [80, 90], to: '10.0.0.7' }],
    exclude: ['ip from any to 192.168.0.0/16', 'tcp to any port 443'], portSelection: 'preserve-or-random', quotedChecksums: 'ignore', heldFragments: 0, timeouts: { udpSeconds: 1, tcpTransitorySeconds: 2 },
  },
  { static: [{ inside: '10.0.0.0/8', external: '203.0.113.0/8' }], ipv6: 'drop' },
];

/** Few addresses and ports, so that packets meet. */
function generated(random: (below: number) => number): Uint8Array {
  const address = (): string => ['10.0.0.5', '10.0.0.7', '10.0.5.9', '203.0.113.1', '203.0.113.9', '198.51.100.9', '192.0.2.7', '192.168.1.1', '0.0.0.0', '224.0.0.1'][random(10)];
  const port = (): number => [80, 443, 2000, 2001, 2002, 53, random(65_536)][random(7)];
  const ends: Ends = { source: address(), destination: address(), sourcePort: port(), destinationPort: port(), identification: random(4) };
  const plain = [
    () => udp(ends, new Uint8Array(random(60)), random(4) > 0),
    () => tcp(ends, [Flag.syn, Flag.syn | Flag.ack, Flag.ack, Flag.fin | Flag.ack, Flag.rst][random(5)], new Uint8Array(random(20))),
    () => echo([0, 8, 13, 14, 9, 42][random(6)], ends.source, ends.destination, random(12)),
    () => ethernet(ipv4({ ...ends, protocol: [47, 50, 51, 132, 136, 2][random(6)] }, new Uint8Array(random(40)))),
    () => ethernet(ipv4({ ...ends, protocol: 17, fragmentOffset: random(3) * 8, moreFragments: random(2) === 0 }, udp(ends, new Uint8Array(24)).slice(34))),
  ];
  const packet = plain[random(plain.length)]();
  return random(4) === 0 ? icmpError(address(), address(), [3, 4, 5, 11, 12][random(5)], random(5), packet, 20 + random(60)) : packet;
}

const asRecord = (bytes: Uint8Array): CapturedRecord => ({ bytes, seconds: 1_700_000_000, nanos: 0, originalLength: bytes.length, linkType: 1 });

/** "Administratively prohibited" about the packet as it came, from where it went to where it came from. */
function expectRefusal(answer: Uint8Array, packet: Uint8Array): void {
  // Behind the link header, whatever that is: the one place from which on the lengths are right.
  const at = answer.findIndex((_, start) => answer[start] === 0x45 && answer[start + 1] === 0xc0 && (answer[start + 2] << 8 | answer[start + 3]) === answer.length - start);
  const { source, destination, ipError, l4Error, payload } = see(answer, at);
  expect([...payload.slice(0, 2), ipError, l4Error]).toEqual([3, 13, 0, 0]);
  expect([destination, source]).toEqual([[...packet.slice(at + 12, at + 16)].join('.'), [...packet.slice(at + 16, at + 20)].join('.')]);
  const quoted = payload.slice(8);
  expect(quoted.length).toBeGreaterThanOrEqual(20);
  expect(Buffer.compare(quoted, packet.slice(at, at + quoted.length))).toBe(0);
}

function expectSaneCounts({ counters }: Harness, bindings: number): void {
  const left = counters['bindings-created'] - counters['bindings-released'];
  expect(left).toBeGreaterThanOrEqual(-22); // forwarded ports that new options ended
  expect(left).toBeLessThanOrEqual(bindings);
}

test('a mutated packet is forwarded or dropped by name, whatever came before', async () => {
  const recorded = recordsOf(EXAMPLE_CAPTURE);
  const reasons = new Set<string>();
  const end = Date.now() + SECONDS * 1000;
  let packets = 0;
  for (let round = 0; round < ROUNDS && (SECONDS === 0 || Date.now() < end); round++) {
    const seed = SEED + round;
    const random = randomOf(seed);
    const options = OPTIONS[round % OPTIONS.length];
    const nf = await harness(nat(options));
    expect(nf.problems).toEqual([]);
    const source = round % 3 === 2 ? recorded : Array.from({ length: PACKETS }, () => asRecord(generated(random)));
    let timestampMs = 0;
    try {
      for (const record of mutateRecords(source, seed, PACKETS)) {
        timestampMs += random(100) === 0 ? 400_000 : random(50);
        if (record.bytes.length === 0 || record.bytes.length > 1900) continue;
        const result = nf.process(record.bytes, { direction: random(2) === 0 ? 'forward' : 'reverse', timestampMs, ...(random(8) === 0 && { flowId: 0 }) });
        packets++;
        if (result.verdict === 'reply') {
          expectRefusal(result.bytes, record.bytes);
          continue;
        }
        if (result.bytes.length !== record.bytes.length) throw new Error('a packet changed its length');
        if (result.verdict === 'forward') continue;
        if (Buffer.compare(result.bytes, record.bytes) !== 0) throw new Error(`a packet was changed and then dropped: ${result.reason}`);
        reasons.add(result.reason!);
        if (random(50) === 0) nf.expire(timestampMs);
        if (random(200) === 0) await nf.update(options);
      }
      // What was held comes out as it came in, but for its addresses.
      expect(nf.originated.length).toBe(nf.counters['fragments-sent-on']);
      for (const sent of nf.originated) expect(sent.length).toBeLessThanOrEqual(2048);
      expectSaneCounts(nf, options.bindings ?? 65_536);
    } catch (error) {
      throw new Error(`seed ${seed}, options ${round % OPTIONS.length}: ${String(error)}`, { cause: error });
    }
  }
  expect(packets).toBeGreaterThan(3000);
  const met = ['nat-no-binding', 'nat-filtered', 'nat-ports-exhausted', 'nat-unsupported', 'nat-fragment', 'nat-fragment-held', 'nat-malformed', 'nat-checksum', 'nat-external-source', 'nat-ipv6'];
  expect(met.filter((reason) => !reasons.has(reason))).toEqual([]);
}, TIMEOUT_MS);
