/** Tables that network functions declare: the keyed one against a map, with removals, timeouts and restarts; words for each flow. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyed, type KeyedTableSpec, perFlow, PerFlowTable, StateTable } from '../../src/nf/tables.js';
import { nextFlowId } from '../../src/flow/flow-id.js';

const MARGIN = 64;
const POISON = 0xa5;

function memoryFor(bytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(MARGIN + bytes + MARGIN)).fill(POISON, 0, MARGIN).fill(POISON, MARGIN + bytes);
}

function isPoisoned(memory: Uint8Array): boolean {
  return [...memory.subarray(0, MARGIN), ...memory.subarray(-MARGIN)].every((byte) => byte === POISON);
}

/** What a key should lead to. Times are in milliseconds. */
interface Kept {
  entry: number;
  value: [number, number];
  expiresMs: number;
  generation: number;
}

/** A table beside the map that it should be. */
class Model {
  readonly spec: KeyedTableSpec;
  readonly memory: Uint8Array;
  readonly kept = new Map<number, Kept>();
  readonly generations = new Map<number, number>();
  table: StateTable;
  nowMs = 10_000;
  #stamp = 0;

  constructor(capacity: number) {
    this.spec = keyed({ keyWords: 2, valueWords: 2, capacity });
    this.memory = memoryFor(StateTable.bytes(this.spec));
    this.table = this.open();
  }

  open(): StateTable {
    return new StateTable(this.spec, this.memory.buffer, MARGIN);
  }

  find(key: number): Kept | null {
    this.table.key.set([key, 0xffffffff - key]);
    const entry = this.table.find();
    const expected = this.kept.get(key);
    expect(entry).toBe(expected?.entry ?? -1);
    if (expected === undefined) return null;
    const { table } = this;
    expect([...table.words.subarray(table.keyAt(entry), table.keyAt(entry) + 2)]).toEqual([key, 0xffffffff - key]);
    expect([...table.words.subarray(table.value(entry), table.value(entry) + 2)]).toEqual(expected.value);
    expect([table.isTaken(entry), table.generation(entry)]).toEqual([true, expected.generation]);
    expect(table.isExpired(entry, this.nowMs)).toBe(expected.expiresMs <= this.nowMs);
    return expected;
  }

