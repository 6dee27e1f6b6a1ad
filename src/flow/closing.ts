/** Hot: no allocation. What the flags of TCP's headers tell of a connection's end (RFC 9293, 3.6). */
import { TcpFlag } from '../packet/protocols.js';
import { CLOSING, FIN_FROM_FIRST, FIN_FROM_SECOND } from './connection-layout.js';

/** A header with one of these may change what is known of the connection's end; any other leaves it. */
export const OPENS_OR_CLOSES = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;

const BOTH_FINS = FIN_FROM_FIRST | FIN_FROM_SECOND;

/**
 * The flags of a connection's entry (connection-layout.ts) after a packet of it. RST closes; a SYN begins anew, with the same ports; FIN closes once both
 * ends have sent one, because a connection that is half closed may live on for long.
 * @param tcpFlags the low byte counts; 0 of what is not TCP.
 * @param fromFirst sent by the first endpoint of the connection's key.
 */
export function flagsAfter(flags: number, tcpFlags: number, fromFirst: boolean): number {
  if ((tcpFlags & TcpFlag.rst) !== 0) return flags | CLOSING;
  let after = flags;
  if ((tcpFlags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn) after &= ~(CLOSING | BOTH_FINS);
  if ((tcpFlags & TcpFlag.fin) === 0) return after;
  after |= fromFirst ? FIN_FROM_FIRST : FIN_FROM_SECOND;
  return (after & BOTH_FINS) === BOTH_FINS ? after | CLOSING : after;
}
