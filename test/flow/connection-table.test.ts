/** The connection table against a plain map, in a window that is soon full; then its records and timeouts one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionTable } from '../../src/flow/connection-table.js';
import { FLOW_KEY_WORDS, hashFlowKey } from '../../src/flow/flow-hash.js';
import { FLOW_INDEX_MASK } from '../../src/flow/flow-id.js';
import { TcpFlag } from '../../src/packet/protocols.js';

/** Buckets in which a key may stand: here also all the buckets that the keys of one test share. */
const WINDOW = 16;
const PROTOCOLS = [6, 17, 1, 47] as const;
const IDLE_SECONDS = { 6: 7440, 17: 300, 1: 60, 47: 600 } as const;
const CLOSING_SECONDS = 240;

function keyOf(number: number, protocol: number): Int32Array {
  const words = new Int32Array(FLOW_KEY_WORDS);
  words.set([(4 << 20) | (protocol << 12), ((1024 + number) << 16) | 80, 0x0a000001, 0, 0, 0, 0xc0000201]);
  return words;
}

function tableOf(capacity: number): ConnectionTable {
  return new ConnectionTable(new SharedArrayBuffer(ConnectionTable.bytes(capacity)), 0, capacity);
}

interface Connection {
  number: number;
  entry: number;
  flowId: number;
  lastSeen: number;
  closing: boolean;
  firstSent: boolean;
  inReverse: boolean;
  packets: [number, number];
  aliases: Set<number>;
}

/** What the table should know, and what it says of ends as they happen. */
class Model {
  readonly table: ConnectionTable;
  readonly connections = new Map<number, Connection>();
  readonly aliases = new Map<number, Connection>();
  readonly usedFlowIds = new Set<number>();
  readonly #hashOf: (key: Int32Array) => number;
  now = 1000;
  evictions = 0;
  #ended: Connection[] = [];

  constructor(capacity: number, hashOf: (key: Int32Array) => number) {
    this.#hashOf = hashOf;
    this.table = tableOf(capacity);
    this.table.onEnd((entry) => {
      const flowId = this.table.flowId(entry);
      const found = [...this.connections.values()].find((connection) => connection.flowId === flowId);
      expect(found, `flow ${flowId} ended that was not there, or ended twice`).toBeDefined();
      expect(this.table.record(entry).packets).toEqual(found!.packets);
      this.connections.delete(found!.number);
      this.#ended.push(found!);
    });
  }

  protocol(number: number): 6 | 17 | 1 | 47 {
    return PROTOCOLS[number % PROTOCOLS.length];
  }

  isIdle(connection: Connection): boolean {
    const limit = connection.closing && this.protocol(connection.number) === 6 ? CLOSING_SECONDS : IDLE_SECONDS[this.protocol(connection.number)];
    return this.now - connection.lastSeen > limit;
  }

