/**
 * Hot: no allocation. Writes a word of the header of each slot of a burst before a port fills the first. A VM in another thread has read the
 * header since, so its line is in that core's cache too, and the first store to it waits until it is there no more. One after the other, between
 * the bytes of packets, these stores wait for each other; here many are under way at a time.
 */
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderWord } from '../memory/slot-layout.js';

/** Claims the headers of the first `count` slots, which are the manager's. */
export type LineClaimer = (addresses: Uint32Array, count: number) => void;

/** A closure over constants: docs/hot-code.md. */
export function lineClaimer({ base: itsBase, slotShift: itsShift }: Region, { i32: itsHeaderWords }: SlotHeaders): LineClaimer {
  return function claimLines(addresses, count) {
    const i32 = itsHeaderWords;
    const base = itsBase;
    const slotShift = itsShift;
    // Every packet begins with this word at 0.
    for (let k = 0; k < count; k++) i32[(((addresses[k] - base) >>> slotShift) << 4) | HeaderWord.scratch] = 0;
  };
}
