/** What a poll takes from the ports, beside what is under way. */
import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../src/memory/buffer-pool.js';
import { HeaderWord } from '../../src/memory/slot-layout.js';
import { Cell } from '../../src/observe/counters.js';
import { lineClaimer } from '../../src/packet-manager/claim-lines.js';
import { InlinePortHost } from '../../src/packet-manager/port-host.js';
import type { PortBackend } from '../../src/port/contract.js';
import { BURST, rig } from './rig.js';

describe('a poll', () => {
  it('asks a port once whose packets come with time, however much has come by the time it has answered', () => {
    const { inside, manager } = rig(1000, 1024, () => 1);
    const before = inside[Cell.received];
    manager.poll();
    expect(inside[Cell.received] - before).toBe(1);
  });

  /** A packet comes in each time somebody asks; the VMs can do sixteen times as much. */
  it('works off what a stall has left, while packets go on to come', () => {
    let most = BURST;
    const { one, two, manager, out, settle } = rig(100_000, 256, () => most);
    settle(); // the first VM stalls: every slot waits for it
    most = 1;
    for (let turn = 0; turn < 40; turn++) {
      one.put(one.take(BURST));
      two.put(two.take(BURST));
      manager.poll();
    }
    expect(out[Cell.transmitted]).toBeGreaterThan(256);
    expect(manager.census().inFlight).toBeLessThan(2 * BURST);
  });
});

it('a port of which something will be there with time says so by hasWork', () => {
  const atHand: PortBackend = { receive: () => 0, transmit: () => undefined, complete: () => 0, exhausted: false, close: () => undefined };
  const pool = new BufferPool(rig(1).region);
  expect(new InlinePortHost(atHand, pool).comesWithTime).toBe(false);
  expect(new InlinePortHost({ ...atHand, hasWork: () => false }, pool).comesWithTime).toBe(true);
});

it('has the headers of the slots that a port is given, and writes nothing there but a word that every packet begins with at 0', () => {
  const { region, headers } = rig(1);
  const given: number[] = [];
  const port: PortBackend = {
    receive: (slots, count) => {
      for (let k = 0; k < count; k++) {
        const slot = region.slotIndex(slots[k]);
        given.push(slot);
        const words = headers.i32.subarray(slot << 4, (slot + 1) << 4);
        expect([...words.entries()].filter(([, word]) => word !== -1)).toEqual([[HeaderWord.scratch, 0]]);
      }
      return 0;
    },
    transmit: () => undefined, complete: () => 0, exhausted: false, close: () => undefined,
  };
  headers.i32.fill(-1);
  new InlinePortHost(port, new BufferPool(region), lineClaimer(region, headers)).receive(new Uint32Array(4), 4);
  expect(given).toHaveLength(4);
  expect(headers.i32.filter((word) => word !== -1)).toHaveLength(4);
});
