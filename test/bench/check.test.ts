import { describe, expect, it } from 'vitest';
import { verifyIngress } from '../../bench/baselines/ingress-alone.js';
import { runIngress } from '../../bench/baselines/ingress.js';
import { verifyMessages } from '../../bench/baselines/verify.js';
import { verifyChain } from '../../bench/chain-run.js';
import { established, verifyEstablished } from '../../bench/established-run.js';
import { EDGE } from '../../bench/settings.js';
import { parseCChain } from '../../bench/native/c-chain.js';
import { PayloadHash, writePayload } from '../../bench/payload.js';
import { bucketOf, BUCKETS, bucketTop, Cell, newPanel, percentile } from '../../bench/ports/panel.js';
import { agreedHash, windowOf } from '../../bench/runtime-run.js';

const PACKETS = 10;
const report = (changes: { transmitted?: number; bytesCopied?: number; drops?: Record<string, number>; returned?: number } = {}): Parameters<typeof verifyChain>[0] => {
  const port = { received: 0, transmitted: 0, originated: 0, receivedBytes: 0, transmittedBytes: 0, drops: {} };
  const { transmitted = PACKETS, bytesCopied = 0, drops = {}, returned = PACKETS } = changes;
  const vm = { chain: 'bench', function: 'touch', received: returned, returned, originated: 0, drops: {}, invalidReturns: 0, restarts: 0, counters: {}, alerts: {} };
  return {
    ports: { in: { ...port, received: PACKETS }, out: { ...port, transmitted } },
    vms: [1, 2, 3].map((at) => ({ name: `touch-${at}`, ...vm })),
    bytesCopied, drops,
  };
};
const panelOf = (cells: Partial<Record<keyof typeof Cell, number>> = {}): Float64Array => {
  const panel = newPanel();
  const all = { received: PACKETS, transmitted: PACKETS, transmittedBytes: PACKETS * 64, sequenceIn: 45, sequenceOut: 45, ...cells };
  for (const [name, value] of Object.entries(all)) panel[Cell[name as keyof typeof Cell]] = value;
  return panel;
};
const ZERO_COPY = { mode: 'zero-copy', bytes: 64, vms: 3, placement: 'per-vm' } as const;

describe('the check after a repetition', () => {
  it('gives no number to a source that left a packet out, or wrote another', () => {
    const run = runIngress({ role: 'ingress', bytes: 64, burst: 4, flows: 16, slots: 8, seed: 1, warmUpMs: 0, measuredMs: 0.001 });
    expect(run.packets).toBeGreaterThan(0);
    expect(() => { verifyIngress(run); }).not.toThrow();
    expect(() => { verifyIngress({ ...run, sum: run.sum - 1 }); }).toThrow('sum of sequence numbers at ingress');
    expect(() => { verifyIngress({ ...run, last: run.last - 1 }); }).toThrow('in the slot filled last');
  });

  it('accepts a run in which nothing is missing', () => {
    expect(() => { verifyChain(report(), panelOf(), ZERO_COPY); }).not.toThrow();
    expect(() => { verifyChain(report({ bytesCopied: 2 * 3 * 640 }), panelOf(), { ...ZERO_COPY, mode: 'copy' }); }).not.toThrow();
    expect(() => { verifyChain(report({ bytesCopied: 2 * 640 }), panelOf(), { ...ZERO_COPY, mode: 'copy', placement: 'together' }); }).not.toThrow();
  });

  it('gives no number to a run that copied, or did not copy, what it should', () => {
    expect(() => { verifyChain(report({ bytesCopied: 1 }), panelOf(), ZERO_COPY); }).toThrow('bytes copied: expected 0, found 1');
    expect(() => { verifyChain(report(), panelOf(), { ...ZERO_COPY, mode: 'copy' }); }).toThrow('bytes copied: expected 3840, found 0');
  });

  it('gives no number to a run that lost packets, and says everything that is wrong', () => {
    expect(() => { verifyChain(report({ transmitted: 9, drops: { 'unexpected-header': 1 } }), panelOf({ transmitted: 9, transmittedBytes: 576 }), ZERO_COPY); })
      .toThrow(/packets transmitted: expected 10, found 9; packets at egress: expected 10, found 9; .*drops: \{"unexpected-header":1\}/);
    expect(() => { verifyChain(report(), panelOf({ sequenceOut: 44 }), ZERO_COPY); }).toThrow('sum of sequence numbers: expected 45, found 44');
    expect(() => { verifyChain(report({ returned: 9 }), panelOf(), ZERO_COPY); }).toThrow('packets returned by all VMs: expected 30, found 27');
  });

  it('gives no number without packets in the window', () => {
    expect(() => windowOf(panelOf())).toThrow('the window holds 0 packets');
    expect(windowOf(panelOf({ beginMs: 5, endMs: 1005, beginCount: 4, endCount: 9 }))).toEqual({ packets: 5, seconds: 1, collections: 0 });
  });

  it('gives no number to a run of the functions in full that drops, forgets or does not translate', () => {
    const of = established(EDGE, 5, 1);
    const port = (received: number, transmitted: number): Parameters<typeof verifyEstablished>[1]['ports'][string] => ({ received, transmitted, originated: 0, receivedBytes: 0, transmittedBytes: 0, drops: {} });
    const run = (counters: Record<string, number> = {}, drops: Record<string, number> = {}): Parameters<typeof verifyEstablished>[1] => ({
      ports: { inside: port(5, 5), outside: port(5, 5) }, bytesCopied: 0, drops,
      vms: ['firewall', 'nat', 'dpi'].map((name) => ({
        ...report().vms[0], function: name, returned: PACKETS, counters: name === 'nat' ? { 'translated-out': 5, 'translated-in': 5, 'bindings-created': 5, ...counters } : {},
      })),
    });
    expect(() => { verifyEstablished(of, run(), panelOf()); }).not.toThrow();
    expect(() => { verifyEstablished(of, run({ 'translated-in': 4 }), panelOf()); }).toThrow('packets translated on their way in: expected 5, found 4');
    expect(() => { verifyEstablished(of, run({ 'bindings-created': 6 }), panelOf()); }).toThrow('bindings made: expected 5, found 6');
    expect(() => { verifyEstablished(of, run({}, { 'nat-no-binding': 1 }), panelOf({ transmitted: 9 })); }).toThrow(/packets at egress: expected 10, found 9; .*nat-no-binding/);
    expect(() => { verifyEstablished(of, run(), panelOf({ sequenceOut: 44 })); }).toThrow('sum of words of the payloads');
  });

  it('holds the baselines to the same', () => {
    expect(() => { verifyMessages({ sent: 10, received: 10, receivedBytes: 640, wrong: 0 }, 64); }).not.toThrow();
    expect(() => { verifyMessages({ sent: 10, received: 10, receivedBytes: 640, wrong: 1 }, 64); }).toThrow('1 with another TTL');
    expect(() => { verifyMessages({ sent: 10, received: 9, receivedBytes: 576, wrong: 0 }, 64); }).toThrow('found 9');
    expect(() => parseCChain('packets 100 seconds 0.5 wrong 3\n')).toThrow('3 packets of the C reference');
    expect(() => parseCChain('packets 0 seconds 0.06 wrong 0\n')).toThrow('no packet of the C reference');
    expect(parseCChain('packets 100 seconds 0.5 wrong 0\n')).toMatchObject({ value: 5e6, unit: 'ns' });
  });
});