  find(number: number): Connection | null {
    const key = keyOf(number, this.protocol(number));
    const entry = this.table.find(key, this.#hashOf(key));
    const expected = this.connections.get(number) ?? this.aliases.get(number);
    if (entry === -1) {
      expect(expected, `connection of key ${number} is lost`).toBeUndefined();
      return null;
    }
    expect(expected, `key ${number} leads to a stranger`).toBeDefined();
    expect(entry).toBe(expected!.entry);
    expect(this.table.flowId(entry)).toBe(expected!.flowId);
    expect(this.table.isCurrent(entry, expected!.flowId)).toBe(true);
    expect(this.table.hasKey(entry, key)).toBe(this.connections.has(number));
    return expected!;
  }

  insert(number: number, firstSent: boolean, inReverse: boolean): void {
    if (this.find(number) !== null) return;
    const key = keyOf(number, this.protocol(number));
    let entry = -1;
    this.#place(() => (entry = this.table.insert(key, this.#hashOf(key), this.now, firstSent, inReverse)));
    const flowId = this.table.flowId(entry);
    expect(flowId & FLOW_INDEX_MASK).toBe(entry + 1);
    expect(this.usedFlowIds.has(flowId), 'a flow id comes twice').toBe(false);
    this.usedFlowIds.add(flowId);
    const connection: Connection = { number, entry, flowId, lastSeen: this.now, closing: false, firstSent, inReverse, packets: [0, 0], aliases: new Set() };
    this.connections.set(number, connection);
  }

  alias(number: number, of: number): void {
    const connection = this.find(of);
    if (connection === null || connection.number === number) return;
    const owner = this.connections.get(number);
    const key = keyOf(number, this.protocol(number));
    this.#place(() => this.table.alias(key, this.#hashOf(key), connection.entry, this.now), owner);
    if (owner !== undefined) expect(this.connections.get(number)).toBeUndefined();
    this.aliases.delete(number);
    if (this.connections.get(connection.number) === connection) this.aliases.set(number, connection);
  }

  packet(number: number, flag: boolean, closing: boolean): void {
    const connection = this.find(number);
    if (connection === null) return;
    connection.lastSeen = this.now;
    connection.closing ||= closing;
    if (this.connections.has(number)) {
      this.table.touch(connection.entry, flag, this.now, closing ? TcpFlag.rst : TcpFlag.ack);
      connection.packets[flag === connection.firstSent ? 0 : 1]++;
    } else {
      this.table.touch(connection.entry, this.table.comesFromFirst(connection.entry, flag), this.now, closing ? TcpFlag.rst : TcpFlag.ack);
      connection.packets[flag === connection.inReverse ? 0 : 1]++;
    }
  }

  sweep(): void {
    this.#ended = [];
    const idle = [...this.connections.values()].filter((connection) => this.isIdle(connection));
    this.table.sweep(this.now);
    expect(new Set(this.#ended)).toEqual(new Set(idle));
    this.#forget();
  }

  /** Lets the table make room; whoever has to go is idle, owned the key, or had been idle longest and is counted. */
  #place(act: () => void, owner?: Connection): void {
    this.#ended = [];
    const before = [...this.connections.values()];
    const buckets = before.length + this.aliases.size;
    act();
    const evicted = this.#ended.filter((connection) => connection !== owner && !this.isIdle(connection));
    expect(evicted.length).toBeLessThanOrEqual(1);
    for (const victim of evicted) {
      expect(buckets).toBe(WINDOW);
      const answered = (connection: Connection): boolean => connection.packets[0] > 1 && connection.packets[1] > 0;
      const candidates = before.some((connection) => !answered(connection)) ? before.filter((connection) => !answered(connection)) : before;
      expect(candidates).toContain(victim);
      expect(victim.lastSeen).toBe(Math.min(...candidates.map((connection) => connection.lastSeen)));
    }
    this.evictions += evicted.length;
    expect(this.table.evictions).toBe(this.evictions);
    this.#forget();
  }

  #forget(): void {
    for (const [number, connection] of this.aliases) if (this.#ended.includes(connection)) this.aliases.delete(number);
  }

  check(): void {
    expect(this.table.count).toBe(this.connections.size);
    const records = [...this.table.records()].map(({ flowId, packets, lastSeen }) => ({ flowId, packets, lastSeen }));
    const expected = [...this.connections.values()].map(({ flowId, packets, lastSeen }) => ({ flowId, packets, lastSeen }));
    const byFlow = (a: { flowId: number }, b: { flowId: number }): number => a.flowId - b.flowId;
    expect(records.sort(byFlow)).toEqual(expected.sort(byFlow));
  }
}

const KEYS = 28;
const does = fc.oneof(
  { weight: 6, arbitrary: fc.constant('insert' as const) },
  { weight: 3, arbitrary: fc.constant('alias' as const) },
  { weight: 5, arbitrary: fc.constant('packet' as const) },
  { weight: 1, arbitrary: fc.constant('find' as const) },
  { weight: 4, arbitrary: fc.constant('soon' as const) },
  { weight: 1, arbitrary: fc.constant('later' as const) },
  { weight: 1, arbitrary: fc.constant('sweep' as const) },
);
const step = fc.record({ does, key: fc.nat(KEYS - 1), of: fc.nat(KEYS - 1), flag: fc.boolean(), other: fc.boolean(), seconds: fc.constantFrom(20, 61, 241, 8000) });
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function take(model: Model, { does, key, of, flag, other, seconds }: Step): void {
  if (does === 'insert') model.insert(key, flag, other);
  else if (does === 'alias') model.alias(key, of);
  else if (does === 'packet') model.packet(key, flag, other);
  else if (does === 'find') model.find(key);
  else if (does === 'sweep') model.sweep();
  else model.now += does === 'soon' ? 1 : seconds;
}

describe('the connection table', () => {
  it.each([
    ['a table of one window', 5, (key: Int32Array) => hashFlowKey(key, true)],
    ['a larger table in which every key has one hash, at its end', 16, () => -1],
  ])('agrees with a map: %s', (_story, capacity, hashOf) => {
    let evictions = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: 'max' }), (steps) => {
        const model = new Model(capacity, hashOf);
        for (const each of steps) take(model, each);
        model.check();
        for (let n = 0; n < KEYS; n++) model.find(n);
        evictions += model.evictions;
      }),
      { numRuns: 200 },
    );
    expect(evictions, 'the windows never filled').toBeGreaterThan(100);
  });

  it('takes an alias for stale when the bucket of its connection is used anew', () => {
    const table = tableOf(1);
    const [own, translated, next] = [keyOf(1, 47), keyOf(2, 47), keyOf(3, 47)];
    const first = table.insert(own, 0, 0, true, false);
    const flowId = table.flowId(first);
    table.alias(translated, 8, first, 0);
    expect(table.find(translated, 8)).toBe(first);
    const second = table.insert(next, 0, 601, true, false); // the first one has timed out: same bucket
    expect(second).toBe(first);
    expect(table.flowId(second)).toBe((flowId + (1 << 22)) >>> 0);
    expect(table.isCurrent(second, flowId)).toBe(false);
    expect(table.find(translated, 8)).toBe(-1);
    expect(table.find(own, 0)).toBe(-1);
    expect(table.find(next, 0)).toBe(second);
  });

  it('ends a connection whose alias has to go: half of it would never come back', () => {
    const table = tableOf(1);
    const ended: number[] = [];
    table.onEnd((entry) => ended.push(table.flowId(entry)));
    const old = table.insert(keyOf(0, 6), 0, 0, true, false);
    const oldFlow = table.flowId(old);
    const busy = table.insert(keyOf(1, 6), 0, 0, true, false);
    table.alias(keyOf(2, 6), 0, busy, 0);
    for (let n = 3; n < WINDOW; n++) table.insert(keyOf(n, 6), 0, 1, true, false);
    table.touch(busy, table.comesFromFirst(busy, true), 50, 0);
    table.insert(keyOf(100, 6), 0, 60, true, false);
    expect(ended).toEqual([oldFlow]); // the alias was made as early, but its connection is alive
    expect(table.find(keyOf(2, 6), 0)).toBe(busy);
    for (let n = 101; n < 100 + WINDOW; n++) table.insert(keyOf(n, 6), 0, 61, true, false);
    expect(table.find(keyOf(1, 6), 0)).toBe(-1);
    expect(table.find(keyOf(2, 6), 0)).toBe(-1);
    expect(new Set(ended).size).toBe(ended.length);
    expect(table.evictions).toBe(ended.length);
  });

  it('does not count as evicted what has timed out, though only its alias stands in the window', () => {
    const table = tableOf(16);
    const ended: number[] = [];
    table.onEnd((entry) => ended.push(entry));
    const far = table.insert(keyOf(0, 17), 16, 0, true, false);
    table.alias(keyOf(1, 17), 0, far, 0);
    for (let n = 2; n <= WINDOW; n++) table.insert(keyOf(n, 17), 0, 200, true, false);
    table.insert(keyOf(99, 17), 0, 301, true, false);
    expect(ended).toEqual([far]);
    expect([table.evictions, table.count]).toEqual([0, WINDOW]);
  });

  it.each([
    [6, false, 7440],
    [6, true, 240],
    [17, false, 300],
    [1, false, 60],
    [58, false, 60],
    [47, false, 600],
  ])('forgets protocol %i (closing: %s) after %i idle seconds and not before', (protocol, closing, seconds) => {
    const table = tableOf(1);
    const ended: number[] = [];
    table.onEnd((entry) => ended.push(entry));
    const entry = table.insert(keyOf(1, protocol), 3, 100, true, false);
    table.touch(entry, true, 200, closing ? TcpFlag.rst : 0);
    table.sweep(200 + seconds);
    expect(table.count).toBe(1);
    table.sweep(201 + seconds);
    expect(table.count).toBe(0);
    expect(ended).toEqual([entry]);
    table.sweep(9 * seconds);
    expect(ended).toEqual([entry]);
  });

  it('has no room when its capacity is 0', () => {
    const table = tableOf(0);
    expect(table.insert(keyOf(1, 6), 1, 0, true, false)).toBe(-1);
    expect(table.find(keyOf(1, 6), 1)).toBe(-1);
  });

  it('refuses a capacity whose flow ids would not fit', () => {
    expect(() => new ConnectionTable(new ArrayBuffer(0), 0, 2 ** 21)).toThrow(RangeError);
  });

  it('keeps the path with the generation of the policy that decided it', () => {
    const table = tableOf(1);
    const entry = table.insert(keyOf(1, 6), 1, 0, true, false);
    expect([table.path(entry, 0), table.lastPath(entry)]).toEqual([-1, -1]);
    table.setPath(entry, 0, -2);
    expect([table.path(entry, -2), table.path(entry, -1), table.lastPath(entry)]).toEqual([0, -1, 0]);
  });
});

