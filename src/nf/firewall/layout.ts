/**
 * What the firewall keeps for a flow, in control memory, found by the flow id of the packet: both directions of a
 * connection have one flow id, also when it is translated further on.
 *
 * word   of a flow's entry; zeros when there is no connection
 *  0     generation of the rule set that allowed it last; it passes while that is the one in force
 *  1     seconds of packet time from which on it is forgotten
 *  2     bit 0: there is a connection; bit 1: its first packet travelled in reverse; bit 2: the other end has answered;
 *        bits 3, 4: FIN of the opener, of the other end; bits 5 … 8: TCP state (tcp-state.ts);
 *        bits 16 … 31: what opened it (opening.ts)
 *  3     TCP options and the last packet's kind (tcp-window.ts)
 *  4…7   TCP, of the opener: end, maximum end, maximum window, maximum acknowledgement (tcp-window.ts)
 *  8…11  the same of the other end
 * 12     sequence number behind the last SYN that was let through without changing the state
 * 13     its window and options
 * 14     sequence number behind the last packet, whichever end it came from
 *
 * ICMP queries have a connection for each direction: words 0 … 2 those that went forward, words 3 … 5 those that went in
 * reverse. Two hosts may ping each other with one identifier.
 *
 * Words by flow suffice, without a table of connections of the firewall's own: the manager makes room for a new one by
 * forgetting another (docs/firewall.md, "When the table is full"), and hands out no flow id 0 because it is full. What it
 * forgets, this forgets with it: the place then has another flow id, and its words are zeroed.
 *
 * The generation lies in control memory too: a VM that starts again over the same memory counts on, and so judges every
 * connection anew instead of believing in rules that it does not know.
 */
import { keyed, perFlow } from '../tables.js';

export const Word = { generation: 0, deadline: 1, state: 2, options: 3, opener: 4, other: 8, synEnd: 12, synOptions: 13, lastEnd: 14 } as const;
const FLOW_WORDS = 15;
/** Of what an ICMP query keeps, when it went in reverse. */
export const REVERSE_QUERY = 3;

/** Words of one end. */
export const End = { end: 0, maxEnd: 1, maxWindow: 2, maxAck: 3 } as const;

export const StateBit = { present: 1, openedInReverse: 2, answered: 4, finOfOpener: 8, finOfOther: 16 } as const;
export const TCP_STATE_SHIFT = 5;
export const TCP_STATE_MASK = 15;
export const OPENING_SHIFT = 16;

/** Most connections that may be half open at a time; the ring of half-open connections has a place for each. */
export const MAX_HALF_OPEN = 65_536;
/** Most rules with a limit. */
export const MAX_LIMITS = 1024;

export const firewallTables = ({ halfOpen }: { halfOpen: number }) => ({
  flows: perFlow(FLOW_WORDS),
  generations: keyed({ keyWords: 1, valueWords: 1, capacity: 1 }),
  /** Key 0: how many have been half open; keys from 1 on: their flow ids, the newest over the oldest. */
  halfOpen: keyed({ keyWords: 1, valueWords: 1, capacity: halfOpen + 1 }),
  /** By hash of a rule's text and its place among alike ones: when the bucket is full again, as a float64. Old and new rules. */
  limits: keyed({ keyWords: 2, valueWords: 2, capacity: 2 * MAX_LIMITS }),
});

export type FirewallTables = ReturnType<typeof firewallTables>;