  insert(key: number, lifetimeMs: number): void {
    if (this.find(key) !== null) return;
    const { table } = this;
    const entry = table.insert();
    if (this.kept.size === this.spec.capacity) {
      expect(entry).toBe(-1);
      return;
    }
    expect([...this.kept.values()].map((other) => other.entry)).not.toContain(entry);
    expect([...table.words.subarray(table.value(entry), table.value(entry) + 2)]).toEqual([0, 0]);
    expect(table.isExpired(entry, Number.MAX_SAFE_INTEGER / 4096)).toBe(false); // never, until it is said when
    const generation = (this.generations.get(entry) ?? 0) + 1;
    this.generations.set(entry, generation);
    const kept: Kept = { entry, value: [++this.#stamp, key], expiresMs: Infinity, generation };
    table.words.set(kept.value, table.value(entry));
    this.kept.set(key, kept);
    if (lifetimeMs > 0) {
      table.expireAt(entry, this.nowMs + lifetimeMs);
      kept.expiresMs = Math.ceil((this.nowMs + lifetimeMs) / 1000) * 1000;
    }
  }

  remove(key: number): void {
    const kept = this.find(key);
    if (kept === null) return;
    this.table.remove(kept.entry);
    this.table.remove(kept.entry); // of no effect
    this.kept.delete(key);
    this.find(key);
  }

  /** Sweeps so often that each place has had its turn: each timed-out entry is offered once, and no other. */
  sweep(budget: number): void {
    const expected = [...this.kept].filter(([, kept]) => kept.expiresMs <= this.nowMs);
    const offered: number[] = [];
    const places = this.table.words.length / 7;
    for (let looked = 0; looked < places; looked += budget) {
      this.table.sweep(this.nowMs, Math.min(budget, places - looked), (entry) => {
        offered.push(entry);
        this.table.remove(entry);
      });
    }
    expect(offered.sort((a, b) => a - b)).toEqual(expected.map(([, kept]) => kept.entry).sort((a, b) => a - b));
    for (const [key] of expected) this.kept.delete(key);
  }
}

const KEYS = 24;
const does = fc.oneof(
  { weight: 6, arbitrary: fc.constant('insert' as const) },
  { weight: 5, arbitrary: fc.constant('remove' as const) },
  { weight: 3, arbitrary: fc.constant('find' as const) },
  { weight: 2, arbitrary: fc.constant('wait' as const) },
  { weight: 1, arbitrary: fc.constant('sweep' as const) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
);
const step = fc.record({ does, key: fc.nat(KEYS - 1), ms: fc.constantFrom(0, 1, 999, 1000, 1001, 30_000), budget: fc.integer({ min: 1, max: 70 }) });

describe('a keyed table', () => {
  it('agrees with a map, whatever is inserted, removed, timed out or restarted in between', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 5, 8, 16), fc.array(step, { maxLength: 150, size: 'max' }), (capacity, steps) => {
        const model = new Model(capacity);
        for (const { does: act, key, ms, budget } of steps) {
          if (act === 'insert') model.insert(key, ms);
          else if (act === 'remove') model.remove(key);
          else if (act === 'find') model.find(key);
          else if (act === 'wait') model.nowMs += ms;
          else if (act === 'sweep') model.sweep(budget);
          else model.table = model.open(); // the state outlives the VM that wrote it
          expect(model.table.count).toBe(model.kept.size);
        }
        for (let key = 0; key < KEYS; key++) model.find(key);
        expect(isPoisoned(model.memory)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('takes as many entries as it was made for, and not one more', () => {
    const model = new Model(5);
    for (let key = 0; key < 8; key++) model.insert(key, 0);
    expect(model.table.count).toBe(5);
    model.remove(2);
    model.insert(7, 0);
    expect(model.find(7)).not.toBeNull();
  });

  it('takes places that lie close together: the one that became free last, else the next that was never used', () => {
    const model = new Model(16);
    for (let key = 0; key < 4; key++) model.insert(key, 0);
    const entryOf = (key: number): number => model.find(key)!.entry;
    expect([0, 1, 2, 3].map(entryOf)).toEqual([0, 1, 2, 3]);
    model.remove(0);
    model.remove(2);
    for (let key = 4; key < 7; key++) model.insert(key, 0);
    expect([4, 5, 6].map(entryOf)).toEqual([2, 0, 4]);
    model.remove(1);
    model.table = model.open();
    for (let key = 7; key < 9; key++) model.insert(key, 0);
    expect([7, 8].map(entryOf)).toEqual([1, 5]);
  });

  it('goes on without an entry whose key somebody has written into, however often', () => {
    const spec = keyed({ keyWords: 1, valueWords: 0, capacity: 4 });
    const table = new StateTable(spec, new ArrayBuffer(StateTable.bytes(spec)), 0);
    for (let key = 0; key < 100; key++) {
      table.key[0] = key;
      const entry = table.insert();
      table.words[table.keyAt(entry)] = ~key;
      expect(table.find()).toBe(-1);
      table.remove(entry);
    }
    expect(table.count).toBe(0);
    table.key[0] = 7;
    expect(table.find()).toBe(-1);
  });

  it('times out at the second after the one that it was told, not before', () => {
    const model = new Model(2);
    model.insert(1, 500); // at 10.5 s
    const { entry } = model.find(1)!;
    expect([model.table.isExpired(entry, 10_999), model.table.isExpired(entry, 11_000)]).toEqual([false, true]);
  });

  it('lets a sweep leave an entry where it is', () => {
    const model = new Model(2);
    model.insert(1, 1000);
    model.nowMs += 5000;
    let offered = 0;
    for (let k = 0; k < 3; k++) model.table.sweep(model.nowMs, 100, () => offered++);
    expect(offered).toBe(3);
    expect(model.find(1)).not.toBeNull();
  });
});

describe('words for each flow', () => {
  const FLOWS = 8;
  const spec = perFlow(3);

  function flows(): { table: PerFlowTable; memory: Uint8Array } {
    const memory = memoryFor(PerFlowTable.bytes(spec, FLOWS));
    return { table: new PerFlowTable(spec, FLOWS, memory.buffer, MARGIN), memory };
  }

  it('are zero for a new flow, kept for the same one, and zeroed when its place is taken anew', () => {
    const { table } = flows();
    const at = table.of(3);
    expect([...table.words.subarray(at, at + 3)]).toEqual([0, 0, 0]);
    table.words.set([7, 8, 9], at);
    expect(table.of(3)).toBe(at);
    expect([...table.words.subarray(at, at + 3)]).toEqual([7, 8, 9]);
    const next = table.of(nextFlowId(3));
    expect(next).toBe(at);
    expect([...table.words.subarray(at, at + 3)]).toEqual([0, 0, 0]);
    table.words.set([1, 1, 1], at);
    expect([...table.words.subarray(table.of(3), at + 3)]).toEqual([0, 0, 0]);
  });

  it('of one flow are not those of another, up to the largest', () => {
    const { table, memory } = flows();
    for (let flow = 0; flow <= FLOWS; flow++) table.words.fill(flow, table.of(flow), table.of(flow) + 3);
    for (let flow = 1; flow <= FLOWS; flow++) expect([...table.words.subarray(table.of(flow), table.of(flow) + 3)]).toEqual([flow, flow, flow]);
    expect(isPoisoned(memory)).toBe(true);
  });

  it('of packets without a flow are zero at every call', () => {
    const { table } = flows();
    table.words.fill(5, table.of(0), table.of(0) + 3);
    const at = table.of(0);
    expect([...table.words.subarray(at, at + 3)]).toEqual([0, 0, 0]);
  });

  it('agree with a map over any flow ids, generations up to the last', () => {
    const flowId = fc.tuple(fc.integer({ min: 1, max: FLOWS }), fc.constantFrom(0, 1, 2, 1023)).map(([index, uses]) => ((uses << 22) | index) >>> 0);
    fc.assert(
      fc.property(fc.array(flowId, { maxLength: 50 }), (ids) => {
        const { table } = flows();
        const latest = new Map<number, { id: number; seen: number }>();
        for (const id of ids) {
          const before = latest.get(id & 15);
          const seen = before?.id === id ? before.seen : 0;
          const at = table.of(id);
          expect(table.words[at + 2]).toBe(seen);
          table.words[at + 2]++;
          latest.set(id & 15, { id, seen: seen + 1 });
        }
      }),
    );
  });
});