describe('a record', () => {
  const ipv6Key = new Int32Array(FLOW_KEY_WORDS);
  ipv6Key.set([(6 << 20) | (17 << 12), (53 << 16) | 5353, 0x20010db8, 0, 0, 1, 0x20010db8, 0, 0, 2]);

  it('names the sender of the first packet first, an IPv6 address in brackets', () => {
    const table = tableOf(4);
    const there = table.record(table.insert(ipv6Key, 1, 7, true, false));
    expect(there).toMatchObject({ l4: 'UDP', a: '[2001:db8::1]:53', b: '[2001:db8::2]:5353', packets: [0, 0], verdict: 0, sequence: 1, firstSeen: 7 });
    const back = table.record(table.insert(keyOf(5, 6), 2, 8, false, false));
    expect(back).toMatchObject({ l4: 'TCP', a: '192.0.2.1:80', b: '10.0.0.1:1029', sequence: 2 });
  });

  it('shows port 0 for ICMP and the number of a protocol without a name', () => {
    const table = tableOf(4);
    expect(table.record(table.insert(keyOf(5, 1), 1, 0, true, false))).toMatchObject({ l4: 'ICMP', a: '10.0.0.1:0', b: '192.0.2.1:0' });
    expect(table.record(table.insert(keyOf(5, 253), 1, 0, true, false)).l4).toBe('253');
  });

  it.each([false, true])('counts packets for each direction, through the translation too (opened in reverse: %s)', (openedInReverse) => {
    const table = tableOf(4);
    const entry = table.insert(keyOf(5, 6), 1, 0, false, openedInReverse);
    table.alias(keyOf(6, 6), 2, entry, 0);
    table.touch(entry, false, 1, 0); // a to b: the second endpoint of the key sent first
    table.touch(entry, true, 2, 0);
    table.touch(entry, table.comesFromFirst(entry, openedInReverse), 3, 0);
    table.touch(entry, table.comesFromFirst(entry, !openedInReverse), 4, 0);
    table.touch(entry, table.comesFromFirst(entry, !openedInReverse), 5, 0);
    table.setVerdict(entry, 12);
    expect(table.record(entry)).toMatchObject({ packets: [2, 3], lastSeen: 5, verdict: 12 });
    expect(table.count).toBe(1);
  });
});

