/** System S20, multi-level classification: the acceptance test with its negatives. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Matcher } from '../../src/flow/compile-match.js';
import { FlowTable, FlowTableError, MAX_TABLE_DEPTH } from '../../src/flow/flow-table.js';
import type { Match } from '../../src/flow/match.js';
import { parseMatch } from '../../src/flow/match-text.js';
import { Generation } from '../../src/ring/generation.js';
import { Bench, type Frame, frameBytes } from './support/frames.js';

const MAC_A = 0x02000000000a;
const MAC_B = 0x02000000000b;
const DROP = -1;
const bench = new Bench();

function text(match: string): Match {
  const result = parseMatch(match);
  if ('problem' in result) throw new Error(result.problem.message);
  return result.match;
}

/** Rings by number: 1 web, 2 names, 3 the rest of host A's IPv4, 4 its ping, 5 its IPv6, 6 host B, 9 the L4 default. */
class Levels {
  readonly ports = new FlowTable<number>({ name: 'ports of A', default: 9 });
  readonly hostA = new FlowTable<number>({ name: 'host A', default: 8 });
  readonly hostB = new FlowTable<number>({ name: 'host B', default: 6 });
  readonly top = new FlowTable<number>({ name: 'L2', default: DROP });
  readonly ids: Record<'web' | 'names' | 'tcp' | 'ping' | 'ip4' | 'ip6' | 'a' | 'b' | 'catchAll', number>;

  constructor() {
    const web = this.ports.add({ name: 'web', match: text('tcp to any port 80,443'), target: 1 });
    const names = this.ports.add({ name: 'names', match: text('udp to any port 53'), target: 2 });
    const tcp = this.ports.add({ name: 'tcp', match: text('tcp from 10.0.0.0/8'), target: 3 });
    const ping = this.hostA.add({ match: text('icmp type echo-request'), target: 4 });
    const ip4 = this.hostA.add({ match: text('ip4'), target: this.ports });
    const ip6 = this.hostA.add({ match: text('ip6'), target: 5 });
    const a = this.top.add({ match: { function: 'exact', field: 'destinationMac', value: MAC_A }, target: this.hostA });
    const b = this.top.add({ match: { destinationMac: [MAC_B] }, target: this.hostB });
    // Matches all that host A's tables miss, too: it must never be asked about those.
    const catchAll = this.top.add({ match: text('ip'), target: 7 });
    this.ids = { web, names, tcp, ping, ip4, ip6, a, b, catchAll };
  }

  ring(frame: Frame): number {
    return this.top.lookup(bench.place(frame));
  }

  counts(table: string, id: number): [evaluated: number, matched: number] {
    const row = this.top.list().find((other) => other.table === table && other.id === id)!;
    return [row.evaluated, row.matched];
  }
}

const toA = { destinationMac: MAC_A, source: [0x0a000001], destination: [0xc0000201] };
const PROBES: [story: string, frame: Frame, ring: number][] = [
  ['web to A', { ...toA, protocol: 6, destinationPort: 443 }, 1],
  ['names to A', { ...toA, protocol: 17, destinationPort: 53 }, 2],
  ['other TCP to A', { ...toA, protocol: 6, destinationPort: 22 }, 3],
  ['ping to A', { ...toA, protocol: 1, icmp: { type: 8 } }, 4],
  ['IPv6 to A', { destinationMac: MAC_A, version: 6, source: [1, 2, 3, 4], protocol: 6 }, 5],
  ['UDP to A that no port entry knows', { ...toA, protocol: 17, destinationPort: 5353 }, 9],
  ['ARP to A', { destinationMac: MAC_A, etherType: 0x0806, payload: new Array<number>(28).fill(0) }, 8],
  ['anything to B', { destinationMac: MAC_B, protocol: 6, destinationPort: 443 }, 6],
  ['IP to nobody known', { destinationMac: 0x020000000099, protocol: 6 }, 7],
  ['LLDP', { destinationMac: 0x0180c200000e, etherType: 0x88cc, payload: [0, 0] }, DROP],
];

