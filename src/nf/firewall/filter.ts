/** Hot: no allocation, no throw (`process`). Decides about packets: by the connection they belong to, else by the rules. */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import { forward, type Context, type Counter, type EventFields, type Verdict } from '../contract.js';
import { Connections, type firewallTables } from './connections.js';
import { countersOfUpdate, DEFAULT, ESTABLISHED, INVALID, RELATED } from './counters.js';
import { openingOf } from './opening.js';
import { preparedRules, type FirewallOptions } from './options.js';
import { overwritesHeader, Role, roleOf } from './role.js';
import type { Rule } from './rule.js';
import { NO_RULE, RuleSet } from './rule-set.js';

export const FIREWALL_DROPS = ['firewall-denied', 'firewall-default', 'firewall-invalid'] as const;

type FirewallContext = Context<FirewallOptions, (typeof FIREWALL_DROPS)[number], string, typeof firewallTables>;

export class Filter {
  readonly #context: FirewallContext;
  readonly #connections: Connections;
  readonly #established: Counter;
  readonly #related: Counter;
  readonly #invalid: Counter;
  readonly #default: Counter;
  readonly #denied: Verdict;
  readonly #deniedByDefault: Verdict;
  readonly #droppedAsInvalid: Verdict;
  #options: FirewallOptions;
  #rules: readonly Rule[] = [];
  #ruleSet = new RuleSet([]);
  /** By rule. */
  #counters: readonly Counter[] = [];
  #logged: readonly EventFields[] = [];

  constructor(context: FirewallContext) {
    this.#context = context;
    this.#options = context.options;
    this.#established = context.counters[ESTABLISHED];
    this.#related = context.counters[RELATED];
    this.#invalid = context.counters[INVALID];
    this.#default = context.counters[DEFAULT];
    this.#denied = context.drop['firewall-denied'];
    this.#deniedByDefault = context.drop['firewall-default'];
    this.#droppedAsInvalid = context.drop['firewall-invalid'];
    this.#connections = new Connections(context.state.flows, context.state.generations);
    this.update(context.options);
  }

  /** New options. Connections stay known, and each is judged by the new rules at its next packet. */
  update(options: FirewallOptions): void {
    const rules = preparedRules(options);
    this.#options = options;
    this.#rules = rules;
    this.#ruleSet = new RuleSet(rules);
    const { options: first, counters } = this.#context;
    this.#counters = countersOfUpdate(preparedRules(first), rules).map((name) => counters[name]);
    this.#logged = rules.map((rule, index) => ({ rule: index + 1, action: rule.action }));
    this.#connections.beginGeneration();
  }

  process(packet: Packet): Verdict {
    const options = this.#options;
    if (packet.isMalformed) return options.malformed === 'drop' ? this.#dropAsInvalid() : this.#judgeAlone(packet);
    if (packet.isFragment && (options.fragments === 'drop' || overwritesHeader(packet))) return this.#dropAsInvalid();
    const role = options.stateful ? roleOf(packet) : Role.alone;
    if (role === Role.alone) return this.#judgeAlone(packet);
    const connections = this.#connections;
    if (!connections.find(packet.flowId, this.#nowSeconds())) {
      return mayOpen(packet, role) ? this.#open(packet) : this.#judgeAlone(packet);
    }
    if (role === Role.fragment || role === Role.error) {
      return connections.isAllowed ? pass(role === Role.error ? this.#related : this.#established) : this.#judgeAlone(packet);
    }
    const isReply = (packet.direction === Direction.reverse) !== connections.isOpenedInReverse;
    if (role === (isReply ? Role.query : Role.answer)) return this.#judgeAlone(packet);
    if ((connections.isEnding || !connections.isAllowed) && isOpeningSyn(packet)) return this.#open(packet);
    return this.#continue(packet, isReply);
  }

  /** By the rules, without a connection: so is ARP and all else that has no flow, and a default deny drops it too. */
  #judgeAlone(packet: Packet): Verdict {
    return this.#decide(packet, this.#ruleSet.judge(packet, packet.direction === Direction.reverse, false, openingOf(packet)));
  }

  /** What opens no connection leaves the flow as it was: a forged packet must not end a connection. */
  #open(packet: Packet): Verdict {
    const isReverse = packet.direction === Direction.reverse;
    const opening = openingOf(packet);
    const verdict = this.#decide(packet, this.#ruleSet.judge(packet, isReverse, false, opening));
    if (verdict !== forward) return verdict;
    this.#connections.open(isReverse, opening);
    this.#connections.allow();
    this.#touch(packet);
    return verdict;
  }

  #continue(packet: Packet, isReply: boolean): Verdict {
    const connections = this.#connections;
    if (connections.isAllowed) {
      this.#hear(packet, isReply);
      return pass(this.#established);
    }
    const index = this.#ruleSet.judge(packet, connections.isOpenedInReverse, isReply, connections.opening);
    const verdict = this.#decide(packet, index);
    if (verdict === forward) {
      connections.allow();
      this.#hear(packet, isReply);
      // A connection that new rules deny stays known as denied. Were it forgotten, the next reply would be taken for the
      // first packet of a connection from the other end, which the rules may well allow.
    } else this.#touch(packet);
    return verdict;
  }

  #dropAsInvalid(): Verdict {
    this.#invalid.add(1);
    return this.#droppedAsInvalid;
  }

  #decide(packet: Packet, index: number): Verdict {
    if (index === NO_RULE) {
      this.#default.add(1);
      return this.#options.default === 'allow' ? forward : this.#deniedByDefault;
    }
    const rule = this.#rules[index];
    this.#counters[index].add(1);
    if (rule.log) this.#context.alert(packet, rule.text, this.#logged[index]);
    return rule.action === 'allow' ? forward : this.#denied;
  }

  /** A packet of the connection passed. Nothing prolongs a connection that is closing. */
  #hear(packet: Packet, isReply: boolean): void {
    const connections = this.#connections;
    if (packet.l4 === IpProtocol.tcp) {
      if (connections.isClosing) return;
      const tcp = packet.tcp();
      if (tcp !== null) connections.hear(tcp.flags, isReply);
    }
    this.#touch(packet);
  }

  #touch(packet: Packet): void {
    const { timeouts } = this.#options;
    const connections = this.#connections;
    const protocol = packet.l4;
    let seconds = timeouts.otherSeconds;
    if (protocol === IpProtocol.tcp) {
      seconds = connections.isAnswered ? timeouts.tcpSeconds : timeouts.tcpOpeningSeconds;
      if (connections.isClosing) seconds = timeouts.tcpClosingSeconds;
    } else if (protocol === IpProtocol.udp) seconds = timeouts.udpSeconds;
    else if (protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6) seconds = timeouts.icmpSeconds;
    connections.touch(this.#nowSeconds() + seconds);
  }

  #nowSeconds(): number {
    return Math.floor(this.#context.now() / 1000);
  }
}

function pass(counter: Counter): Verdict {
  counter.add(1);
  return forward;
}

/** A TCP packet that ends something begins nothing: a stray RST or FIN must not open the way for others. */
function mayOpen(packet: Packet, role: number): boolean {
  if (role === Role.query) return true;
  if (role !== Role.member) return false;
  if (packet.l4 !== IpProtocol.tcp) return true;
  const tcp = packet.tcp();
  return tcp !== null && (tcp.flags & (TcpFlag.fin | TcpFlag.rst)) === 0;
}

/** A SYN that answers nothing. */
function isOpeningSyn(packet: Packet): boolean {
  const tcp = packet.tcp();
  return tcp !== null && (tcp.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.fin | TcpFlag.rst)) === TcpFlag.syn;
}
