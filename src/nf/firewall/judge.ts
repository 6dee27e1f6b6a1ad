/** Hot: no allocation (`alone`, `decide`). What the rules in force say of a packet: the verdict, and what they do beside. */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import { forward, type Context, type Counter, type EventFields, type Verdict } from '../contract.js';
import { mayAnswer } from '../answerable.js';
import { answerReset } from '../reset.js';
import { ErrorBudget } from '../error-budget.js';
import { countersOfUpdate, DEFAULT } from './counters.js';
import type { FirewallTables } from './layout.js';
import { Limits } from './limits.js';
import { openingOf } from './opening.js';
import type { FirewallOptions } from './options.js';
import { preparedRules } from './prepared-rules.js';
import { isReset, rejectWithError } from './reject.js';
import type { Rule } from './rule.js';
import { NO_RULE, RuleSet } from './rule-set.js';

export const FIREWALL_DROPS = ['firewall-denied', 'firewall-default', 'firewall-invalid', 'firewall-rejected'] as const;

export type FirewallContext = Context<FirewallOptions, (typeof FIREWALL_DROPS)[number], string, FirewallTables>;

/** In place of a state: no rule was asked about the packet. */
export const NOT_ASKED = 0;

export class Judge {
  /** Of the last packet, for those who want to know why: the state in which rules were asked, and which of them decided. */
  askedAbout = NOT_ASKED;
  decidedBy = NO_RULE;
  readonly #context: FirewallContext;
  readonly #limits: Limits;
  readonly #default: Counter;
  readonly #overLimit: Counter;
  readonly #answered: Counter;
  readonly #silent: Counter;
  readonly #denied: Verdict;
  readonly #deniedByDefault: Verdict;
  readonly #rejected: Verdict;
  readonly #answer: Verdict;
  #rules: readonly Rule[] = [];
  #ruleSet: RuleSet;
  #isOpen = false;
  /** By rule. */
  #counters: readonly Counter[] = [];
  #logged: readonly EventFields[] = [];
  readonly #errors: ErrorBudget;

  constructor(context: FirewallContext) {
    const { counters, drop, reply, state, options } = context;
    this.#context = context;
    this.#limits = new Limits(state.limits);
    this.#default = counters[DEFAULT];
    this.#overLimit = counters['over limit'];
    this.#answered = counters['rejected with an answer'];
    this.#silent = counters['rejected in silence'];
    this.#denied = drop['firewall-denied'];
    this.#deniedByDefault = drop['firewall-default'];
    this.#rejected = drop['firewall-rejected'];
    this.#answer = reply['firewall-rejected'];
    this.#errors = new ErrorBudget(options.icmpErrorsPerSecond);
    const { rules, compiled } = preparedRules(options);
    this.#ruleSet = new RuleSet(rules, compiled);
  }

  /** Other rules, from the next packet on: no packet sees half of them, because nothing is judged meanwhile. */
  update(options: FirewallOptions): void {
    const { rules, compiled } = preparedRules(options);
    this.#rules = rules;
    this.#ruleSet = new RuleSet(rules, compiled);
    this.#isOpen = options.default === 'allow';
    this.#limits.replace(rules);
    const { options: first, counters } = this.#context;
    this.#counters = countersOfUpdate(preparedRules(first).rules, rules).map((name) => counters[name]);
    this.#logged = rules.map((rule, index) => ({ rule: index + 1, action: rule.action }));
    this.#errors.update(options.icmpErrorsPerSecond);
  }

  /** A rule as it was written. */
  textOf(rule: number): string {
    return this.#rules[rule].text;
  }

  /** The packet for itself, in its own direction. */
  alone(packet: Packet, state: number): Verdict {
    return this.decide(packet, packet.direction === Direction.reverse, false, openingOf(packet), state);
  }

  /** As `RuleSet.begin`. */
  decide(packet: Packet, isReverse: boolean, isReply: boolean, opening: number, state: number): Verdict {
    const ruleSet = this.#ruleSet;
    ruleSet.begin(packet, isReverse, isReply, opening, state);
    this.askedAbout = state;
    for (let index = ruleSet.next(0); index !== NO_RULE; index = ruleSet.next(index + 1)) {
      const rule = this.#rules[index];
      if (rule.limit !== null && !this.#limits.take(index, this.#context.now())) {
        this.#overLimit.add(1);
        continue;
      }
      this.#counters[index].add(1);
      this.decidedBy = index;
      if (rule.log || rule.action === 'log') this.#context.alert(packet, rule.text, this.#logged[index]);
      if (rule.action === 'allow') return forward;
      if (rule.action === 'deny') return this.#denied;
      if (rule.action === 'reject') return this.#reject(packet, rule);
    }
    this.decidedBy = NO_RULE;
    this.#default.add(1);
    return this.#isOpen ? forward : this.#deniedByDefault;
  }

  #reject(packet: Packet, rule: Rule): Verdict {
    const isAnswered = isReset(packet, rule.rejection) ? answerReset(packet) : mayAnswer(packet) && this.#errors.take(this.#context.now()) && rejectWithError(packet, rule.rejection);
    (isAnswered ? this.#answered : this.#silent).add(1);
    return isAnswered ? this.#answer : this.#rejected;
  }
}
