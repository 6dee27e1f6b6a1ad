/**
 * An entry of the connection table, 128 B in control memory. One writer, the manager; anyone may read.
 *
 * word   field              written by   meaning
 *  0     state              manager      EntryKind: 0 free, 1 connection, 2 alias
 *  1     hash               manager      of the key
 *  2     flowId             manager      own id; of an alias, the id of its connection (stale when it differs)
 *  3     lastSeen           manager      seconds of packet time; of an alias, when it was made
 *  4…13  key                manager      see flow-key.ts
 * 14     flags              manager      bit 0: the first endpoint of the key sent the first packet; bit 1: first packet
 *                                        travelled in reverse; bit 2: TCP is closing; bits 3, 4: FIN seen from the
 *                                        first endpoint, from the second
 * 15     packets a to b     manager      a is who sent the first packet
 * 16     packets b to a     manager
 * 17     verdict            manager      drop reason of the last packet that was not forwarded, 0
 * 18     path               manager      1 + index of the service path, 0 when not decided
 * 19     policy             manager      generation of the policy that decided the path
 * 20     sequence           manager      order of beginning
 * 21     firstSeen          manager      seconds of packet time
 * 22     firstNanos         manager      nanoseconds within that second
 * 23, 24 bytes a to b       manager      low word, high word
 * 25, 26 bytes b to a       manager      low word, high word
 * 27     bucket             manager      where the index has the entry's number
 */
import { FLOW_INDEX_BITS } from './flow-id.js';

export const ENTRY_WORDS = 32;
export const ENTRY_WORDS_LOG2 = 5;

export const EntryKind = { free: 0, connection: 1, alias: 2 } as const;
export const Word = {
  kind: 0, hash: 1, flowId: 2, lastSeen: 3, key: 4, flags: 14, packets: 15, verdict: 17, path: 18, policy: 19, sequence: 20, firstSeen: 21, firstNanos: 22,
  bytes: 23, bucket: 27,
} as const;
export const FIRST_SENT = 1;
export const OPENED_IN_REVERSE = 2;
export const CLOSING = 4;
export const FIN_FROM_FIRST = 8;
export const FIN_FROM_SECOND = 16;

/** Idle seconds after which a connection is forgotten. */
export const IDLE_SECONDS = {
  /** Longer than a keep-alive interval (RFC 9293 3.8.4 says two hours at least) would need a larger table. */
  tcp: 7440,
  /** After FIN or RST: 2 MSL (RFC 9293 3.6.1). */
  tcpClosing: 240,
  /** RFC 4787 REQ-5. */
  udp: 300,
  /** RFC 5508 REQ-1. */
  icmp: 60,
  other: 600,
} as const;

/** Buckets in which a key may stand: bounds a lookup. */
export const PROBE_WINDOW = 16;
/** Buckets per connection, and entries: room for aliases, and a window that is seldom full. */
const BUCKETS_PER_CONNECTION = 2;
/** Most connections of a table: twice as many buckets, a power of two, must be numbered by flow indexes. */
export const MAX_CONNECTIONS = 2 ** (FLOW_INDEX_BITS - 2);
/** Behind the entries: how many connections were evicted, a float64. */
export const EVICTIONS_BYTES = 8;

/** Buckets of a table for so many connections, and entries: a power of two. */
export function bucketsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(PROBE_WINDOW, capacity * BUCKETS_PER_CONNECTION)));
}

export function evictionsCell(buffer: ArrayBufferLike, byteOffset: number, buckets: number): Float64Array {
  return new Float64Array(buffer, byteOffset + buckets * ENTRY_WORDS * 4, 1);
}
