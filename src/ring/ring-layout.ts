/**
 * The ring's layout. Indexes are free-running u32 and masked on access; each has a cache line of its own, so that the
 * two threads do not pull one line to and fro.
 *
 * offset  bytes  field           written by   read by
 *   0      4     producerIndex   producer     consumer
 *   4      4     claimed         producer     nobody       written to have the line before the index is stored
 *  64      4     consumerIndex   consumer     producer (occupancy, and claiming; a push cannot fail)
 * 128      4·n   entries         producer     consumer     addresses; entry = index & (capacity - 1)
 */
export const RING_HEADER_BYTES = 128;
export const PRODUCER_INDEX_WORD = 0;
export const PRODUCER_CLAIMED_WORD = 1;
export const CONSUMER_INDEX_WORD = 16;
export const ENTRIES_WORD = 32;
/** Entries of a cache line. */
export const LINE_ENTRIES = 16;

/** Where a ring lies: a plain value that crosses threads. */
export interface RingSpec {
  offset: number;
  /** Power of two, at least the number of slots and a burst: see `ringCapacity`. */
  capacity: number;
}

/**
 * Entries of a ring that no push can fill. Every slot fits, and one burst more: a consumer passes its burst on before it
 * lets go of it, so for a moment the addresses of that burst may come round again while they still count here.
 */
export function ringCapacity(slots: number, burst: number): number {
  return 2 ** Math.ceil(Math.log2(slots + burst));
}

export function ringBytes(capacity: number): number {
  return RING_HEADER_BYTES + capacity * 4;
}
