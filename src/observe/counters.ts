/**
 * Hot: no allocation. Counter blocks in control memory: float64 cells, one writer each, plain stores; whoever reads sums
 * them. A float64 counts exactly to 2^53.
 *
 * cell      meaning (of a port)             (of a VM)
 * 0         received                        received: lent to it
 * 1         transmitted                     returned by it
 * 2         originated                      originated
 * 3         receivedBytes                   -
 * 4         transmittedBytes                bytes copied (copy mode; written by the VM)
 * 5         -                               invalid returns
 * 8 + n     dropped for reason n            dropped for reason n
 */
import { MAX_DROP_REASONS } from './drop-reasons.js';

export const Cell = { received: 0, transmitted: 1, returned: 1, originated: 2, receivedBytes: 3, transmittedBytes: 4, invalidReturns: 5, drops: 8 } as const;
export const COUNTER_CELLS = Cell.drops + MAX_DROP_REASONS;
export const COUNTER_BYTES = COUNTER_CELLS * 8;

export function counterBlock(buffer: ArrayBufferLike, offset: number): Float64Array {
  return new Float64Array(buffer, offset, COUNTER_CELLS);
}

/** Drops of a block by name, only those that occurred. */
export function dropsByName(block: Float64Array, names: readonly string[]): Record<string, number> {
  const drops: Record<string, number> = {};
  for (let reason = 1; reason < names.length; reason++) {
    const count = block[Cell.drops + reason];
    if (count > 0 && names[reason] !== undefined) drops[names[reason]] = count;
  }
  return drops;
}
