/** Slots for packets of a size: the runtime's default, and larger ones only when a packet does not fit. */
import { SLOT_OVERHEAD_BYTES } from '../src/memory/slot-layout.js';

const DEFAULT_SLOT_BYTES = 2048;

export function slotBytesFor(bytes: number): number {
  return Math.max(DEFAULT_SLOT_BYTES, 2 ** Math.ceil(Math.log2(bytes + SLOT_OVERHEAD_BYTES)));
}
