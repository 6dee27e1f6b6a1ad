/** Options of the firewall: what a user may say, and what reaches the VM. */
import { z } from 'zod';
import type { OptionProblem, Preparation } from '../contract.js';
import { compileRules } from './compiled/compile.js';
import { TooManyCombinations } from './compiled/rule-bits.js';
import { MAX_HALF_OPEN, MAX_LIMITS } from './layout.js';
import { parseRules } from './parse-rules.js';
import type { PreparedRules } from './prepared-rules.js';
import type { Rule } from './rule.js';
import { parseSets } from './sets.js';

/** A week: the longest that deployed firewalls keep an idle connection by default is five days (Linux conntrack). */
const MAX_TIMEOUT_SECONDS = 604_800;
/** More rules are made by programs, and belong into sets. */
const MAX_RULES = 32_768;
/** A million errors a second are an attack of our own. */
const MAX_ERRORS = 1_000_000;

const someSeconds = z.int().min(1).max(MAX_TIMEOUT_SECONDS);
const seconds = (byDefault: number) => someSeconds.default(byDefault);

const timeouts = z.strictObject({
  /** RFC 5382 REQ-5: at least 2 h 4 min. */
  tcpSeconds: seconds(7440).describe('established TCP connection that is idle'),
  /** As Linux conntrack's for a SYN without answer: the longest that a SYN is commonly sent again. */
  tcpOpeningSeconds: seconds(120).describe('TCP connection whose handshake is not complete'),
  /** A half-closed connection may go on sending for as long as an open one. */
  tcpHalfClosedSeconds: someSeconds.optional().describe('idle TCP connection after a FIN of one end; as tcpSeconds when absent'),
  /** As Linux conntrack's: twice a maximum segment lifetime of one minute (RFC 9293 section 3.4.2 says two). */
  tcpTimeWaitSeconds: seconds(120).describe('TCP connection after a FIN of each end'),
  /** As Linux conntrack's after RST: time for what was on its way. */
  tcpClosingSeconds: seconds(10).describe('TCP connection after a RST'),
  /** RFC 4787 REQ-5: at least 2 min. */
  udpSeconds: seconds(120).describe('idle UDP connection'),
  udpUnansweredSeconds: someSeconds.optional().describe('UDP connection of which only one end has spoken; as udpSeconds when absent'),
  /** RFC 5508 REQ-1: at least 60 s. */
  icmpSeconds: seconds(60).describe('ICMP and ICMPv6 query whose answer is awaited'),
  /** As Linux conntrack's generic timeout. */
  otherSeconds: seconds(600).describe('idle connection of any other IP protocol'),
});

const member = z.union([z.string(), z.int()]);

export const firewallSchema = z.strictObject({
  rules: z.union([z.string(), z.array(z.string())])
    .describe('rules in order, one for each item or line; the first that matches decides'),
  sets: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), z.array(member).min(1)).default({})
    .describe('addresses and prefixes, or ports and ranges, that rules name by @'),
  default: z.enum(['deny', 'allow']).default('deny').describe('what happens to a packet that no rule decides'),
  stateful: z.union([z.boolean(), z.literal('explicit')]).default(true)
    .describe('let packets of allowed connections pass in both directions without asking the rules again; explicit: only where a rule on their state allows it'),
  invalid: z.enum(['rules', 'drop']).default('rules')
    .describe('packets that belong to no connection and can open none: ask the rules, or drop them'),
  malformed: z.enum(['drop', 'pass']).default('drop')
    .describe('packets with a header that cannot be read: drop them, or pass them to the rules'),
  fragments: z.enum(['follow', 'drop']).default('follow')
    .describe('IP fragments: follow their connection and the rules, or drop them all'),
  halfOpen: z.int().min(1).max(MAX_HALF_OPEN).default(8192)
    .describe('most TCP connections that may be half open at a time; never more than a quarter of the flows'),
  icmpErrorsPerSecond: z.int().min(0).max(MAX_ERRORS).default(1000).describe('most ICMP errors that reject makes in a second'),
  timeouts: timeouts.default(timeouts.parse({})).describe('how long a silent connection is remembered, in packet time'),
});

export type FirewallInput = z.input<typeof firewallSchema>;

export interface FirewallOptions extends z.output<typeof firewallSchema> {
  prepared?: PreparedRules;
}

/** Parses and compiles the rules, and reports every mistake in them, each with its place. */
export function prepareRules(options: FirewallOptions, preparation: Preparation): FirewallOptions {
  let isRight = true;
  const report = (problem: OptionProblem): void => {
    isRight = false;
    preparation.problem(problem);
  };
  const sets = parseSets(options.sets, report);
  const { rules, problems } = parseRules(options.rules, { sets, ports: preparation.ports });
  for (const { index, ...problem } of problems) report({ path: index === undefined ? ['rules'] : ['rules', index], ...problem });
  if (rules.length > MAX_RULES) report({ path: ['rules'], message: 'there are too many rules', found: String(rules.length), expected: `at most ${MAX_RULES}` });
  const limited = rules.filter(({ limit }) => limit !== null).length;
  if (limited > MAX_LIMITS) report({ path: ['rules'], message: 'too many rules have a limit', found: String(limited), expected: `at most ${MAX_LIMITS}` });
  const stateRule = options.stateful === false ? rules.find(({ states }) => states !== 0) : undefined;
  if (stateRule !== undefined) {
    report({ path: ['stateful'], message: 'a rule asks for a state of connections, and none are kept', found: `"${stateRule.text}"`, expected: 'stateful: true or explicit' });
  }
  return isRight ? { ...options, prepared: compiled(rules, report) } : options;
}

function compiled(rules: readonly Rule[], report: (problem: OptionProblem) => void): PreparedRules {
  try {
    return { rules, compiled: compileRules(rules) };
  } catch (error) {
    if (!(error instanceof TooManyCombinations)) throw error;
    const message = 'the prefixes and ports of the rules overlap in too many ways to be compiled';
    report({ path: ['rules'], message, found: `${rules.length} rules`, expected: 'fewer rules, with sets of addresses in them' });
    return { rules: [], compiled: compileRules([]) };
  }
}
