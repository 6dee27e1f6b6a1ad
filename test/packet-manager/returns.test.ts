/** Nothing that comes back from a VM is trusted: here the VM's end of its vNIC is driven by hand. */
import { describe, expect, it } from 'vitest';
import { HeaderOffset } from '../../src/memory/slot-layout.js';
import type { SlotHeaders } from '../../src/memory/slot-headers.js';
import { Cell, dropsByName } from '../../src/observe/counters.js';
import { rig } from './rig.js';

describe('what a VM returns', () => {
  it('goes on when it is just what is due', () => {
    const { one, two, out, manager } = rig(3);
    const lent = one.take();
    expect(lent).toHaveLength(3);
    one.give(...lent);
    expect(two.take()).toEqual(lent);
    two.give(...lent);
    expect(out[Cell.transmitted]).toBe(3);
    expect(manager.census()).toMatchObject({ balanced: true, inFlight: 0 });
  });

  it('is counted and never used when it comes twice, is misaligned, out of range, or lent to another VM', () => {
    const { one, two, out, manager } = rig(3);
    const lent = one.take();
    one.give(lent[0]);
    expect(two.take()).toEqual([lent[0]]);
    one.give(lent[0]); // a duplicate, and by now lent to the other VM
    one.give(lent[1] + 8); // misaligned
    one.give(0xfffff000); // out of range
    two.give(lent[1]); // lent to VM one
    expect(one.counters[Cell.invalidReturns]).toBe(3);
    expect(two.counters[Cell.invalidReturns]).toBe(1);
    expect(out[Cell.transmitted]).toBe(0);
    expect(two.take()).toEqual([]);
    expect(manager.census()).toMatchObject({ balanced: true, faults: [] });
  });

  it('costs the VM what it failed to return, as a drop with a name, once nothing else can come', () => {
    const { one, two, inside, names, manager, settle } = rig(3);
    const [a, b, c] = one.take();
    one.give(a, c, b); // out of order: c is refused, b is due
    settle();
    expect(two.take()).toEqual([a, b]);
    expect(dropsByName(inside, names)).toEqual({ 'tx-pointer-invalid': 1 });
    expect(manager.census()).toMatchObject({ balanced: true, faults: [], inFlight: 2 });
  });

  it.each([
    ['a length beyond the slot', (h: SlotHeaders, slot: number) => (h.u32[(slot << 4) + 1] = 4000)],
    ['a data offset beyond the slot', (h: SlotHeaders, slot: number) => (h.u32[slot << 4] = 0xffffff00)],
    ['no bytes at all', (h: SlotHeaders, slot: number) => (h.u32[(slot << 4) + 1] = 0)],
    ['an unknown verdict', (h: SlotHeaders, slot: number) => (h.u8[(slot << 6) + HeaderOffset.verdict] = 9)],
    ['a drop for a reason that nobody declared', (h: SlotHeaders, slot: number) => {
      h.u8[(slot << 6) + HeaderOffset.verdict] = 1;
      h.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = 200;
    }],
    ['a port that does not exist', (h: SlotHeaders, slot: number) => (h.u8[(slot << 6) + HeaderOffset.egressPort] = 77)],
  ])('is dropped by name with %s', (_, spoil) => {
    const { one, two, inside, names, manager, headers, region } = rig(2);
    const lent = one.take();
    spoil(headers, region.slotIndex(lent[0]));
    one.give(...lent);
    expect(two.take()).toEqual([lent[1]]);
    expect(dropsByName(inside, names)).toEqual({ 'tx-bounds-invalid': 1 });
    expect(manager.census()).toMatchObject({ balanced: true, faults: [] });
  });

  it('cannot change its path, direction or hop by writing them into the header', () => {
    const { one, two, headers, region } = rig(1);
    const [address] = one.take();
    const slot = region.slotIndex(address);
    headers.u16[(slot << 5) + (HeaderOffset.path >> 1)] = 999;
    headers.u8[(slot << 6) + HeaderOffset.hop] = 200;
    headers.u8[(slot << 6) + HeaderOffset.direction] = 1;
    one.give(address);
    expect(two.take()).toEqual([address]);
  });

  it('lets the pool run dry without a crash, and ingress go on when slots come home', () => {
    const { one, two, out, manager } = rig(200, 16);
    for (let round = 0; round < 200 && out[Cell.transmitted] < 200; round++) {
      one.give(...one.take());
      two.give(...two.take());
    }
    expect(out[Cell.transmitted]).toBe(200);
    expect(manager.census()).toMatchObject({ inFlight: 0, balanced: true });
  });
});
