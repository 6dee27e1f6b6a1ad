/**
 * Hot: no allocation. The states of a TCP connection as one in the middle sees them (RFC 9293 section 3.3.2): which packets
 * may come from which end, and what they make of it.
 *
 *             SYN                 SYN-ACK of the other end        ACK of the opener
 *   (none) ─────────▶ synSent ──────────────────────▶ synReceived ──────────────▶ established
 *                        │ SYN of the other end             ▲                         │ FIN of one end
 *                        ▼                                  │ SYN-ACK                 ▼
 *                  simultaneousOpen ────────────────────────┘                     halfClosed
 *                                                                                     │ FIN of the other end
 *   closed ◀── RST, in every state           timeWait ◀── both FINs acknowledged ── closing
 */
import { TcpFlag } from '../../packet/protocols.js';

export const TcpState = {
  none: 0, synSent: 1, simultaneousOpen: 2, synReceived: 3, established: 4, halfClosed: 5, closing: 6, timeWait: 7, closed: 8,
} as const;

/** What a packet is to the state machine. */
export const TcpKind = { invalid: 0, syn: 1, synAck: 2, fin: 3, ack: 4, rst: 5 } as const;

const { fin, syn, rst, ack, urg } = TcpFlag;
const LOOKED_AT = fin | syn | rst | ack | urg;

/**
 * Kind of a packet with these flags. Every combination that RFC 9293 section 3.10 gives no meaning to is invalid: SYN
 * with FIN or RST, FIN without ACK, no flag at all.
 */
export function tcpKind(flags: number): number {
  switch (flags & LOOKED_AT) {
    case syn:
    case syn | urg:
      return TcpKind.syn;
    case syn | ack:
      return TcpKind.synAck;
    case fin | ack:
    case fin | ack | urg:
      return TcpKind.fin;
    case ack:
    case ack | urg:
      return TcpKind.ack;
    case rst:
    case rst | ack:
      return TcpKind.rst;
    default:
      return TcpKind.invalid;
  }
}

/** What `nextState` says beside a state. */
export const IMPOSSIBLE = -1;
/** It may pass, so that the ends can find out what is the matter, but says nothing about the connection. */
export const PASSES = -2;
/** A new connection with the same ends. */
export const BEGINS_ANEW = -3;

/**
 * State after a packet that is within the windows.
 * @param isReply it comes from the other end.
 * @param isSecondFin both ends have sent a FIN, counting this packet.
 * @param isOver the ends have closed the connection, or this one has reset it with its last packet.
 */
export function nextState(state: number, kind: number, isReply: boolean, isSecondFin: boolean, isOver: boolean): number {
  switch (kind) {
    case TcpKind.syn:
      return afterSyn(state, isReply, isOver);
    case TcpKind.synAck:
      return afterSynAck(state, isReply);
    case TcpKind.fin:
      if (state < TcpState.synReceived) return IMPOSSIBLE;
      if (state >= TcpState.timeWait) return state;
      return isSecondFin ? TcpState.closing : TcpState.halfClosed;
    case TcpKind.ack:
      if (state < TcpState.synReceived) return isReply ? PASSES : IMPOSSIBLE;
      return state === TcpState.synReceived && !isReply ? TcpState.established : state;
    case TcpKind.rst:
      return TcpState.closed;
    default:
      return IMPOSSIBLE;
  }
}

/**
 * A SYN in the middle of a connection is answered by its receiver, if at all, with an ACK (RFC 5961 section 4.2). After its
 * end it begins another one (RFC 9293 section 3.6.1), unless the end was a RST that the receiver may not have taken.
 */
function afterSyn(state: number, isReply: boolean, isOver: boolean): number {
  if (state >= TcpState.timeWait && isOver) return BEGINS_ANEW;
  if (state === TcpState.synSent) return isReply ? TcpState.simultaneousOpen : TcpState.synSent;
  if (state === TcpState.simultaneousOpen) return TcpState.simultaneousOpen;
  return isReply ? IMPOSSIBLE : PASSES;
}

function afterSynAck(state: number, isReply: boolean): number {
  if (state === TcpState.simultaneousOpen) return TcpState.synReceived;
  if (!isReply) return state === TcpState.synReceived ? TcpState.synReceived : IMPOSSIBLE;
  return state === TcpState.synSent ? TcpState.synReceived : PASSES;
}
