/** Names of the firewall's counters. Counters are made once; rules may change under traffic. */
import type { Rule } from './rule.js';

/** Packets that passed with a connection, without asking a rule. */
export const ESTABLISHED = 'established';
/** ICMP errors that passed with the connection that they are about. */
export const RELATED = 'related';
/** Packets dropped as `firewall-invalid`, without asking a rule. */
export const INVALID = 'invalid';
/** Packets that no rule decided. */
export const DEFAULT = 'default';
/** Packets that rules matched which came with an update, and so have no counter of their own. */
export const LATER_RULES = 'rules of later updates';

/** What happened beside: none of it decides about a packet, so these do not add up with the others. */
export const EXTRA_COUNTERS = [
  /** Half-open connections that were forgotten for a newer one. */
  'half-open forgotten',
  /** Packets that passed with a connection though they are too old to say anything about it. */
  'outside window',
  /** Matching rules that did not hold, because their limit was used up. */
  'over limit',
  /** Answers to rejected packets. */
  'rejected with an answer',
  /** Rejected packets that must not be answered, or not so many of them. */
  'rejected in silence',
] as const;

export function counterNames(rules: readonly Rule[]): string[] {
  return [...rules.map((rule, index) => `rule ${index + 1}: ${rule.text}`), ESTABLISHED, RELATED, INVALID, DEFAULT, LATER_RULES, ...EXTRA_COUNTERS];
}

/** The counter's name of each rule of an update: a rule that was there at the start keeps counting where it did. */
export function countersOfUpdate(first: readonly Rule[], rules: readonly Rule[]): string[] {
  const names = counterNames(first);
  const places = new Map<string, string[]>();
  first.forEach((rule, index) => {
    const alike = places.get(rule.text);
    if (alike === undefined) places.set(rule.text, [names[index]]);
    else alike.push(names[index]);
  });
  return rules.map((rule) => places.get(rule.text)?.shift() ?? LATER_RULES);
}
