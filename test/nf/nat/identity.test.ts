import fc from 'fast-check';
import { expect, test } from 'vitest';
import { harness } from '../../../src/nf/harness.js';
import { nat } from '../../../src/nf/nat/index.js';
import { dotted, echo, ends, Flag, icmpError, reversed, see, tcp, udp, type Ends } from './packets.js';

const port = fc.nat({ max: 65_535 });
const inside = fc.nat({ max: 0xffff }).map((low) => dotted(0x0a000000 + low));
const outside = fc.integer({ min: 0xc0000200, max: 0xc00002ff }).map(dotted);
const ipOptions = fc.nat({ max: 10 }).map((words) => new Uint8Array(words * 4).fill(1));
const flows: fc.Arbitrary<Ends> = fc.record({ source: inside, destination: outside, sourcePort: port, destinationPort: port, options: ipOptions });
const data = fc.uint8Array({ maxLength: 120 });
/** What is added to a right checksum: mostly nothing. */
const damage = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xfffe }));

const packets = fc.oneof(
  fc.record({ flow: flows, data, damage, withChecksum: fc.boolean() }).map(({ flow, data, damage, withChecksum }) => ({
    flow, damage: withChecksum ? damage : 0, checksumAt: 6, out: udp(flow, data, withChecksum), build: (ends: Ends) => udp(ends, data, withChecksum),
  })),
  fc.record({ flow: flows, data, damage, flags: fc.nat({ max: 63 }), tcpOptions: ipOptions }).map(({ flow, data, damage, flags, tcpOptions }) => ({
    flow, damage, checksumAt: 16, out: tcp(flow, flags, data, tcpOptions), build: (ends: Ends) => tcp(ends, flags, data, tcpOptions),
  })),
  fc.record({ flow: flows, data, damage }).map(({ flow, data, damage }) => ({
    flow, damage, checksumAt: 2, out: echo(8, flow.source, flow.destination, flow.sourcePort, data),
    build: (ends: Ends) => echo(8, ends.source, ends.destination, ends.sourcePort, data),
  })),
);

function segmentAt(bytes: Uint8Array): number {
  return 14 + (bytes[14] & 15) * 4;
}

/** A checksum field that is off by `amount` in one's complement, and never one of the two zeros. */
function damaged(bytes: Uint8Array, checksumAt: number, amount: number): Uint8Array {
  if (amount === 0) return bytes;
  const copy = Uint8Array.from(bytes);
  const at = segmentAt(copy) + checksumAt;
  let value = ((copy[at] << 8) | copy[at + 1]) + amount;
  value = (value & 0xffff) + (value >>> 16);
  copy[at] = value >>> 8;
  copy[at + 1] = value & 255;
  return copy;
}

/** One's complement has two zeros; they are the same error. */
const sameError = (error: number): number => (error === 0xffff ? 0 : error);

const ignoringZeros = (bytes: Uint8Array) => ({ ...see(bytes), payload: null, l4Error: sameError(see(bytes).l4Error) });

test('translated and back is the identity; a wrong checksum stays wrong by as much', async () => {
  const nf = await harness(nat({ external: ['203.0.113.1', '203.0.113.64/28'] }));
  fc.assert(
    fc.property(packets, ({ out, flow, damage, checksumAt }) => {
      const sent = damaged(out, checksumAt, damage);
      const there = nf.process(sent, { flowId: 0 });
      expect(there.verdict).toBe('forward');
      const before = see(sent);
      const after = see(there.bytes);
      expect(after.ipError).toBe(0);
      expect(sameError(after.l4Error)).toBe(sameError(before.l4Error));
      expect(after.source.startsWith('203.0.113.')).toBe(true);
      expect([after.destination, after.payload.length]).toEqual([flow.destination, before.payload.length]);

      // What left, sent back: exchange the ends in place, which changes no sum.
      const back = mirrored(there.bytes);
      const home = nf.process(back, { direction: 'reverse', flowId: 0 });
      expect(home.verdict).toBe('forward');
      const expected = mirrored(sent);
      if (damage === 0) expect(home.bytes).toEqual(expected);
      else expect(ignoringZeros(home.bytes)).toEqual(ignoringZeros(expected));
    }),
    { numRuns: 500 },
  );
});

