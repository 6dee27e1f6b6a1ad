/**
 * Hot: no allocation. Reads a word of each packet of a burst before the first is worked on: of its slot header, and of the line in which
 * packets begin when they come in. Another core has written both. One after the other, as the loop over the burst would come to them, each read
 * waits for that core; here they follow each other so closely that a processor has many of them under way at a time.
 */
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { initialDataOffset } from '../memory/slot-layout.js';

/** Fetches for the first `count` packets of the burst. */
export type LineFetcher = (count: number) => void;

/** A closure over constants: docs/hot-code.md. @param burst addresses. */
export function lineFetcher({ bytes: itsBytes, base: itsBase, slotShift: itsShift }: Region, { i32: itsHeaderWords }: SlotHeaders, burst: Uint32Array): LineFetcher {
  /** What was read comes here, or it would not be read. */
  const itsSum = new Int32Array(16);
  return function fetchLines(count) {
    const addresses = burst;
    const bytes = itsBytes;
    const i32 = itsHeaderWords;
    const base = itsBase;
    const slotShift = itsShift;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const address = addresses[k];
      const slot = (address - base) >>> slotShift;
      sum = (sum + i32[slot << 4] + bytes[address + initialDataOffset(slot)]) | 0;
    }
    itsSum[0] = sum;
  };
}
