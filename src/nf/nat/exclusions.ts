/** Which packets are not translated at all: rules in the language of matches, seen from inside. */
import { compileMatch, type Matcher } from '../../flow/compile-match.js';
import { parseMatch } from '../../flow/match-text.js';
import { swapEnds } from '../../flow/swap-ends.js';
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';

export class Exclusions {
  readonly #forward: readonly Matcher[];
  readonly #reverse: readonly Matcher[];

  /** Texts that are no match are left out: `optionProblems` names them. */
  constructor(texts: readonly string[]) {
    const matches = texts.map((text) => parseMatch(text)).flatMap((parsed) => ('problem' in parsed ? [] : [parsed.match]));
    this.#forward = matches.map((match) => compileMatch(match));
    this.#reverse = matches.map((match) => compileMatch(swapEnds(match)));
  }

  /** From inside as the rule says; from outside with its ends exchanged. */
  matches(packet: Packet): boolean {
    const matchers = packet.direction === Direction.forward ? this.#forward : this.#reverse;
    for (const matcher of matchers) if (matcher.matches(packet)) return true;
    return false;
  }
}
