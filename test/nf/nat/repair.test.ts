import { describe, expect, test } from 'vitest';
import type { Counter } from '../../../src/nf/contract.js';
import { AddressPool } from '../../../src/nf/nat/address-pool.js';
import { Bindings } from '../../../src/nf/nat/bindings.js';
import { Binding, NONE, PortClass } from '../../../src/nf/nat/layout.js';
import { PortAllocator } from '../../../src/nf/nat/port-allocator.js';
import { repairBindings } from '../../../src/nf/nat/repair-bindings.js';
import { keyed, StateTable } from '../../../src/nf/tables.js';
import { ip } from './packets.js';

const UDP = 17;
const GRE = 47;
const EXTERNAL = ip('203.0.113.1');
const FIRST_PORT = 2000;
const LAST_PORT = 2007;
const bindingsSpec = keyed({ keyWords: 3, valueWords: 6, capacity: 8 });
const externalSpec = keyed({ keyWords: 3, valueWords: 2, capacity: 8 });

class PowerCut extends Error {}

/** Control memory that survives, and what an NF builds over it each time it starts. */
class Machine {
  readonly #memory = new ArrayBuffer(StateTable.bytes(bindingsSpec) + StateTable.bytes(externalSpec));
  /** Stores that still succeed. */
  storesLeft = Infinity;

