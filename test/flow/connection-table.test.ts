import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { FLOW_KEY_WORDS } from '../../src/flow/flow-hash.js';
import { FLOW_INDEX_MASK } from '../../src/flow/flow-id.js';
import { FlowKey } from '../../src/flow/flow-key.js';
import { Bench, type Frame, ipPacket } from './support/frames.js';

const TCP = 6;
const UDP = 17;
const WINDOW = 16;
const UDP_IDLE_SECONDS = 300;

function tableFor(capacity: number, buffer: ArrayBufferLike = new SharedArrayBuffer(ConnectionTable.bytes(capacity))): ConnectionTable {
  return new ConnectionTable(buffer, 0, capacity);
}

/** A key of its own for each number, and a hash of one's choice. */
function keyOf(number: number, protocol = UDP): Uint32Array {
  const key = new Uint32Array(FLOW_KEY_WORDS);
  key[0] = (4 << 20) | (protocol << 12);
  key[1] = number;
  return key;
}

/** A table with one window full of connections 0 … 15, all of them met at the same place. */
function fullWindow(nowSeconds: (number: number) => number): { table: ConnectionTable; flowIds: number[] } {
  const table = tableFor(WINDOW);
  const flowIds = Array.from({ length: WINDOW }, (_, k) => table.flowId(table.insert(keyOf(k), 0, nowSeconds(k), true, false)));
  return { table, flowIds };
}

const bench = new Bench();
const key = new FlowKey();
function place(frame: Frame): FlowKey {
  expect(key.read(bench.place(frame))).toBe(true);
  return key;
}

