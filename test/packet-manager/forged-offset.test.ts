/** Any thread can write headers: whatever stands there, a packet does not begin before the region, where every bound would let it pass. */
import { expect, it } from 'vitest';
import { allocateRegion, Region, releaseRegion } from '../../src/memory/region.js';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HEADER_BYTES } from '../../src/memory/slot-layout.js';
import { PacketClock } from '../../src/nf/context.js';
import { forward } from '../../src/nf/contract.js';
import { Packet } from '../../src/packet/packet.js';
import { burstLoop } from '../../src/vm/burst-loop.js';
import { Journal, JOURNAL_BYTES } from '../../src/vnic/journal.js';

it.each([0x7fff_0000, 0x8000_0000, 0xffff_fff0])('a packet whose bytes lie at %i of its slot', (offset) => {
  const handle = allocateRegion({ slots: 2, slotBytes: 2048, scratchBytes: 0 });
  const region = new Region(handle);
  const headers = new SlotHeaders(new SharedArrayBuffer(2 * HEADER_BYTES), 0, 2);
  const packet = new Packet(headers, region.slotBytes);
  const starts: number[] = [];
  const loop = burstLoop({ region, headers, packet, batch: Uint32Array.of(region.address(1)), clock: new PacketClock(), journal: new Journal(new SharedArrayBuffer(JOURNAL_BYTES), 0), copies: null }, [(seen) => {
    starts.push(seen.start);
    return forward;
  }]);
  headers.u32[16] = offset;
  loop(1);
  expect(starts).toEqual([region.address(1) + offset]);
  releaseRegion(handle);
});
