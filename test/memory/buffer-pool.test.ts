/** The pool of free slots: last in first out, partitions, and accounts that are charged for what they hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { account, BufferPool } from '../../src/memory/buffer-pool.js';
import { Region } from '../../src/memory/region.js';

const SLOT_BYTES = 2048;

function regionOf(slots: number): Region {
  return new Region({ slots, slotBytes: SLOT_BYTES, scratchBytes: 4096, memory: { buffer: new SharedArrayBuffer(0) } });
}

function taken(pool: BufferPool, count: number, partition = 0): number[] {
  const out = new Uint32Array(64);
  return [...out.subarray(0, pool.take(out, count, null, partition))];
}

describe('the pool', () => {
  it('starts at the lowest address and gives what was freed last first', () => {
    const region = regionOf(8);
    const pool = new BufferPool(region);
    const [first, second, third] = taken(pool, 3);
    expect([first, second, third]).toEqual([region.address(0), region.address(1), region.address(2)]);
    pool.free(first);
    pool.free(third);
    expect(taken(pool, 2)).toEqual([third, first]);
    expect(pool.available()).toBe(5);
  });

  it('gives what it has when it is asked for more', () => {
    const pool = new BufferPool(regionOf(3));
    expect(taken(pool, 5)).toHaveLength(3);
    expect(taken(pool, 5)).toEqual([]);
    expect(pool.available()).toBe(0);
    expect([...pool.addresses()]).toEqual([]);
  });

  it('keeps partitions apart: a slot goes back where it came from', () => {
    const region = regionOf(6);
    const pool = new BufferPool(region, [{ first: 0, count: 2 }, { first: 2, count: 4 }]);
    expect(taken(pool, 9, 0)).toEqual([region.address(0), region.address(1)]);
    expect(taken(pool, 2, 1)).toEqual([region.address(2), region.address(3)]);
    expect([pool.available(0), pool.available(1)]).toEqual([0, 2]);
    pool.free(region.address(3));
    pool.free(region.address(1));
    expect([pool.available(0), pool.available(1)]).toEqual([1, 3]);
    expect(taken(pool, 9, 1)).toEqual([region.address(3), region.address(4), region.address(5)]);
  });

  it('charges an account, stops at its quota and remembers the most it held', () => {
    const region = regionOf(8);
    const pool = new BufferPool(region);
    const tenant = account('tenant', 3);
    const out = new Uint32Array(8);
    expect(pool.take(out, 2, tenant)).toBe(2);
    expect(pool.take(out, 5, tenant)).toBe(1);
    expect(pool.take(out, 5, tenant)).toBe(0);
    expect(tenant).toEqual({ name: 'tenant', quotaSlots: 3, used: 3, highWater: 3 });
    expect(pool.available()).toBe(5); // the others' slots are not touched
    pool.free(region.address(0), tenant);
    pool.free(region.address(1), tenant);
    expect(tenant).toMatchObject({ used: 1, highWater: 3 });
    expect(pool.take(out, 5, tenant)).toBe(2);
  });

  it('conserves slots: free and taken are all slots, each once, and accounts sum up what is out', () => {
    const step = fc.record({ take: fc.boolean(), count: fc.nat(6), partition: fc.nat(1), payer: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const region = regionOf(12);
        const pool = new BufferPool(region, [{ first: 0, count: 5 }, { first: 5, count: 7 }]);
        const accounts = [account('a', 4), account('b', 20), null];
        const out: { address: number; payer: number }[] = [];
        for (const { take, count, partition, payer } of steps) {
          if (take) {
            const addresses = new Uint32Array(6);
            const room = accounts[payer] === null ? count : accounts[payer].quotaSlots - accounts[payer].used;
            const expected = Math.min(count, room, pool.available(partition));
            expect(pool.take(addresses, count, accounts[payer], partition)).toBe(expected);
            for (const address of addresses.subarray(0, expected)) {
              expect(region.slotIndex(address) < 5 ? 0 : 1).toBe(partition);
              out.push({ address, payer });
            }
          } else for (const { address, payer: charged } of out.splice(0, count)) pool.free(address, accounts[charged]);
          const all = [...pool.addresses(), ...out.map(({ address }) => address)].sort((a, b) => a - b);
          expect(all).toEqual(Array.from({ length: 12 }, (_, slot) => region.address(slot)));
          accounts.forEach((each, k) => each && expect(each.used).toBe(out.filter(({ payer: charged }) => charged === k).length));
        }
      }),
    );
  });
});