describe('the connection table', () => {
  it('keeps what a Map would keep, while there is room', () => {
    const commands = fc.array(fc.record({ key: fc.nat(40), to: fc.nat(40), what: fc.constantFrom('packet', 'packet', 'alias', 'sweep'), wait: fc.constantFrom(0, 0, 1, 100, 301) }), { maxLength: 200 });
    fc.assert(
      fc.property(commands, (steps) => {
        const table = tableFor(64);
        const hash = (k: number): number => Math.imul(k, 0x9e3779b1) >>> 0;
        const flows = new Map<number, { flowId: number; keys: Set<number>; seen: number; packets: number }>(); // by own key
        const ended: number[] = [];
        table.onEnd((entry) => ended.push(table.flowId(entry)));
        const ofKey = (k: number) => [...flows.values()].find((flow) => flow.keys.has(k));
        const forget = (flow: { flowId: number }): void => {
          for (const [own, other] of flows) if (other === flow) flows.delete(own);
        };
        let now = 1000;
        for (const step of steps) {
          now += step.wait;
          const known = ofKey(step.key);
          const timedOut = known !== undefined && now - known.seen > UDP_IDLE_SECONDS;
          if (timedOut) forget(known);
          const flow = timedOut ? undefined : known;
          const entry = table.find(keyOf(step.key), hash(step.key), now);
          expect(entry < 0 ? undefined : table.flowId(entry)).toBe(flow?.flowId);
          if (timedOut) expect(ended).toContain(known.flowId);
          if (step.what === 'packet') {
            const at = entry < 0 ? table.insert(keyOf(step.key), hash(step.key), now, true, false) : entry;
            table.touch(at, true, now, false);
            if (flow === undefined) flows.set(step.key, { flowId: table.flowId(at), keys: new Set([step.key]), seen: now, packets: 1 });
            else {
              flow.seen = now;
              flow.packets++;
            }
            expect(table.record(at).packets[0]).toBe(ofKey(step.key)!.packets);
          } else if (step.what === 'alias' && flow !== undefined) {
            table.alias(keyOf(step.to), hash(step.to), entry, now);
            const loser = ofKey(step.to);
            if (loser !== flow && loser !== undefined) {
              if (flows.get(step.to) === loser) forget(loser);
              else loser.keys.delete(step.to);
            }
            flow.keys.add(step.to);
          } else if (step.what === 'sweep') {
            for (let k = 0; k < 8; k++) table.sweep(now);
            for (const other of [...flows.values()]) if (now - other.seen > UDP_IDLE_SECONDS) forget(other);
            expect(table.count).toBe(flows.size);
          }
        }
        expect(table.evictions).toBe(0);
        const flowIds = [...flows.values()].map((flow) => flow.flowId);
        const standing = [...table.records()].map((record) => record.flowId);
        for (const flowId of flowIds) expect(standing).toContain(flowId);
        expect(new Set([...ended, ...standing]).size).toBe(ended.length + standing.length); // no flow id is given out twice
      }),
      { numRuns: 300 },
    );
  });

  it('gives both directions of a connection one flow id, and counts them apart', () => {
    const table = tableFor(16);
    const there: Frame = { source: [0xc0000201], destination: [0x0a000001], sourcePort: 40000, destinationPort: 443, protocol: TCP };
    const back: Frame = { source: [0x0a000001], destination: [0xc0000201], sourcePort: 443, destinationPort: 40000, protocol: TCP };
    let read = place(there);
    const entry = table.insert(read.words, read.hash, 100, read.isFromFirst, false);
    table.touch(entry, read.isFromFirst, 100, false);
    for (let k = 0; k < 2; k++) {
      read = place(back);
      expect(table.find(read.words, read.hash, 101)).toBe(entry);
      table.touch(entry, read.isFromFirst, 101, false);
    }
    expect(table.record(entry)).toMatchObject({ l4: 'TCP', a: '192.0.2.1:40000', b: '10.0.0.1:443', packets: [1, 2], firstSeen: 100, lastSeen: 101 });
  });

  it('writes IPv6 ends in brackets, and ICMP without ports', () => {
    const table = tableFor(16);
    const read = place({ version: 6, source: [0x20010db8, 0, 0, 1], destination: [0x20010db8, 0, 0, 2], protocol: 58, icmp: { type: 128, identifier: 7 } });
    const entry = table.insert(read.words, read.hash, 0, read.isFromFirst, false);
    expect(table.record(entry)).toMatchObject({ l4: 'ICMPV6', a: '[2001:db8::1]:0', b: '[2001:db8::2]:0' });
  });

  it('takes fragments and ICMP errors for packets of their connection', () => {
    const table = tableFor(16);
    const query: Frame = { source: [0x0a000001], destination: [0xc0000201], sourcePort: 5000, destinationPort: 53, protocol: UDP, identification: 9 };
    let read = place({ ...query, moreFragments: true, payload: [1, 2, 3, 4, 5, 6, 7, 8] });
    const entry = table.insert(read.words, read.hash, 0, read.isFromFirst, false);
    read = place({ ...query, fragmentOffset: 2 });
    expect(table.find(read.words, read.hash, 0)).toBe(entry);
    read = place({ source: [0x08080808], destination: [0x0a000001], protocol: 1, icmp: { type: 3, code: 3, quoted: ipPacket(query) } });
    expect(table.find(read.words, read.hash, 0)).toBe(entry);
    expect(read.isFromFirst).toBe(false);
  });

  it('leads an alias to its connection, until that has ended', () => {
    const table = tableFor(16);
    const entry = table.insert(keyOf(1), 1, 0, true, false);
    table.alias(keyOf(2), 50, entry, 0);
    expect(table.find(keyOf(2), 50, 0)).toBe(entry);
    expect(table.hasKey(entry, keyOf(2))).toBe(false);
    expect(table.count).toBe(1);
    expect(table.find(keyOf(2), 50, UDP_IDLE_SECONDS + 1)).toBe(-1);
    expect(table.find(keyOf(2), 50, 0)).toBe(-1);
    // The same place again: another generation, so the old alias, had it stayed, would not lead here.
    const again = table.insert(keyOf(1), 1, 0, true, false);
    expect(again).toBe(entry);
    expect(table.find(keyOf(2), 50, 0)).toBe(-1);
  });

  it('gives a place that is taken anew another flow id with the same index', () => {
    const table = tableFor(16);
    const flowIds = new Set<number>();
    for (let k = 0; k < 1024; k++) {
      const now = k * (UDP_IDLE_SECONDS + 1);
      expect(table.find(keyOf(1), 1, now)).toBe(-1);
      const entry = table.insert(keyOf(1), 1, now, true, false);
      flowIds.add(table.flowId(entry));
      expect(table.flowId(entry) & FLOW_INDEX_MASK).toBe(entry + 1);
    }
    expect(flowIds.size).toBe(1024);
    expect(flowIds.has(0)).toBe(false);
  });

  it('goes on where it was when the manager is another, flow ids included', () => {
    const buffer = new SharedArrayBuffer(ConnectionTable.bytes(16));
    const table = tableFor(16, buffer);
    const flowId = table.flowId(table.insert(keyOf(1), 1, 0, true, false));
    table.insert(keyOf(2), 2, 0, true, false);
    expect(table.find(keyOf(1), 1, UDP_IDLE_SECONDS + 1)).toBe(-1);
    const next = tableFor(16, buffer);
    expect(next.count).toBe(1);
    const entry = next.insert(keyOf(1), 1, 0, true, false);
    expect(next.flowId(entry) & FLOW_INDEX_MASK).toBe(flowId & FLOW_INDEX_MASK);
    expect(next.flowId(entry)).not.toBe(flowId);
    expect(next.record(entry).sequence).toBe(3);
  });

  it('evicts from a full window what was idle longest, and says so', () => {
    const { table, flowIds } = fullWindow((k) => (k === 5 ? 10 : 20));
    const ended: number[] = [];
    table.onEnd((entry) => ended.push(table.flowId(entry)));
    expect(table.insert(keyOf(99), 0, 30, true, false)).toBeGreaterThanOrEqual(0);
    expect(ended).toEqual([flowIds[5]]);
    expect(table.evictions).toBe(1);
    expect(table.find(keyOf(5), 0, 30)).toBe(-1);
    expect(table.count).toBe(WINDOW);
  });

  it('takes a timed-out place before it evicts', () => {
    const { table } = fullWindow((k) => (k === 7 ? 0 : 200));
    table.insert(keyOf(99), 0, UDP_IDLE_SECONDS + 1, true, false);
    expect(table.evictions).toBe(0);
    expect(table.find(keyOf(7), 0, UDP_IDLE_SECONDS + 1)).toBe(-1);
  });

  it('does not take the alias of a busy connection for idle', () => {
    const table = tableFor(WINDOW);
    const busy = table.insert(keyOf(1000), 16, 0, true, false);
    table.alias(keyOf(1001), 0, busy, 0);
    for (let k = 0; k < WINDOW - 1; k++) table.insert(keyOf(k), 0, 10 + k, true, false);
    table.touch(busy, true, 100, false);
    table.insert(keyOf(99), 0, 101, true, false);
    expect(table.evictions).toBe(1);
    expect(table.find(keyOf(1001), 0, 101)).toBe(busy);
    expect(table.find(keyOf(0), 0, 101)).toBe(-1);
  });

  it('ends a connection whose alias has to go: half of it would be of no use', () => {
    const table = tableFor(WINDOW);
    const idle = table.insert(keyOf(1000), 16, 0, true, false);
    table.alias(keyOf(1001), 0, idle, 0);
    for (let k = 0; k < WINDOW; k++) table.insert(keyOf(k), 0, 10 + k, true, false);
    expect(table.find(keyOf(1000), 16, 30)).toBe(-1);
    expect(table.evictions).toBe(1);
  });

  it('makes room for an alias without ending its own connection', () => {
    const { table, flowIds } = fullWindow((k) => k);
    const own = table.find(keyOf(0), 0, 20); // the one that was idle longest
    table.alias(keyOf(500), 0, own, 20);
    expect(table.isCurrent(own, flowIds[0])).toBe(true);
    expect(table.find(keyOf(500), 0, 20)).toBe(own);
    expect(table.find(keyOf(1), 0, 20)).toBe(-1);
  });

  it('forgets a closed TCP connection sooner than an open one', () => {
    const table = tableFor(16);
    const open = table.insert(keyOf(1, TCP), 1, 0, true, false);
    const closed = table.insert(keyOf(2, TCP), 2, 0, true, false);
    table.touch(open, true, 0, false);
    table.touch(closed, true, 0, true);
    expect(table.find(keyOf(1, TCP), 1, 241)).toBe(open);
    expect(table.find(keyOf(2, TCP), 2, 241)).toBe(-1);
    expect(table.find(keyOf(1, TCP), 1, 7441)).toBe(-1);
  });

  it('holds nothing with capacity 0, and refuses more than flow ids can name', () => {
    const table = tableFor(0);
    expect(table.insert(keyOf(1), 1, 0, true, false)).toBe(-1);
    expect(table.find(keyOf(1), 1, 0)).toBe(-1);
    expect(() => new ConnectionTable(new ArrayBuffer(0), 0, 2 ** 22)).toThrow(RangeError);
  });

  it('remembers the path for as long as the policy stands', () => {
    const table = tableFor(16);
    const entry = table.insert(keyOf(1), 1, 0, true, false);
    expect(table.path(entry, 0)).toBe(-1);
    table.setPath(entry, 0, 7);
    expect(table.path(entry, 7)).toBe(0);
    expect(table.path(entry, 8)).toBe(-1);
    expect(table.lastPath(entry)).toBe(0);
  });
});