describe('closing', () => {
  const key = Int32Array.from([(4 << 20) | (6 << 12), (1000 << 16) | 80, 1, 0, 0, 0, 2, 0, 0, 0]);
  const begun = (): { table: ConnectionTable; entry: number } => {
    const table = new ConnectionTable(new ArrayBuffer(ConnectionTable.bytes(16)), 0, 16);
    return { table, entry: table.insert(key, 7, 0, true, false) };
  };
  const finAck = TcpFlag.fin | TcpFlag.ack;

  it('takes a FIN of both ends, and a SYN begins anew', () => {
    const { table, entry } = begun();
    table.touch(entry, true, 5, finAck);
    table.touch(entry, true, 10, finAck);
    expect(table.find(key, 7, 3000)).toBe(entry); // half closed: the full time
    table.touch(entry, false, 3000, finAck);
    expect(table.find(key, 7, 3100)).toBe(entry);
    table.touch(entry, true, 3100, TcpFlag.syn);
    expect(table.find(key, 7, 4000)).toBe(entry);
    table.touch(entry, false, 4000, finAck);
    expect(table.find(key, 7, 5000)).toBe(entry); // the first one's FIN is forgotten
    table.touch(entry, true, 5000, finAck);
    expect(table.find(key, 7, 5300)).toBe(-1); // closed: soon forgotten
  });

  it('takes an RST of either end, and no SYN+ACK for a beginning', () => {
    for (const fromFirst of [true, false]) {
      const { table, entry } = begun();
      table.touch(entry, fromFirst, 10, TcpFlag.rst | TcpFlag.ack);
      table.touch(entry, !fromFirst, 20, TcpFlag.syn | TcpFlag.ack);
      expect(table.find(key, 7, 300)).toBe(-1);
    }
  });

  it('takes SYN and FIN in one header as a beginning with a FIN, and RST before all others', () => {
    const { table, entry } = begun();
    table.touch(entry, true, 10, finAck);
    table.touch(entry, false, 20, TcpFlag.syn | TcpFlag.fin); // begins anew, and one FIN is seen
    expect(table.record(entry).isClosing).toBe(false);
    table.touch(entry, true, 30, 0xff);
    expect(table.record(entry).isClosing).toBe(true);
  });
});
