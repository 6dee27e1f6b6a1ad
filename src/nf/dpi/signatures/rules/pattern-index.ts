/**
 * Hot: `scan` does not allocate. For one kind of buffer: which rules may match it, by one automaton over the content of
 * each rule that is the most unlikely elsewhere. Whether a rule does match is for the matcher to say.
 */
import { Automaton, MAX_STATES } from '../automaton.js';
import { rarestWindow } from './fast-pattern.js';
import type { RuleBits } from './rule-bits.js';

/** Of a pattern, the bytes that the automaton knows. More make it larger and hardly choosier. */
const MAX_WINDOW = 8;
const MIN_WINDOW = 2;

export interface IndexedRule {
  rule: number;
  /** Null: the rule has no content here and is looked at whenever there is a buffer of the kind. */
  pattern: Uint8Array | null;
}

export class PatternIndex {
  /** Rules without a pattern. */
  readonly always: Uint32Array;
  readonly isEmpty: boolean;
  readonly #automaton: Automaton | null;
  /** Rules of a pattern: `#rules[#rulesFrom[pattern] … #rulesFrom[pattern + 1])`. */
  readonly #rulesFrom: Uint32Array;
  readonly #rules: Uint32Array;

  constructor(indexed: readonly IndexedRule[]) {
    this.isEmpty = indexed.length === 0;
    this.always = Uint32Array.from(indexed.flatMap(({ rule, pattern }) => (pattern === null ? [rule] : [])));
    const patterned = indexed.filter((entry): entry is { rule: number; pattern: Uint8Array } => entry.pattern !== null);
    let rulesOf = new Map<string, number[]>();
    for (let window = MAX_WINDOW; window >= MIN_WINDOW; window--) {
      rulesOf = new Map();
      for (const { rule, pattern } of patterned) {
        const key = Buffer.from(rarestWindow(pattern, window)).toString('latin1');
        const rules = rulesOf.get(key);
        if (rules === undefined) rulesOf.set(key, [rule]);
        else rules.push(rule);
      }
      // The states are at most the bytes; shorter windows until they fit.
      if ([...rulesOf.keys()].reduce((sum, key) => sum + key.length, 1) <= MAX_STATES) break;
    }
    const patterns = [...rulesOf.keys()].map((key) => Uint8Array.from(Buffer.from(key, 'latin1')));
    this.#automaton = patterns.length === 0 ? null : new Automaton(patterns, true);
    this.#rules = Uint32Array.from([...rulesOf.values()].flat());
    this.#rulesFrom = new Uint32Array(patterns.length + 1);
    [...rulesOf.values()].forEach((rules, at) => (this.#rulesFrom[at + 1] = this.#rulesFrom[at] + rules.length));
  }

  /**
   * Goes on over `bytes[start, end)` and adds the rules whose pattern ends in it.
   * @returns the state at `end`; 0 is the beginning.
   */
  scan(bytes: Uint8Array, start: number, end: number, from: number, candidates: RuleBits): number {
    const automaton = this.#automaton;
    if (automaton === null) return 0;
    let state = from;
    for (let at = start; at < end; at = automaton.position) {
      state = automaton.scan(bytes, at, end, state);
      const count = automaton.endCount(state);
      for (let k = 0; k < count; k++) {
        const pattern = automaton.endAt(state, k);
        for (let r = this.#rulesFrom[pattern]; r < this.#rulesFrom[pattern + 1]; r++) candidates.add(this.#rules[r]);
      }
    }
    return state;
  }
}
