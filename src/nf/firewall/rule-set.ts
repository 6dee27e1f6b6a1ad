/**
 * Hot: no allocation (`judge`). Rules made ready for packets: sorted into buckets by direction, IP version and protocol,
 * in order; the first that matches decides. Each is compiled twice, the second time with its ends swapped, for replies.
 */
import { compileMatch, type Matcher } from '../../flow/compile-match.js';
import type { AddressSet, Match } from '../../flow/match.js';
import { swapEnds } from '../../flow/swap-ends.js';
import { Layer3 } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import { EtherType, IpProtocol } from '../../packet/protocols.js';
import { compileOpening, type OpeningMatcher } from './opening.js';
import type { Rule } from './rule.js';

/** No rule matched. */
export const NO_RULE = -1;

/** Protocols with buckets of their own, by their place here; all others share the place behind them. */
const PROTOCOLS: readonly number[] = [IpProtocol.tcp, IpProtocol.udp, IpProtocol.icmp, IpProtocol.icmpv6];
const OTHER_PROTOCOL = PROTOCOLS.length;
const VERSION_BUCKETS = OTHER_PROTOCOL + 1;
/** Bucket of everything that is not IP, ARP too: there are `any` and `arp` rules in it, and the default applies. */
const NOT_IP = 2 * VERSION_BUCKETS;
const DIRECTION_BUCKETS = NOT_IP + 1;

export class RuleSet {
  readonly #matchers: readonly Matcher[];
  readonly #swapped: readonly Matcher[];
  readonly #openings: readonly (OpeningMatcher | null)[];
  /** Indexes of rules by bucket; those of the reverse direction stand behind those of the forward one. */
  readonly #buckets: readonly Int32Array[];

  constructor(rules: readonly Rule[]) {
    const matches = rules.map(({ match }) => withoutOpening(match));
    this.#matchers = matches.map((match) => compileMatch(match));
    this.#swapped = matches.map((match) => compileMatch(swapEnds(match)));
    this.#openings = rules.map(({ match }) => compileOpening(match));
    this.#buckets = ['out', 'in'].flatMap((direction) =>
      Array.from({ length: DIRECTION_BUCKETS }, (_, bucket) =>
        Int32Array.from(
          rules.flatMap((rule, index) =>
            (rule.direction === 'both' || rule.direction === direction) && mayMatch(rule.match, bucket) ? [index] : [],
          ),
        ),
      ),
    );
  }

  /**
   * Index of the first rule that matches the packet that opened a connection, or NO_RULE.
   * @param packet the opening packet itself, or a later packet of its connection.
   * @param isReverse the opening packet travelled in reverse.
   * @param isReply `packet` comes from the other end, so its source is the opener's destination.
   * @param opening what `openingOf` said of the opening packet.
   */
  judge(packet: Packet, isReverse: boolean, isReply: boolean, opening: number): number {
    const bucket = this.#buckets[bucketOf(packet) + (isReverse ? DIRECTION_BUCKETS : 0)];
    const matchers = isReply ? this.#swapped : this.#matchers;
    for (let at = 0; at < bucket.length; at++) {
      const index = bucket[at];
      if (!matchers[index].matches(packet)) continue;
      const openingMatcher = this.#openings[index];
      if (openingMatcher === null || openingMatcher.matches(opening)) return index;
    }
    return NO_RULE;
  }
}

function bucketOf(packet: Packet): number {
  const l3 = packet.l3;
  if (l3 !== Layer3.ipv4 && l3 !== Layer3.ipv6) return NOT_IP;
  return (l3 === Layer3.ipv6 ? VERSION_BUCKETS : 0) + protocolPlace(packet.l4);
}

function protocolPlace(protocol: number): number {
  const place = PROTOCOLS.indexOf(protocol);
  return place === -1 ? OTHER_PROTOCOL : place;
}

function withoutOpening(match: Match): Match {
  const { tcpFlags: _flags, icmpType: _types, icmpCode: _code, ...rest } = match;
  return rest;
}

/** False only when the match can hold for no packet of the bucket. */
function mayMatch(match: Match, bucket: number): boolean {
  const { version, protocol, etherType } = match;
  if (bucket === NOT_IP) return version === undefined && protocol === undefined;
  const isIpv6 = bucket >= VERSION_BUCKETS;
  if (etherType !== undefined && etherType !== (isIpv6 ? EtherType.ipv6 : EtherType.ipv4)) return false;
  if (version !== undefined && version !== 'any' && version !== (isIpv6 ? 6 : 4)) return false;
  if (!hasVersion(match.source, isIpv6) || !hasVersion(match.destination, isIpv6)) return false;
  return protocol === undefined || protocol.some((number) => protocolPlace(number) === bucket % VERSION_BUCKETS);
}

function hasVersion(set: AddressSet | undefined, isIpv6: boolean): boolean {
  return set === undefined || set.negated || set.prefixes.some((prefix) => prefix.version === (isIpv6 ? 6 : 4));
}
