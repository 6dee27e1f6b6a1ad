/**
 * Hot: no allocation. What the packet that opened a connection does not share with the rest of it: its TCP flags, or its
 * ICMP type and code. They are kept with the connection, so that new rules can judge it by them later.
 *
 *   TCP    flags in bits 0 … 7
 *   ICMP   type in bits 8 … 15, code in bits 0 … 7
 *   else   0
 */
import type { Match } from '../../flow/match.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';

/** The packet has no readable L4 header: no rule on flags or types can match it. */
export const NO_OPENING = -1;

export function openingOf(packet: Packet): number {
  const protocol = packet.l4;
  if (protocol === IpProtocol.tcp) {
    const tcp = packet.tcp();
    return tcp === null ? NO_OPENING : tcp.flags;
  }
  if (protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6) {
    const icmp = packet.icmp() ?? packet.icmpv6();
    return icmp === null ? NO_OPENING : (icmp.type << 8) | icmp.code;
  }
  return 0;
}

/** The part of a match that looks at TCP flags, ICMP type and code. */
export class OpeningMatcher {
  readonly #flagMask: number;
  readonly #flagValue: number;
  /** One byte for each type, not 0 when it is wanted. */
  readonly #types: Uint8Array | null;
  readonly #codes: Uint8Array | null;

  constructor({ tcpFlags, icmpType, icmpCode }: Match) {
    this.#flagMask = tcpFlags?.mask ?? 0;
    this.#flagValue = (tcpFlags?.value ?? 0) & this.#flagMask;
    this.#types = icmpType === undefined ? null : new Uint8Array(256);
    for (const type of icmpType ?? []) if (this.#types !== null) this.#types[type] = 1;
    this.#codes = icmpCode === undefined ? null : new Uint8Array(256);
    for (const code of icmpCode ?? []) if (this.#codes !== null) this.#codes[code] = 1;
  }

  matches(opening: number): boolean {
    if (opening === NO_OPENING || (opening & this.#flagMask) !== this.#flagValue) return false;
    return (this.#types === null || this.#types[opening >>> 8] !== 0) && (this.#codes === null || this.#codes[opening & 0xff] !== 0);
  }
}

/** Null when the match does not look at the opening packet in particular. */
export function compileOpening(match: Match): OpeningMatcher | null {
  const { tcpFlags, icmpType, icmpCode } = match;
  return tcpFlags === undefined && icmpType === undefined && icmpCode === undefined ? null : new OpeningMatcher(match);
}
