/**
 * The rules as a table for nftables (family inet, hook forward), for those who run the same policy in a kernel, and for the
 * comparison with it in the tests. Runs on the main thread. docs/firewall.md says where the two differ.
 */
import type { FirewallOptions } from '../options.js';
import { preparedRules } from '../prepared-rules.js';
import type { Rule } from '../rule.js';
import { conditionsOf, type Interfaces } from './conditions.js';

export type { Interfaces } from './conditions.js';

const ANSWERS = { 'admin-prohibited': 'admin-prohibited', 'port-unreachable': 'port-unreachable', 'host-unreachable': 'host-unreachable', 'net-unreachable': 'no-route' } as const;

/** A text that `nft -f` takes. @param name of the table. */
export function printNftables(name: string, options: FirewallOptions, interfaces: Interfaces): string {
  const { rules } = preparedRules(options);
  const limits = rules.flatMap(({ limit }, index) => {
    if (limit === null) return [];
    const unit = { 1000: 'second', 60_000: 'minute', 3_600_000: 'hour', 86_400_000: 'day' }[limit.perMs]!;
    return [`limit limit${index + 1} { rate ${limit.packets}/${unit} burst ${limit.burst} packets; }`];
  });
  const chain = [
    `type filter hook forward priority filter; policy ${options.default === 'allow' ? 'accept' : 'drop'};`,
    ...(options.stateful === true ? ['ct state established counter accept comment "established"', 'ct state related counter accept comment "related"'] : []),
    ...(options.stateful !== false && options.invalid === 'drop' ? ['ct state invalid counter drop comment "invalid"'] : []),
    ...rules.flatMap((rule, index) => [`# rule ${index + 1}: ${rule.text}`, ...printRule(rule, index, interfaces)]),
    'counter comment "default"',
  ];
  const indent = (lines: readonly string[], by: string): string => lines.map((line) => `${by}${line}\n`).join('');
  return `table inet ${nftName(name)} {\n${indent(limits, '  ')}  chain forward {\n${indent(chain, '    ')}  }\n}\n`;
}

/** Names in nftables have letters, digits, `_` and a few marks. */
function nftName(name: string): string {
  return name.replace(/[^\w]/g, '_');
}

/** One line or several: a rule about addresses of both IP versions is two there. */
function printRule(rule: Rule, index: number, interfaces: Interfaces): string[] {
  const variants = conditionsOf(rule, interfaces);
  if (typeof variants === 'string') return [`# cannot be said here: ${variants}`];
  const limit = rule.limit === null ? [] : [`limit name "limit${index + 1}"`];
  const log = rule.log || rule.action === 'log' ? [`log prefix "rule ${index + 1}: "`] : [];
  return variants.flatMap((conditions) =>
    actionsOf(rule).map(({ when, action }) =>
      [...conditions, ...when, ...limit, 'counter', ...log, action, `comment "rule ${index + 1}"`].filter((part) => part !== '').join(' ')));
}

function actionsOf({ action, rejection, match }: Rule): { when: string[]; action: string }[] {
  if (action === 'allow') return [{ when: [], action: 'accept' }];
  if (action === 'deny') return [{ when: [], action: 'drop' }];
  if (action !== 'reject') return [{ when: [], action: '' }];
  const reset = { when: [], action: 'reject with tcp reset' };
  if (rejection === 'reset') return [reset];
  const answer = { when: [], action: `reject with icmpx ${ANSWERS[rejection === 'auto' ? 'admin-prohibited' : rejection]}` };
  if (rejection !== 'auto') return [answer];
  if (match.protocol !== undefined) return match.protocol.every((protocol) => protocol === 6) ? [reset] : match.protocol.includes(6) ? [{ ...reset, when: ['meta l4proto tcp'] }, answer] : [answer];
  return [{ ...reset, when: ['meta l4proto tcp'] }, answer];
}
