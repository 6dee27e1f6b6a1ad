/**
 * The text form of rules (docs/firewall.md). Runs on the main thread before any traffic.
 *
 *   rule   = action [ "in" | "out" ] { "log" | limit | with } match
 *   action = "allow" | "deny" | "reject" | "log" | "count"
 *   limit  = "limit" number "/" ( "second" | "minute" | "hour" | "day" ) [ "burst" number ]
 *   with   = "with" ( "reset" | "admin-prohibited" | "port-unreachable" | "host-unreachable" | "net-unreachable" )
 *   match  = that of docs/rules.md, with the clauses "state" states and "on" ports, and @sets for addresses and ports
 */
import type { NamedSets } from '../../flow/match-operands.js';
import { MatchParser } from '../../flow/match-text.js';
import { decimal } from '../../flow/prefix.js';
import { parseText, TextError, type TextProblem, type Token, type TokenStream } from '../../flow/text.js';
import { ACTIONS, ConnectionState, REJECTIONS, type ConnectionStateName, type RateLimit, type Rejection, type Rule, type RuleAction } from './rule.js';

/** A mistake in one rule. `index` is its place in the list, absent when the rules are one text. */
export interface RuleProblem extends TextProblem {
  readonly index?: number;
}

/** What rules may name. */
export interface RuleNames {
  readonly sets: NamedSets;
  readonly ports: readonly string[];
}

/** Longest period of a limit, in milliseconds: a day. */
const PERIODS: ReadonlyMap<string, number> = new Map([['second', 1000], ['minute', 60_000], ['hour', 3_600_000], ['day', 86_400_000]]);
/** Packets in a period, and in a burst: more is no limit. */
const MAX_LIMIT = 100_000_000;
/** As nftables': enough for a connection's first packets. */
const DEFAULT_BURST = 5;
const TCP = 6;

const EXPECTED_ACTION = quoted(ACTIONS);

/** Parses all rules, a list with one in each item or a text with one in each line, and finds every mistake. */
export function parseRules(rules: string | readonly string[], names: RuleNames): { rules: Rule[]; problems: RuleProblem[] } {
  const isText = typeof rules === 'string';
  const parsed: Rule[] = [];
  const problems: RuleProblem[] = [];
  (isText ? rules.split('\n') : rules).forEach((source, index) => {
    const text = source.replace(/#[^\n]*/g, '').replace(/\s+/g, ' ').trim();
    if (isText && text === '') return;
    const result = parseText(source, (stream) => parseRule(stream, names));
    if (!('problem' in result)) parsed.push({ ...result.value, text });
    else problems.push(...result.problems.map((problem) => (isText ? { ...problem, line: index + 1 } : { ...problem, index })));
  });
  return { rules: parsed, problems };
}

/** What stands in front of the match. */
interface Head {
  log: boolean;
  limit: RateLimit | null;
  rejection: Rejection;
  /** The word after `with`. */
  rejectionAt: Token | null;
}

function parseRule(stream: TokenStream, { sets, ports }: RuleNames): Omit<Rule, 'text'> {
  const problems: TextProblem[] = [];
  const attempt = <Value>(read: () => Value): Value | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TextError)) throw error;
      problems.push(...error.problems);
      return null;
    }
  };
  const action = attempt(() => actionOf(stream));
  const direction = stream.accept('in') ? 'in' : stream.accept('out') ? 'out' : 'both';
  const head: Head = { log: false, limit: null, rejection: 'auto', rejectionAt: null };
  while (isHeadWord(stream)) attempt(() => readHead(stream, head, action));
  let states = 0;
  let on: number[] | null = null;
  const clauses = {
    state: () => {
      states = stream.list(() => stateOf(stream)).reduce((mask, state) => mask | state, 0);
    },
    on: () => {
      on = stream.list(() => portOf(stream, ports));
    },
  };
  const match = attempt(() => new MatchParser(stream, { clauses, sets }).parse());
  if (head.rejection === 'reset' && match !== null && (match.protocol?.length !== 1 || match.protocol[0] !== TCP)) {
    attempt(() => stream.fail(head.rejectionAt!, 'only TCP has resets', '"tcp" in the match, or another answer'));
  }
  if (problems.length > 0) throw TextError.of(problems);
  return { action: action!, direction, log: head.log, limit: head.limit, rejection: head.rejection, states, ports: on, match: match! };
}

function actionOf(stream: TokenStream): RuleAction {
  const token = stream.word(EXPECTED_ACTION);
  const word = token.text.toLowerCase();
  const action = ACTIONS.find((each) => each === word);
  return action ?? stream.fail(token, `"${token.text}" is not an action`, EXPECTED_ACTION);
}

function isHeadWord(stream: TokenStream): boolean {
  return stream.is('log') || stream.is('limit') || stream.is('with');
}

function readHead(stream: TokenStream, head: Head, action: RuleAction | null): void {
  const token = stream.next();
  const word = token.text.toLowerCase();
  if (word === 'log') {
    if (head.log || action === 'log') stream.fail(token, 'a second "log"', 'at most one');
    head.log = true;
  } else if (word === 'limit') {
    if (head.limit !== null) stream.fail(token, 'a second "limit"', 'at most one');
    head.limit = limitOf(stream);
  } else {
    const expected = quoted(REJECTIONS.slice(1));
    const kind = stream.word(expected);
    if (action !== 'reject' && action !== null) stream.fail(token, `"with" does not go with "${action}"`, '"reject"');
    const found = REJECTIONS.slice(1).find((each) => each === kind.text.toLowerCase());
    head.rejection = found ?? stream.fail(kind, `"${kind.text}" is no answer to a rejected packet`, expected);
    head.rejectionAt = kind;
  }
}

function limitOf(stream: TokenStream): RateLimit {
  const expected = 'a rate such as 10/second, per second, minute, hour or day';
  const token = stream.word(expected);
  const [count, period] = token.text.toLowerCase().split('/');
  const packets = decimal(count, 1, MAX_LIMIT);
  const perMs = PERIODS.get(period ?? '');
  if (packets === null || perMs === undefined) stream.fail(token, `"${token.text}" is not a rate`, expected);
  let burst = DEFAULT_BURST;
  if (stream.accept('burst')) {
    const number = stream.word(`a number of packets, 1 to ${MAX_LIMIT}`);
    burst = decimal(number.text, 1, MAX_LIMIT) ?? stream.fail(number, `"${number.text}" is not a burst`, `a number of packets, 1 to ${MAX_LIMIT}`);
  }
  return { packets, perMs, burst };
}

function stateOf(stream: TokenStream): number {
  const expected = quoted(Object.keys(ConnectionState));
  const token = stream.word(expected);
  const word = token.text.toLowerCase();
  if (!Object.hasOwn(ConnectionState, word)) stream.fail(token, `"${token.text}" is not a state of a connection`, expected);
  return ConnectionState[word as ConnectionStateName];
}

function portOf(stream: TokenStream, ports: readonly string[]): number {
  const expected = ports.length === 0 ? 'a port' : ports.join(', ');
  const token = stream.word(expected);
  const number = ports.indexOf(token.text);
  return number >= 0 ? number : stream.fail(token, `there is no port "${token.text}"`, expected);
}

function quoted(words: readonly string[]): string {
  return `${words.slice(0, -1).map((word) => `"${word}"`).join(', ')} or "${words.at(-1)!}"`;
}