/** The packet with its ends exchanged; an echo becomes its answer. */
function mirrored(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const swap = (a: number, b: number, length: number): void => {
    for (let k = 0; k < length; k++) [copy[a + k], copy[b + k]] = [copy[b + k], copy[a + k]];
  };
  swap(26, 30, 4);
  const at = segmentAt(copy);
  if (copy[23] !== 1) swap(at, at + 2, 2);
  else {
    copy[at] = 0;
    let sum = ((copy[at + 2] << 8) | copy[at + 3]) + 0x0800;
    sum = (sum & 0xffff) + (sum >>> 16);
    copy[at + 2] = sum >>> 8;
    copy[at + 3] = sum & 255;
  }
  return copy;
}

test('an error from outside quotes to the inside host what it sent', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [1024, 20_000] }));
  fc.assert(
    fc.property(packets, outside, ({ out }, router) => {
      const there = nf.process(out, { flowId: 0 });
      const error = icmpError(router, see(there.bytes).source, 3, 4, there.bytes);
      const home = nf.process(error, { direction: 'reverse', flowId: 0 });
      expect(home.bytes).toEqual(icmpError(router, see(out).source, 3, 4, out));
    }),
    { numRuns: 300 },
  );
});

test('an error from inside quotes to the outside what it sent', async () => {
  const nf = await harness(nat({ external: '203.0.113.1', ports: [1024, 20_000] }));
  fc.assert(
    fc.property(packets, ({ out, flow, build }) => {
      fc.pre(see(out).protocol !== 1);
      const there = see(nf.process(out, { flowId: 0 }).bytes);
      const toUs = { ...reversed(flow), destination: there.source, destinationPort: there.sourcePort };
      const answer = build(toUs);
      const delivered = nf.process(answer, { direction: 'reverse', flowId: 0 });
      const error = nf.process(icmpError(flow.source, flow.destination, 3, 3, delivered.bytes), { flowId: 0 });
      expect(error.bytes).toEqual(icmpError(there.source, flow.destination, 3, 3, answer));
    }),
    { numRuns: 300 },
  );
});

const steps = fc.record({
  host: fc.nat({ max: 40 }),
  sourcePort: fc.integer({ min: 1990, max: 2050 }),
  destination: outside,
  isTcp: fc.boolean(),
  stepMs: fc.nat({ max: 60_000 }),
});

test('no two live bindings share an external address and port, and each keeps its own', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(steps, { minLength: 50, maxLength: 200 }),
      async (taken) => {
        const nf = await harness(nat({ external: ['203.0.113.1', '203.0.113.2'], ports: [2000, 2019] }));
        const owners = new Map<string, { owner: string; untilMs: number }>();
        let timestampMs = 0;
        for (const { host, sourcePort, destination, isTcp, stepMs } of taken) {
          timestampMs += stepMs;
          const flow = { source: `10.0.0.${host + 1}`, destination, sourcePort, destinationPort: 80 };
          const { verdict, reason, bytes } = nf.process(isTcp ? tcp(flow, Flag.syn) : udp(flow), { timestampMs });
          if (verdict === 'drop') {
            expect(reason).toBe('nat-ports-exhausted');
            continue;
          }
          const seen = see(bytes);
          const key = `${seen.protocol} ${seen.source}:${seen.sourcePort}`;
          const owner = `${flow.source}:${flow.sourcePort}`;
          const known = owners.get(key);
          if (known !== undefined && known.untilMs > timestampMs) expect(known.owner).toBe(owner);
          owners.set(key, { owner, untilMs: timestampMs + (isTcp ? 240_000 : 300_000) });
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('a packet of any bytes is forwarded or dropped by name, and nothing is thrown', async () => {
  const nf = await harness(nat({ external: '203.0.113.1' }));
  const start = udp({ source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 }, 'abcdefgh');
  const error = icmpError('198.51.100.1', '203.0.113.1', 3, 1, udp({ source: '203.0.113.1', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 }));
  const changes = fc.array(fc.tuple(fc.nat({ max: 69 }), fc.nat({ max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(start, error), changes, fc.nat({ max: 70 }), fc.boolean(), (base, edits, length, isReverse) => {
      const bytes = Uint8Array.from(base.slice(0, Math.max(14, length)));
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const { verdict, reason } = nf.process(bytes, { direction: isReverse ? 'reverse' : 'forward' });
      expect(verdict === 'forward' || reason?.startsWith('nat-')).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('ends are told apart by the helper itself', () => {
  const flow = { source: '10.0.0.5', destination: '192.0.2.7', sourcePort: 5000, destinationPort: 53 };
  expect(ends(damaged(udp(flow), 6, 5))).toBe('10.0.0.5:5000 > 192.0.2.7:53 !l4');
});
