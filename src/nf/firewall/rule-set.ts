/**
 * Hot: no allocation (`begin`, `next`). Rules made ready for packets. The compiled index leaves those whose direction,
 * protocol, addresses and ports fit; what else a rule asks for is checked one by one, in order.
 */
import { compileMatch, type Matcher } from '../../flow/compile-match.js';
import type { Match } from '../../flow/match.js';
import type { Packet } from '../../packet/packet.js';
import type { CompiledRules } from './compiled/compile.js';
import { RuleIndex } from './compiled/rule-index.js';
import { compileOpening, type OpeningMatcher } from './opening.js';
import type { Rule } from './rule.js';

/** No further rule matches. */
export const NO_RULE = -1;

/** What a rule asks for beside the fields of the index. */
class Rest {
  /** Bits of ConnectionState, 0 for any. */
  readonly #states: number;
  /** By number of a port, 1 when it is meant; null for any. */
  readonly #ports: Uint8Array | null;
  readonly #matcher: Matcher | null;
  readonly #opening: OpeningMatcher | null;

  constructor({ states, ports, match }: Rule) {
    const { vlan, fragment, dscp } = match;
    const rest: Match = { ...(vlan && { vlan }), ...(fragment && { fragment }), ...(dscp && { dscp }) };
    this.#states = states;
    this.#ports = ports === null ? null : new Uint8Array(256);
    for (const port of ports ?? []) this.#ports![port] = 1;
    this.#matcher = Object.keys(rest).length === 0 ? null : compileMatch(rest);
    this.#opening = compileOpening(match);
  }

  get isNothing(): boolean {
    return this.#states === 0 && this.#ports === null && this.#matcher === null && this.#opening === null;
  }

  matches(packet: Packet, isReply: boolean, opening: number, state: number): boolean {
    if (this.#states !== 0 && (this.#states & state) === 0) return false;
    if (this.#ports !== null && this.#ports[isReply ? packet.egressPort : packet.ingressPort] === 0) return false;
    if (this.#opening !== null && !this.#opening.matches(opening)) return false;
    return this.#matcher === null || this.#matcher.matches(packet);
  }
}

export class RuleSet {
  readonly #index: RuleIndex;
  readonly #rests: readonly (Rest | null)[];
  #packet: Packet | null = null;
  #isReply = false;
  #opening = 0;
  #state = 0;

  constructor(rules: readonly Rule[], compiled: CompiledRules) {
    this.#index = new RuleIndex(compiled);
    this.#rests = rules.map((rule) => new Rest(rule)).map((rest) => (rest.isNothing ? null : rest));
  }

  /**
   * Takes up the packet that opens a connection, or a later packet of a connection in its place.
   * @param isReverse the opening packet travelled in reverse.
   * @param isReply `packet` comes from the other end, so its source is the opener's destination.
   * @param opening what `openingOf` said of the opening packet.
   * @param state a bit of ConnectionState.
   */
  begin(packet: Packet, isReverse: boolean, isReply: boolean, opening: number, state: number): void {
    this.#index.begin(packet, isReverse, isReply);
    this.#packet = packet;
    this.#isReply = isReply;
    this.#opening = opening;
    this.#state = state;
  }

  /** Index of the first rule from `from` on that matches the packet, or NO_RULE. */
  next(from: number): number {
    let index = this.#index.next(from);
    while (index !== NO_RULE) {
      const rest = this.#rests[index];
      if (rest === null || rest.matches(this.#packet!, this.#isReply, this.#opening, this.#state)) return index;
      index = this.#index.next(index + 1);
    }
    return NO_RULE;
  }
}
