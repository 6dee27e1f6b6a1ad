import { describe, expect, it } from 'vitest';
import { verifyMessages } from '../../bench/baselines/message-run.js';
import { verifyChain } from '../../bench/chain-run.js';
import { differences } from '../../bench/payload-run.js';
import { PayloadHash, writePayload } from '../../bench/payload.js';
import type { Report } from '../../src/runtime/report.js';

const report = (changes: Partial<Report> = {}): Report => {
  const port = { received: 0, transmitted: 0, originated: 0, receivedBytes: 0, transmittedBytes: 0, drops: {} };
  const vm = { chain: 'bench', function: 'touch-headers', received: 10, returned: 10, originated: 0, drops: {}, invalidReturns: 0, restarts: 0, counters: {}, alerts: {} };
  return {
    schemaVersion: 1,
    ports: { in: { ...port, received: 10, receivedBytes: 640 }, out: { ...port, transmitted: 10, transmittedBytes: 640 } },
    vms: [{ name: 'touch-1', ...vm }],
    drops: {},
    ledger: { received: 10, originated: 0, transmitted: 10, dropped: 0, inFlight: 0, balanced: true },
    bytesCopied: 0, durationMs: 1, packetsPerSecond: 1, protocols: {}, hosts: {}, alerts: {}, eventsLost: 0, problems: [],
    ...changes,
  };
};
const ZERO_COPY = { mode: 'zero-copy', bytes: 64 } as const;

describe('the check after a repetition', () => {
  it('accepts a run in which nothing is missing', () => {
    expect(() => verifyChain(report(), ZERO_COPY, 10)).not.toThrow();
    expect(() => verifyChain(report({ bytesCopied: 2 * 3 * 640 }), { mode: 'copy', bytes: 64 }, 10)).not.toThrow();
  });

  it('gives no number to a run that copied, or did not copy, what it should', () => {
    expect(() => verifyChain(report({ bytesCopied: 1 }), ZERO_COPY, 10)).toThrow('bytes copied: expected 0, found 1');
    expect(() => verifyChain(report(), { mode: 'copy', bytes: 64 }, 10)).toThrow('bytes copied: expected 3840, found 0');
  });

  it('gives no number to a run that lost packets, and says everything that is wrong', () => {
    const lossy = report({ drops: { 'unexpected-header': 1 }, ledger: { received: 10, originated: 0, transmitted: 9, dropped: 0, inFlight: 0, balanced: false } });
    expect(() => verifyChain(lossy, ZERO_COPY, 10)).toThrow(/ledger is not balanced; drops: \{"unexpected-header":1\}/);
    expect(() => verifyChain(report(), ZERO_COPY, 11)).toThrow('packets transmitted: expected 11, found 10');
    expect(() => verifyChain(report({ error: { message: 'it fell over' } }), ZERO_COPY, 10)).toThrow('it fell over');
  });

  it('holds the baselines to the same', () => {
    const times = { startedAt: 0, warmAt: 1, endedAt: 2 };
    expect(() => verifyMessages({ received: 10, receivedBytes: 640, wrong: 0, ...times }, 10, 64)).not.toThrow();
    expect(() => verifyMessages({ received: 10, receivedBytes: 640, wrong: 1, ...times }, 10, 64)).toThrow('1 with another TTL');
    expect(() => verifyMessages({ received: 9, receivedBytes: 576, wrong: 0, ...times }, 10, 64)).toThrow('found 9');
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
    const sent = hashOf(packets);
    expect(differences(sent, hashOf(packets.toReversed()))).toEqual([]);
    const flipped = packets.map((bytes, at) => (at === 42 ? bytes.with(bytes.length - 1, bytes[bytes.length - 1] ^ 1) : bytes));
    expect(differences(sent, hashOf(flipped))[0]).toMatch(/expected the payload hash [\da-f]{16}, found [\da-f]{16}/);
    expect(differences(sent, hashOf(packets.slice(1)))[0]).toBe('expected 100 packets at egress, found 99');
    expect(differences(sent, hashOf([...packets.slice(1), packets[1]]))).toHaveLength(1);
    expect(differences(sent, hashOf(packets.map((bytes, at) => (at === 0 ? bytes.slice(0, -1) : bytes))))).toHaveLength(1);
    // Two that swap a byte keep the sum of bytes, and not the hash.
    const swapped = packets.map((bytes, at) => (at < 2 ? bytes.with(5, packets[1 - at][5]) : bytes));
    expect(differences(sent, hashOf(swapped))).toHaveLength(1);
  });
});
