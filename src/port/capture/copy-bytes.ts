/**
 * The one place where a capture port moves packet bytes: once from the file's buffer into the slot, or once from the
 * slot into the buffer of the file to write. Neither is a copy between ingress and egress.
 */

/** Up to here a plain loop costs less than the view that a block copy needs. */
const LOOP_BYTES = 160;

export function copyBytes(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number, length: number): void {
  if (length <= LOOP_BYTES) {
    for (let k = 0; k < length; k++) to[toStart + k] = from[fromStart + k];
    return;
  }
  to.set(from.subarray(fromStart, fromStart + length), toStart);
}
