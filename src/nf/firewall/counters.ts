/** Names of the firewall's counters. Counters are made once; rules may change under traffic. */
import type { Rule } from './rule.js';

/** Packets that passed with a connection, without asking a rule. */
export const ESTABLISHED = 'established';
/** ICMP errors that passed with the connection that they are about. */
export const RELATED = 'related';
/** Packets dropped as `firewall-invalid`, without asking a rule. */
export const INVALID = 'invalid';
/** Packets that no rule matched. */
export const DEFAULT = 'default';
/** Packets decided by rules that came with an update, and so have no counter of their own. */
export const LATER_RULES = 'rules of later updates';

export function counterNames(rules: readonly Rule[]): string[] {
  return [...rules.map((rule, index) => `rule ${index + 1}: ${rule.text}`), ESTABLISHED, RELATED, INVALID, DEFAULT, LATER_RULES];
}

/** The counter's name of each rule of an update: a rule that was there at the start keeps counting where it did. */
export function countersOfUpdate(first: readonly Rule[], rules: readonly Rule[]): string[] {
  const names = counterNames(first);
  const places = new Map<string, string[]>();
  first.forEach((rule, index) => places.set(rule.text, [...(places.get(rule.text) ?? []), names[index]]));
  return rules.map((rule) => places.get(rule.text)?.shift() ?? LATER_RULES);
}
