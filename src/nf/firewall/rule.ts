/**
 * Rules as text and as plain data (docs/firewall.md). Runs on the main thread before any traffic; what it gives crosses
 * to the VM by structured clone.
 *
 *   rule = ( "allow" | "deny" ) [ "in" | "out" ] [ "log" ] match
 */
import type { Match } from '../../flow/match.js';
import { MatchParser } from '../../flow/match-text.js';
import { parseText, type TextProblem, type TokenStream } from '../../flow/text.js';

/** `out`: from the inside to the outside, the forward direction of the chain; `in`: the other way. */
export type RuleDirection = 'in' | 'out' | 'both';

export interface Rule {
  readonly action: 'allow' | 'deny';
  readonly direction: RuleDirection;
  readonly log: boolean;
  readonly match: Match;
  /** As written, without comments and with single spaces. */
  readonly text: string;
}

/** A mistake in one rule. `index` is its place in the list, absent when the rules are one text. */
export interface RuleProblem extends TextProblem {
  readonly index?: number;
}

/** Parses all rules, a list with one in each item or a text with one in each line, and finds every mistake. */
export function parseRules(rules: string | readonly string[]): { rules: Rule[]; problems: RuleProblem[] } {
  const isText = typeof rules === 'string';
  const parsed: Rule[] = [];
  const problems: RuleProblem[] = [];
  (isText ? rules.split('\n') : rules).forEach((source, index) => {
    const text = source.replace(/#[^\n]*/g, '').replace(/\s+/g, ' ').trim();
    if (isText && text === '') return;
    const result = parseText(source, parseRule);
    if (!('problem' in result)) parsed.push({ ...result.value, text });
    else problems.push(isText ? { ...result.problem, line: index + 1 } : { ...result.problem, index });
  });
  return { rules: parsed, problems };
}

function parseRule(stream: TokenStream): Omit<Rule, 'text'> {
  const action = stream.word('"allow" or "deny"');
  const word = action.text.toLowerCase();
  if (word !== 'allow' && word !== 'deny') stream.fail(action, `"${action.text}" is not an action`, '"allow" or "deny"');
  const direction = stream.accept('in') ? 'in' : stream.accept('out') ? 'out' : 'both';
  const log = stream.accept('log');
  return { action: word, direction, log, match: new MatchParser(stream).parse() };
}
