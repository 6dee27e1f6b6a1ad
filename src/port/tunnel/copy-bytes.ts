/** Moves packet bytes between a slot and a datagram, which is new each time: what `BlockCopier` remembers would not last. */
import { MAX_SLOT_BYTES } from '../../memory/region.js';

/** Up to here a plain loop costs less than the view that a block copy needs. */
const LOOP_BYTES = 160;

/** Bytes of a machine word, less one. */
const WORD_MASK = 7;
/** Holds the largest packet that a slot can hold, at any alignment. */
const staging = new Uint8Array(MAX_SLOT_BYTES + WORD_MASK);

export function copyBytes(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
  if (length <= LOOP_BYTES) {
    for (let k = 0; k < length; k++) to[toStart + k] = from[fromStart + k];
    return;
  }
  // Between shared and private memory V8 copies by words only when both ends are aligned alike, else byte by byte, ten
  // times slower at 9000 B. Between private buffers it does not mind: what is askew is straightened there first.
  if (((fromStart ^ toStart) & WORD_MASK) !== 0 && length <= MAX_SLOT_BYTES) {
    const at = (isShared(from) ? fromStart : toStart) & WORD_MASK;
    staging.set(from.subarray(fromStart, fromStart + length), at);
    to.set(staging.subarray(at, at + length), toStart);
    return;
  }
  to.set(from.subarray(fromStart, fromStart + length), toStart);
}

function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