describe('S20: L2 table, L3 table for each MAC, L4 table for each port, rings', () => {
  let levels: Levels;
  beforeEach(() => (levels = new Levels()));

  it.each(PROBES)('sends %s to its ring', (_story, frame, ring) => {
    expect(levels.ring(frame)).toBe(ring);
  });

  it('evaluates no entry behind the one that matched', () => {
    const { web, names, tcp, ip4, ping, ip6, a, b, catchAll } = levels.ids;
    for (let k = 0; k < 5; k++) levels.ring({ ...toA, protocol: 6, destinationPort: 80 });
    expect(levels.counts('L2', a)).toEqual([5, 5]);
    expect(levels.counts('L2', b)).toEqual([0, 0]);
    expect(levels.counts('L2', catchAll)).toEqual([0, 0]);
    expect(levels.counts('host A', ping)).toEqual([5, 0]);
    expect(levels.counts('host A', ip4)).toEqual([5, 5]);
    expect(levels.counts('host A', ip6)).toEqual([0, 0]);
    expect(levels.counts('ports of A', web)).toEqual([5, 5]);
    expect(levels.counts('ports of A', names)).toEqual([0, 0]);
    expect(levels.counts('ports of A', tcp)).toEqual([0, 0]);
  });

  it('gives another result when two overlapping entries change places', () => {
    const web: Frame = { ...toA, protocol: 6, destinationPort: 80 };
    expect(levels.ring(web)).toBe(1);
    levels.ports.swap(levels.ids.web, levels.ids.tcp);
    expect(levels.ring(web)).toBe(3);
    levels.ports.swap(levels.ids.web, levels.ids.tcp);
    expect(levels.ring(web)).toBe(1);
  });

  it('counts the default when nothing matches anywhere', () => {
    expect(levels.ring(PROBES[9][1])).toBe(DROP);
    expect(levels.top.defaultMatched).toBe(1);
    expect(levels.top.list().at(-1)).toMatchObject({ table: 'L2', name: 'default', target: DROP, matched: 1 });
  });

  it('does not fall back to the parent when a sub-table misses', () => {
    expect(levels.ring({ ...toA, protocol: 17, destinationPort: 5353 })).toBe(9);
    expect(levels.ports.defaultMatched).toBe(1);
    expect(levels.hostA.defaultMatched).toBe(0);
    expect(levels.top.defaultMatched).toBe(0);
    expect(levels.counts('host A', levels.ids.ip6)).toEqual([0, 0]);
    expect(levels.counts('L2', levels.ids.catchAll)).toEqual([0, 0]);
  });

  it('refuses a cycle of sub-tables at install and stays as it was', () => {
    const before = levels.top.list();
    const close = (table: FlowTable<number>, target: FlowTable<number>) => () => table.add({ match: {}, target });
    for (const refused of [close(levels.ports, levels.top), close(levels.ports, levels.hostA), close(levels.top, levels.top)]) {
      expect(refused).toThrow(expect.objectContaining({ code: 'flow-table-cycle' }) as Error);
    }
    expect(() => levels.ports.replace(levels.ids.web, { match: {}, target: levels.top })).toThrow(FlowTableError);
    expect(() => levels.ports.replaceAll([{ match: {}, target: 1 }, { match: {}, target: levels.top }])).toThrow(FlowTableError);
    expect(levels.top.list()).toEqual(before);
  });

  it('refuses more tables in a row than the limit, from whichever end they are joined', () => {
    const row = (count: number) => Array.from({ length: count }, (_, k) => new FlowTable<number>({ name: `level ${k}`, default: k }));
    const tables = row(MAX_TABLE_DEPTH + 1);
    for (let k = 0; k + 2 < tables.length; k++) tables[k].add({ match: {}, target: tables[k + 1] });
    expect(tables[0].lookup(bench.place({}))).toBe(MAX_TABLE_DEPTH - 1);
    const tooDeep = expect.objectContaining({ code: 'flow-table-depth' }) as Error;
    expect(() => tables[MAX_TABLE_DEPTH - 1].add({ match: {}, target: tables[MAX_TABLE_DEPTH] })).toThrow(tooDeep);
    expect(() => tables[MAX_TABLE_DEPTH].add({ match: {}, target: tables[0] })).toThrow(tooDeep);
    tables[3].replaceAll([]);
    expect(tables[MAX_TABLE_DEPTH - 1].add({ match: {}, target: tables[MAX_TABLE_DEPTH] })).toBe(1);
  });

  it('neither throws nor depends on bytes outside the packet, however the headers are cut or spoilt', () => {
    const inputs = fc.tuple(fc.constantFrom(...PROBES), fc.nat(100), fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }));
    fc.assert(
      fc.property(inputs, ([[, frame], keep, spoilt]) => {
        const bytes = frameBytes(frame).slice(0, keep);
        for (const [at, value] of spoilt) if (at < bytes.length) bytes[at] = value;
        const packet = bench.place(bytes);
        const ring = levels.top.lookup(packet);
        packet.bytes.fill(0x00, packet.start + bytes.length);
        packet.bytes.fill(0x00, 0, packet.start);
        expect(levels.top.lookup(packet)).toBe(ring);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('S20: live edits', () => {
  it('orders by priority, then by insertion', () => {
    const table = new FlowTable<string>({ name: 't', default: 'none' });
    for (const [target, priority] of [['b', 5], ['c', 5], ['d', 0], ['a', 9], ['e', -1]] as const) table.add({ match: {}, target, priority });
    expect(table.list().map((row) => row.target)).toEqual(['a', 'b', 'c', 'd', 'e', 'none']);
  });

  it('keeps id, place and counters through a replacement, and moves with a new priority', () => {
    const table = new FlowTable<string>({ name: 't', default: 'none' });
    const first = table.add({ match: {}, target: 'first' });
    table.add({ match: {}, target: 'second' });
    table.lookup(bench.place({}));
    table.replace(first, { match: {}, target: 'other' });
    expect(table.list()[0]).toMatchObject({ id: first, target: 'other', matched: 1 });
    table.replace(first, { match: {}, target: 'last', priority: -1 });
    expect(table.list().map((row) => row.target)).toEqual(['second', 'last', 'none']);
    table.remove(first);
    expect(table.count).toBe(1);
    expect(() => table.remove(first)).toThrow(expect.objectContaining({ code: 'flow-table-entry' }) as Error);
  });

  it('lets a lookup under way end on the list it began with', () => {
    const table = new FlowTable<string>({ name: 't', default: 'none' });
    const editor: Matcher = {
      matches: () => {
        table.replaceAll([{ match: {}, target: 'after' }]);
        return false;
      },
    };
    table.replaceAll([{ match: editor, target: 'editor' }, { match: {}, target: 'before' }]);
    expect(table.lookup(bench.place({}))).toBe('before');
    expect(table.lookup(bench.place({}))).toBe('after');
  });

  it('bumps the generation of a table for each edit in it and below it, once an edit', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const shared = new Generation(words, 0);
    const top = new FlowTable<number>({ name: 'top', default: 0, generation: shared });
    const middle = new FlowTable<number>({ name: 'middle', default: 0 });
    const bottom = new FlowTable<number>({ name: 'bottom', default: 0, generation: shared });
    const edits: (() => unknown)[] = [
      () => top.add({ match: {}, target: middle }),
      () => middle.add({ match: {}, target: bottom }),
      () => bottom.add({ match: {}, target: 1 }),
      () => bottom.setDefault(3),
      () => bottom.replace(1, { match: {}, target: 2 }),
      () => bottom.remove(1),
      () => top.replaceAll([]),
    ];
    edits.forEach((edit, k) => {
      edit();
      expect(shared.current()).toBe(k + 1);
    });
    middle.setDefault(9); // no longer below the top table
    expect(shared.current()).toBe(edits.length);
  });
});

describe('S20: matching functions', () => {
  const table = (match: Parameters<FlowTable<boolean>['add']>[0]['match']) => {
    const made = new FlowTable<boolean>({ name: 't', default: false, headers: bench.headers });
    made.add({ match, target: true });
    return made;
  };
  const web: Frame = { destinationMac: 0x0a1b2c3d4e5f, protocol: 6, destinationPort: 443, source: [0x0a010203], destination: [0xc0000201] };

  it.each([
    ['exact', { function: 'exact', field: 'destinationPort', value: 443 }, { destinationPort: 80 }],
    ['range', { function: 'range', field: 'destinationPort', from: 400, to: 500 }, { destinationPort: 501 }],
    ['mask over 48 bits', { function: 'mask', field: 'destinationMac', mask: 0xffffff000000, value: 0x0a1b2c000000 }, { destinationMac: 0x0a1b2d3d4e5f }],
    ['mask over 32 bits', { function: 'mask', field: 'destination', mask: 0xff0000ff, value: 0xc0000001 }, { destination: [0xc0000202] }],
    ['prefix', { function: 'prefix', field: 'source', prefix: { version: 4, words: [0x0a000000], length: 8 } }, { source: [0x0b010203] }],
    ['a field that the packet lacks', { function: 'range', field: 'destinationPort', from: -1, to: 65535 }, { protocol: 47 }],
  ] as const)('%s', (_name, match, other) => {
    expect(table(match).lookup(bench.place(web))).toBe(true);
    expect(table(match).lookup(bench.place({ ...web, ...other }))).toBe(false);
  });

  it('hash buckets split the flows among them, each flow in exactly one', () => {
    const buckets = [0, 1, 2].map((bucket) => table({ function: 'hash-bucket', buckets: 3, bucket }));
    for (const hash of [0, 1, 2, 7, 0x80000001, 0xffffffff]) {
      const packet = bench.place(web);
      bench.headers.u32[36 >> 2] = hash;
      expect(buckets.map((bucket) => bucket.lookup(packet)).filter(Boolean)).toHaveLength(1);
    }
    expect(() => table({ function: 'hash-bucket', buckets: 3, bucket: 3 })).toThrow(RangeError);
  });

  it('takes the ingress port out of the slot header', () => {
    const onPort = table({ function: 'exact', field: 'ingressPort', value: 2 });
    expect(onPort.lookup(bench.place(web, 2))).toBe(true);
    expect(onPort.lookup(bench.place(web, 1))).toBe(false);
  });
});