  start() {
    const table = new StateTable(bindingsSpec, this.#memory, 0);
    const external = new StateTable(externalSpec, this.#memory, StateTable.bytes(bindingsSpec));
    const ports = new PortAllocator(1, [FIRST_PORT, LAST_PORT], [0, 65_535], { index: 0, count: 1 }, { preserves: true, random: null });
    const counter: Counter = { value: 0, add: () => undefined };
    const counters = { 'bindings-created': counter, 'bindings-released': counter, 'ports-preserved': counter, 'parity-lost': counter };
    const pool = new AddressPool([EXTERNAL]);
    const whole = new Bindings(table, external, pool, ports, counters);
    const removed = repairBindings({ table, external, bindings: whole, pool, ports });
    for (const each of [table, external]) Object.defineProperty(each, 'words', { value: this.#fragile(each.words) });
    const bindings = new Bindings(table, external, pool, ports, counters);
    return { table, external, ports, bindings, removed };
  }

  /** The same words, one store at a time, each of which may be the last. */
  #fragile(words: Uint32Array): Uint32Array {
    const store = (index: number, value: number): void => {
      if (this.storesLeft-- <= 0) throw new PowerCut();
      words[index] = value;
    };
    return new Proxy(words, {
      get: (target, name) => {
        if (name === 'fill') return (value: number, from: number, to: number) => {
          for (let k = from; k < to; k++) store(k, value);
        };
        return Reflect.get(target, name, target) as unknown;
      },
      set: (_, name, value: number) => {
        store(Number(name), value);
        return true;
      },
    });
  }
}

type Running = ReturnType<Machine['start']>;

/** The entry of the table whose key has this place. */
const entryOf = ({ bindings }: Running, at: number): number => (at - bindings.firstPlace) / bindings.stride;

const create = ({ bindings }: Running, host: number, seconds = 0): number => bindings.create(UDP, ip(`10.0.0.${host}`), 5000, seconds + 300, seconds);

/** Every binding is named by one external entry and the other way round, and exactly their ports are given out. */
function expectWhole({ table, external, ports, bindings }: Running, hosts: readonly number[]): void {
  expect(table.count).toBe(external.count);
  const given = new Set<number>();
  for (const host of hosts) {
    const entry = bindings.findInside(UDP, ip(`10.0.0.${host}`), 5000, 0);
    if (entry === NONE) continue;
    const externalPort = bindings.words[entry + Binding.externalPort];
    given.add(externalPort);
    expect(bindings.findOutside(UDP, EXTERNAL, externalPort, 0)).toBe(entry);
  }
  expect(given.size).toBe(table.count);
  for (let port = FIRST_PORT; port <= LAST_PORT; port++) expect(ports.isFree(0, PortClass.udp, port)).toBe(!given.has(port));
}

/** Cuts `act` off after every number of stores there is, and restarts. @returns how many cuts there were. */
function cutEverywhere(prepare: (running: Running) => void, act: (running: Running) => void, check: (running: Running) => void): number {
  for (let stores = 0; ; stores++) {
    const machine = new Machine();
    const running = machine.start();
    prepare(running);
    machine.storesLeft = stores;
    let isCut = false;
    try {
      act(running);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      isCut = true;
    }
    machine.storesLeft = Infinity;
    check(machine.start());
    if (!isCut) return stores;
  }
}

describe('interrupted at any store, the tables are whole after a restart', () => {
  test('while a binding is made', () => {
    const cuts = cutEverywhere(
      (running) => create(running, 1),
      (running) => create(running, 2),
      (restarted) => {
        expectWhole(restarted, [1, 2]);
        expect(restarted.bindings.findInside(UDP, ip('10.0.0.1'), 5000, 0)).not.toBe(NONE);
        // What was half made is made again.
        if (restarted.bindings.findInside(UDP, ip('10.0.0.2'), 5000, 0) === NONE) expect(create(restarted, 2)).toBeGreaterThan(NONE);
        expectWhole(restarted, [1, 2]);
      },
    );
    expect(cuts).toBeGreaterThan(15);
  });

  test('while a binding ends', () => {
    const cuts = cutEverywhere(
      (running) => [1, 2, 3].forEach((host) => create(running, host)),
      (running) => running.bindings.release(running.bindings.findInside(UDP, ip('10.0.0.2'), 5000, 0)),
      (restarted) => {
        expectWhole(restarted, [1, 2, 3]);
        for (const host of [1, 3]) expect(restarted.bindings.findInside(UDP, ip(`10.0.0.${host}`), 5000, 0)).not.toBe(NONE);
      },
    );
    expect(cuts).toBeGreaterThanOrEqual(3);
  });

  test('while a full table makes room for a new binding', () => {
    cutEverywhere(
      (running) => [1, 2, 3, 4, 5, 6, 7, 8].forEach((host) => create(running, host)),
      (running) => create(running, 9, 300),
      (restarted) => expectWhole(restarted, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    );
  });
});

test('a binding without a port, made in place of one that timed out: interrupted at any store, the tables are whole', () => {
  const REMOTE = ip('192.0.2.7');
  const bind = ({ bindings }: Running, host: number, seconds: number): number => bindings.create(GRE, ip(`10.0.0.${host}`), REMOTE, seconds + 300, seconds);
  const cuts = cutEverywhere(
    (running) => bind(running, 1, 0),
    (running) => bind(running, 2, 300),
    (restarted) => {
      const { table, external, bindings } = restarted;
      expect(table.count).toBe(external.count);
      const second = bindings.findInside(GRE, ip('10.0.0.2'), REMOTE, 300);
      const entry = second !== NONE ? second : bind(restarted, 2, 300);
      expect(bindings.findOutside(GRE, EXTERNAL, REMOTE, 300)).toBe(entry);
      expect([table.count, external.count]).toEqual([1, 1]);
    },
  );
  expect(cuts).toBeGreaterThan(15);
});

test('an external entry that names a later binding in the same place is removed', () => {
  const machine = new Machine();
  const running = machine.start();
  const entry = create(running, 1);
  const port = running.bindings.words[entry + Binding.externalPort];
  // The binding went and another took its bucket, without a word to `external`.
  running.table.remove(entryOf(running, entry));
  running.table.key[0] = UDP;
  running.table.key[1] = ip('10.0.0.1');
  running.table.key[2] = 5000;
  const later = running.table.insert();
  const at = running.table.keyAt(later);
  running.table.words[at + Binding.externalAddress] = EXTERNAL;
  running.table.words[at + Binding.externalPort] = port;
  running.table.words[at + Binding.serial] = running.table.generation(later);
  const restarted = machine.start();
  expect(restarted.removed).toBe(2);
  expect(restarted.table.count + restarted.external.count).toBe(0);
});

test('a binding cannot be reached through a half that outlived it', () => {
  const running = new Machine().start();
  const entry = create(running, 1);
  const port = running.bindings.words[entry + Binding.externalPort];
  running.table.remove(entryOf(running, entry));
  expect(running.bindings.findOutside(UDP, EXTERNAL, port, 0)).toBe(NONE);
});
