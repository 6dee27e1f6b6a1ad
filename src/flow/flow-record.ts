/** A connection written down for people: for reports, and when it ends. */
import { formatIpv4, formatIpv6 } from '../packet/address.js';
import { CLOSING, ENTRY_WORDS, FIRST_SENT, Word } from './connection-layout.js';
import { icmpOf } from './icmp-of-key.js';
import { protocolName } from './protocol-names.js';

/** What is known of a connection, for people. `a` is who sent its first packet. */
export interface FlowRecord {
  flowId: number;
  l4: string;
  /** `address:port`, an IPv6 address in brackets. Protocols without ports have port 0. */
  a: string;
  b: string;
  /** Of ICMP: type and code of its messages; of a query and its answers those of the query. */
  icmp?: { type: number; code: number };
  /** From a to b, and from b to a. */
  packets: [number, number];
  /** Number of the drop reason of the last packet that was dropped, 0 when none was. */
  verdict: number;
  /** Order of beginning, from 1. */
  sequence: number;
  /** Seconds of packet time, and the nanoseconds within the first. */
  firstSeen: number;
  firstNanos: number;
  lastSeen: number;
  /** As captured, link header included: from a to b, and from b to a. */
  bytes: [number, number];
  /** TCP has seen FIN or RST. */
  isClosing: boolean;
}

/** Allocates. @param words of the table. */
export function flowRecord(words: Uint32Array, entry: number): FlowRecord {
  const at = entry * ENTRY_WORDS;
  const head = words[at + Word.key];
  const version = (head >>> 20) & 15;
  const protocol = (head >>> 12) & 255;
  const isIcmp = protocol === 1 || protocol === 58;
  const first = formatEnd(version, words.subarray(at + Word.key + 2, at + Word.key + 6), isIcmp ? 0 : words[at + Word.key + 1] >>> 16);
  const second = formatEnd(version, words.subarray(at + Word.key + 6, at + Word.key + 10), isIcmp ? 0 : words[at + Word.key + 1] & 0xffff);
  const firstSent = (words[at + Word.flags] & FIRST_SENT) !== 0;
  return {
    flowId: words[at + Word.flowId],
    l4: protocolName(protocol),
    a: firstSent ? first : second,
    b: firstSent ? second : first,
    ...(isIcmp && { icmp: icmpOf(head, words[at + Word.key + 1]) }),
    packets: [words[at + Word.packets], words[at + Word.packets + 1]],
    verdict: words[at + Word.verdict],
    sequence: words[at + Word.sequence],
    firstSeen: words[at + Word.firstSeen],
    firstNanos: words[at + Word.firstNanos],
    lastSeen: words[at + Word.lastSeen],
    bytes: [bytesAt(words, at + Word.bytes), bytesAt(words, at + Word.bytes + 2)],
    isClosing: (words[at + Word.flags] & CLOSING) !== 0,
  };
}

function bytesAt(words: Uint32Array, low: number): number {
  return words[low + 1] * 2 ** 32 + words[low];
}

function formatEnd(version: number, words: Uint32Array, port: number): string {
  return version === 4 ? `${formatIpv4(words[0])}:${port}` : `[${formatIpv6(words[0], words[1], words[2], words[3])}]:${port}`;
}
