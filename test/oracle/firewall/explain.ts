/**
 * Why the kernel and we may differ about a TCP packet: the differences of docs/firewall.md, each told by what passed between
 * the same ends before. A difference that none of these explains is a mistake, of one of us.
 */
import { place } from '../../support/bench-slot.js';
import { TcpFlag } from '../../../src/packet/protocols.js';
import type { Disagreement } from './compare.js';
import type { Sent } from './kernel-firewall.js';

interface Seen {
  side: Sent['side'];
  isOdd: boolean;
  flags: number;
  sequence: number;
  acknowledgement: number;
}

export const REASONS = {
  reset: 'the kernel lets a RST pass that does not fit the numbers, once a FIN was seen or when it has not seen the SYN',
  repeatedFin: 'the kernel takes a repeated FIN for that of the other end',
  firstOfOther: 'the kernel keeps the numbers of the first packet of the other end, though it does not fit',
  deniedSyn: 'the kernel forgets the old connection for a SYN, though the rules deny it',
  odd: 'after packets that no end sends, the kernel keeps other bounds of the windows',
  consequence: 'the two have differed about this connection before',
} as const;
export type Reason = keyof typeof REASONS;

/** Addresses and ports of a TCP packet as text, the same for both directions; null for another packet. */
function endsOf(frame: Uint8Array): { ends: string; seen: Omit<Seen, 'side' | 'isOdd'> } | null {
  const packet = place(frame);
  const tcp = packet.tcp();
  if (tcp === null) return null;
  const address = (at: number, length: number): string => Buffer.from(frame.slice(at, at + length)).toString('hex');
  const [source, destination] = packet.ipv4() !== null ? [address(26, 4), address(30, 4)] : [address(22, 16), address(38, 16)];
  const ends = [`${source} ${tcp.sourcePort}`, `${destination} ${tcp.destinationPort}`].sort().join(' ');
  return { ends, seen: { flags: tcp.flags, sequence: tcp.sequenceNumber, acknowledgement: tcp.acknowledgementNumber } };
}

/** The packet inside an ICMP error, as a frame; an empty one when there is none, or too little of it. */
function quotedBy(frame: Uint8Array): Uint8Array {
  const isIpv6 = frame[14] >>> 4 === 6;
  const at = 14 + (isIpv6 ? 40 : 20) + 8;
  const quoted = frame.slice(at);
  // The lengths of the quoted headers are those of the whole packet; so the quotation is filled up to be parsed.
  const filled = new Uint8Array(14 + 2000);
  filled.set(frame.slice(12, 14), 12);
  filled.set(quoted, 14);
  return quoted.length < (isIpv6 ? 48 : 28) ? new Uint8Array(14) : filled;
}

/** Looks at the disagreements in order: the reason of each, or null. */
export function explainAll(disagreements: readonly Disagreement[], packets: readonly Sent[]): (Reason | null)[] {
  const histories = new Map<string, (Seen & { at: number })[]>();
  packets.forEach(({ side, frame, isOdd = false }, at) => {
    const found = endsOf(frame);
    if (found === null) return;
    const history = histories.get(found.ends) ?? [];
    history.push({ side, isOdd, ...found.seen, at });
    histories.set(found.ends, history);
  });
  const explained = new Set<string>();
  return disagreements.map((disagreement) => {
    const found = endsOf(disagreement.packet.frame) ?? endsOf(quotedBy(disagreement.packet.frame));
    if (found === null) return null;
    if (explained.has(found.ends)) return 'consequence';
    const history = histories.get(found.ends)!.filter(({ at }) => at < disagreement.at);
    const reason = explain(disagreement, found.seen.flags, history) ?? (history.some(({ isOdd }) => isOdd) || disagreement.packet.isOdd === true ? 'odd' : null);
    if (reason !== null) explained.add(found.ends);
    return reason;
  });
}

function explain({ ours, kernel }: Disagreement, flags: number, history: readonly Seen[]): Reason | null {
  const has = (seen: Seen, flag: number): boolean => (seen.flags & flag) !== 0;
  const isSyn = (seen: { flags: number }): boolean => (seen.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst | TcpFlag.fin)) === TcpFlag.syn;
  const fins = history.filter((seen) => has(seen, TcpFlag.fin) && has(seen, TcpFlag.ack));
  const isPickedUp = !history.some((seen, at) => isSyn(seen) && history.slice(at + 1).some((later) => later.side === seen.side && has(later, TcpFlag.ack)));
  if ((flags & TcpFlag.rst) !== 0 && (fins.length > 0 || isPickedUp) && ours === 'drop' && kernel === 'forward') return 'reset';
  const lastSyn = history.findLastIndex(isSyn);
  for (const side of ['inside', 'outside'] as const) {
    if (fins.filter((seen) => seen.side === side).length > 1 && (isSyn({ flags }) || history.some((seen, at) => isSyn(seen) && at > history.indexOf(fins[0])))) return 'repeatedFin';
  }
  if (ours === 'forward' && kernel === 'drop' && lastSyn > 0) {
    const before = history.slice(0, lastSyn);
    if (before.some((seen) => has(seen, TcpFlag.fin) || has(seen, TcpFlag.rst))) return 'deniedSyn';
  }
  if (lastSyn >= 0) {
    const syn = history[lastSyn];
    const first = history.slice(lastSyn + 1).find((seen) => seen.side !== syn.side);
    if (first !== undefined && (!has(first, TcpFlag.ack) || first.acknowledgement !== (syn.sequence + 1) >>> 0)) return 'firstOfOther';
  }
  return null;
}