describe('the hash of payloads', () => {
  const BYTES = 22;
  const payload = (sequence: number): Uint8Array => {
    const bytes = new Uint8Array(BYTES + 3);
    writePayload(bytes, 3, bytes.length, sequence, 7);
    return bytes;
  };
  const hashOf = (packets: readonly Uint8Array[]): PayloadHash => {
    const hash = new PayloadHash();
    for (const bytes of packets) hash.add(bytes, 3, bytes.length);
    return hash;
  };
  const packets = Array.from({ length: 100 }, (_, sequence) => payload(sequence));

  it('is of fresh payloads: no two packets are alike', () => {
    expect(new Set(packets.map((bytes) => bytes.join())).size).toBe(100);
  });

  it('does not depend on the order, and finds a packet changed in one bit, lost, doubled or cut', () => {
    const sent = hashOf(packets).digest();
    expect(hashOf(packets.toReversed()).digest()).toBe(sent);
    const others = [
      packets.map((bytes, at) => (at === 42 ? bytes.with(bytes.length - 1, bytes[bytes.length - 1] ^ 1) : bytes)),
      packets.slice(1),
      [...packets.slice(1), packets[1]],
      packets.map((bytes, at) => (at === 0 ? bytes.slice(0, -1) : bytes)),
      // Two that swap a byte keep the sum of bytes, and not the hash.
      packets.map((bytes, at) => (at < 2 ? bytes.with(5, packets[1 - at][5]) : bytes)),
    ];
    expect(others.map((changed) => hashOf(changed).digest() === sent)).toEqual(others.map(() => false));
  });

  it('is compared at both ends: a run in which they differ, or in which nothing left, has no number', () => {
    const panel = panelOf();
    hashOf(packets).writeTo(panel, Cell.hashIn);
    hashOf(packets.toReversed()).writeTo(panel, Cell.hashOut);
    expect(agreedHash(panel)).toBe(hashOf(packets).digest());
    hashOf(packets.slice(1)).writeTo(panel, Cell.hashOut);
    expect(() => agreedHash(panel)).toThrow(/expected the hash [\da-f]{16} at egress, found [\da-f]{16}/);
    expect(() => agreedHash(newPanel())).toThrow('nothing left');
  });
});

describe('buckets of latency', () => {
  it('hold every value within 1.6 %, and never say less than it was', () => {
    let last = -1;
    for (let ns = 0; ns < 2 ** 31; ns = Math.ceil(ns * 1.03) + 1) {
      const bucket = bucketOf(ns);
      expect(bucket).toBeGreaterThanOrEqual(last);
      expect(bucket).toBeLessThan(BUCKETS);
      expect(bucketTop(bucket)).toBeGreaterThanOrEqual(ns);
      expect(bucketTop(bucket)).toBeLessThanOrEqual(Math.max(ns, ns * 1.016));
      last = bucket;
    }
    expect(bucketOf(1e12)).toBe(bucketOf(2 ** 31 - 1));
  });

  it('give percentiles by rank', () => {
    const panel = newPanel();
    for (let ns = 1; ns <= 100; ns++) panel[Cell.buckets + bucketOf(ns)]++;
    expect([0.5, 0.9, 0.99, 0.999, 1].map((share) => percentile(panel, share))).toEqual([50, 90, 99, 100, 100]);
    expect(percentile(newPanel(), 0.5)).toBeNaN();
  });
});
