/** Hot: no allocation, no call. Packets side by side in a burst that a VM of a mesh hands on together. */
import type { Region } from '../memory/region.js';
import { HeaderWord, VerdictKind } from '../memory/slot-layout.js';

const PATH_AND_DIRECTION = 0xff00ffff | 0;
const VERDICT = 0xff;
const ONE_HOP = 1 << 16;

/**
 * Where the run ends, from `addresses[from]` on, whose packets are forwarded on the same path in the same direction; `from`
 * when the first is not forwarded.
 */
export function sameWayForward(i32: Int32Array, region: Region, addresses: Uint32Array, from: number, to: number): number {
  const { base, slotShift } = region;
  const way = i32[(((addresses[from] - base) >>> slotShift) << 4) + HeaderWord.path] & PATH_AND_DIRECTION;
  let k = from;
  for (; k < to; k++) {
    const at = ((addresses[k] - base) >>> slotShift) << 4;
    if ((i32[at + HeaderWord.path] & PATH_AND_DIRECTION) !== way || (i32[at + HeaderWord.verdict] & VERDICT) !== VerdictKind.forward) break;
  }
  return k;
}

/** The packets of a run stand at the next hop of their path. */
export function nextHop(i32: Int32Array, region: Region, addresses: Uint32Array, from: number, to: number): void {
  const { base, slotShift } = region;
  for (let k = from; k < to; k++) i32[(((addresses[k] - base) >>> slotShift) << 4) + HeaderWord.path] += ONE_HOP;
}
