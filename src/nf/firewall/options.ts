/** Options of the firewall: what a user may say, and what reaches the VM. */
import { z } from 'zod';
import type { Preparation } from '../contract.js';
import { parseRules, type Rule } from './rule.js';

/** A week: the longest that deployed firewalls keep an idle connection by default is five days (Linux conntrack). */
const MAX_TIMEOUT_SECONDS = 604_800;

const seconds = (byDefault: number) => z.int().min(1).max(MAX_TIMEOUT_SECONDS).default(byDefault);

const timeouts = z.strictObject({
  /** RFC 5382 REQ-5: at least 2 h 4 min. */
  tcpSeconds: seconds(7440).describe('idle TCP connection'),
  /** As Linux conntrack's for a SYN without answer: the longest that a SYN is commonly sent again. */
  tcpOpeningSeconds: seconds(120).describe('TCP connection whose other end has sent nothing but SYN'),
  /** As Linux conntrack's after RST: time for the last ACK, and for what was on its way. */
  tcpClosingSeconds: seconds(10).describe('TCP connection after a RST, or a FIN of each end'),
  /** RFC 4787 REQ-5: at least 2 min. */
  udpSeconds: seconds(120).describe('idle UDP connection'),
  /** RFC 5508 REQ-1: at least 60 s. */
  icmpSeconds: seconds(60).describe('ICMP and ICMPv6 query whose answer is awaited'),
  /** As Linux conntrack's generic timeout. */
  otherSeconds: seconds(600).describe('idle connection of any other IP protocol'),
});

export const firewallSchema = z.strictObject({
  rules: z.union([z.string(), z.array(z.string())])
    .describe('rules in order, one for each item or line; the first that matches decides'),
  default: z.enum(['deny', 'allow']).default('deny').describe('what happens to a packet that no rule matches'),
  stateful: z.boolean().default(true)
    .describe('let packets of allowed connections pass in both directions without asking the rules again'),
  malformed: z.enum(['drop', 'pass']).default('drop')
    .describe('packets with a header that cannot be read: drop them, or pass them to the rules'),
  fragments: z.enum(['follow', 'drop']).default('follow')
    .describe('IP fragments: follow their connection and the rules, or drop them all'),
  timeouts: timeouts.default(timeouts.parse({})).describe('how long a silent connection is remembered, in packet time'),
});

export type FirewallInput = z.input<typeof firewallSchema>;

export interface FirewallOptions extends z.output<typeof firewallSchema> {
  /** The rules as plain data, in order: filled in by `prepareRules`. */
  parsed?: readonly Rule[];
}

/** @throws TypeError when the options were not prepared: a firewall without its rules must not begin to judge. */
export function preparedRules(options: FirewallOptions): readonly Rule[] {
  if (options.parsed === undefined) throw new TypeError('the rules of the firewall were not prepared');
  return options.parsed;
}

/** Parses the rules and reports every mistake in them, each with its place. */
export function prepareRules(options: FirewallOptions, preparation: Preparation): FirewallOptions {
  const { rules, problems } = parseRules(options.rules);
  for (const { index, ...problem } of problems) {
    preparation.problem({ path: index === undefined ? ['rules'] : ['rules', index], ...problem });
  }
  return { ...options, parsed: rules };
}
