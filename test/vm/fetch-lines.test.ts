/** Lines are read ahead and nothing else: whatever addresses a ring holds, nothing changes and nobody minds. */
import { describe, expect, it } from 'vitest';
import { allocateControl } from '../../src/memory/control-memory.js';
import { allocateRegion, Region, releaseRegion } from '../../src/memory/region.js';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HEADER_BYTES } from '../../src/memory/slot-layout.js';
import { lineFetcher } from '../../src/vm/fetch-lines.js';

const SLOTS = 16;
const SLOT_BYTES = 2048;

describe('the lines of a burst', () => {
  it('are left as they were, of addresses that are none too', () => {
    const handle = allocateRegion({ slots: SLOTS, slotBytes: SLOT_BYTES, scratchBytes: SLOT_BYTES });
    const region = new Region(handle);
    const headers = new SlotHeaders(allocateControl(SLOTS * HEADER_BYTES), 0, SLOTS);
    region.bytes.fill(0xa5);
    headers.u8.fill(0x5a);
    const addresses = [region.address(0), region.address(SLOTS - 1), region.address(SLOTS), region.address(3) + 1, 0, 0xffffffff];
    lineFetcher(region, headers, Uint32Array.from(addresses))(addresses.length);
    expect(region.bytes.every((byte) => byte === 0xa5)).toBe(true);
    expect(headers.u8.every((byte) => byte === 0x5a)).toBe(true);
    releaseRegion(handle);
  });
});
