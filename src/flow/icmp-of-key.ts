/** What a flow key says of ICMP: for reports. */
import { OTHER_ICMP } from './flow-key.js';

/** By the first two words of a flow key (flow-key.ts). The code of queries is 0 (RFC 792, RFC 4443). */
export function icmpOf(head: number, ports: number): { type: number; code: number } {
  const query = head >>> 24;
  return query === OTHER_ICMP ? { type: (ports >>> 8) & 255, code: ports & 255 } : { type: query, code: 0 };
}
