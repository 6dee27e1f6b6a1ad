/**
 * Hot: no allocation, no throw. Which answer a rejected packet gets: a RST (RFC 9293 section 3.10.7.1), or an ICMP error that
 * quotes it.
 */
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { answerUnreachable } from '../unreachable.js';
import type { Rejection } from './rule.js';

/** Whether this kind of answer to this packet would be a RST. */
export function isReset(packet: Packet, rejection: Rejection): boolean {
  return rejection === 'reset' || (rejection === 'auto' && packet.l4 === IpProtocol.tcp);
}

/** @returns whether there is an answer; when not, the packet is as it was, and is dropped in silence. */
export function rejectWithError(packet: Packet, rejection: Rejection): boolean {
  return answerUnreachable(packet, rejection === 'auto' || rejection === 'reset' ? 'admin-prohibited' : rejection);
}
