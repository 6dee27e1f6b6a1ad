/** Hot: no allocation, no throw (`process`). Decides about packets: by the connection they belong to, else by the rules. */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet, TcpView } from '../../packet/packet.js';
import { forward, type Counter, type Verdict } from '../contract.js';
import { Connections } from './connections.js';
import { ESTABLISHED, INVALID, RELATED } from './counters.js';
import { HalfOpen } from './half-open.js';
import { Judge, NOT_ASKED, type FirewallContext } from './judge.js';
import { Lifetimes } from './lifetimes.js';
import { openingOf } from './opening.js';
import type { FirewallOptions } from './options.js';
import { isIcmp, overwritesHeader, queryWentInReverse, Role, roleOf } from './role.js';
import { ConnectionState } from './rule.js';
import { shortWayOf, type ShortWay } from './short-way.js';
import { TcpState, TcpKind, tcpKind } from './tcp-state.js';
import { TcpVerdict, TcpWindows } from './tcp-window.js';

/** Never more half-open connections than this share of the flows; there are two places for each flow. */
const HALF_OPEN_SHARE = 8;

export class Filter {
  readonly judge: Judge;
  readonly connections: Connections;
  readonly #context: FirewallContext;
  readonly #windows: TcpWindows;
  readonly #shortWay: ShortWay;
  readonly #halfOpen: HalfOpen;
  readonly #lifetimes: Lifetimes;
  readonly #established: Counter;
  readonly #related: Counter;
  readonly #invalid: Counter;
  readonly #forgotten: Counter;
  readonly #outside: Counter;
  readonly #droppedAsInvalid: Verdict;
  #options: FirewallOptions;
  /** Rules say which packets of a connection pass. */
  #isExplicit = false;
  /** Packets of connections that the rules have allowed pass without asking them again. */
  #hasShortWay = false;

  constructor(context: FirewallContext) {
    const { counters, state, options } = context;
    this.#context = context;
    this.#options = options;
    this.judge = new Judge(context);
    this.#established = counters[ESTABLISHED];
    this.#related = counters[RELATED];
    this.#invalid = counters[INVALID];
    this.#forgotten = counters['half-open forgotten'];
    this.#outside = counters['outside window'];
    this.#droppedAsInvalid = context.drop['firewall-invalid'];
    this.connections = new Connections(state.flows, state.generations);
    this.#windows = new TcpWindows(state.flows.words);
    this.#shortWay = shortWayOf(state.flows);
    this.#lifetimes = new Lifetimes(this.connections);
    const share = Math.max(1, Math.floor(state.flows.capacity / HALF_OPEN_SHARE));
    this.#halfOpen = new HalfOpen(state.halfOpen, state.flows, Math.min(options.halfOpen, share));
    this.update(options);
  }

  /** New options. Connections stay known, and each is judged by the new rules at its next packet. */
  update(options: FirewallOptions): void {
    this.#options = options;
    this.#isExplicit = options.stateful === 'explicit';
    this.#hasShortWay = options.stateful === true;
    this.judge.update(options);
    this.#lifetimes.update(options.timeouts);
    this.#shortWay.update(options.timeouts);
    this.connections.beginGeneration();
  }

  process(packet: Packet): Verdict {
    this.judge.askedAbout = NOT_ASKED;
    if (this.#hasShortWay && this.#shortWay.takes(packet, this.connections.generation, this.#context.nowSeconds())) {
      this.connections.at = this.#shortWay.at;
      this.#established.add(1);
      return forward;
    }
    return this.#takeLongWay(packet);
  }

  #takeLongWay(packet: Packet): Verdict {
    const options = this.#options;
    if (packet.isMalformed) return options.malformed === 'drop' ? this.#dropAsInvalid() : this.judge.alone(packet, ConnectionState.invalid);
    if (packet.isFragment && (options.fragments === 'drop' || overwritesHeader(packet))) return this.#dropAsInvalid();
    const role = options.stateful === false ? Role.alone : roleOf(packet);
    switch (role) {
      case Role.tcp:
        return this.#tcp(packet);
      case Role.member:
        return this.connections.find(packet.flowId, this.#nowSeconds()) ? this.#member(packet) : this.#open(packet);
      case Role.query:
        return this.#findQuery(packet, role) ? this.#member(packet) : this.#open(packet);
      case Role.answer:
        return this.#findQuery(packet, role) ? this.#member(packet) : this.#stray(packet);
      case Role.fragment:
        return this.#fragment(packet);
      case Role.error:
        return this.#error(packet);
      case Role.strayError:
        return this.#stray(packet);
      default:
        return this.judge.alone(packet, ConnectionState.untracked);
    }
  }

  #tcp(packet: Packet): Verdict {
    const tcp = packet.tcp();
    if (tcp === null) return this.#stray(packet);
    const connections = this.connections;
    if (!connections.find(packet.flowId, this.#nowSeconds())) return this.#openTcp(packet, tcp);
    const isReply = (packet.direction === Direction.reverse) !== connections.isOpenedInReverse;
    const mayPass = this.#isExplicit || connections.isAllowed;
    // Only a SYN starts over what new rules deny.
    if (!mayPass && tcpKind(tcp.flags) === TcpKind.syn) return this.#openTcp(packet, tcp);
    const windows = this.#windows;
    const found = windows.check(connections.at, packet, tcp, isReply);
    if (found === TcpVerdict.impossible) return this.#stray(packet);
    if (found === TcpVerdict.beginsAnew) return this.#openTcp(packet, tcp);
    if (!mayPass || this.#isExplicit) {
      const verdict = this.#judgeAgain(packet, isReply);
      if (verdict !== forward) return verdict;
    } else this.#established.add(1);
    if (found === TcpVerdict.passes) {
      if (isReply) connections.hearAnswer();
      windows.note();
      this.#outside.add(1);
      return forward;
    }
    const isUnanswered = !connections.isAnswered;
    if (isReply) connections.hearAnswer();
    const before = connections.tcpState;
    const state = windows.commit();
    // A SYN that is refused, and one that is taken back: there never was a connection.
    if (state === TcpState.closed && isUnanswered) {
      connections.forget();
      return forward;
    }
    if (packet.isFragment) windows.relax(connections.at);
    // Nothing prolongs a connection that is over.
    if (state < TcpState.timeWait || state !== before) this.#lifetimes.touchTcp(state, this.#nowSeconds());
    return forward;
  }

  /** TCP without a connection, or one that begins anew. What opens none leaves the flow as it was. */
  #openTcp(packet: Packet, tcp: TcpView): Verdict {
    const kind = tcpKind(tcp.flags);
    if (kind !== TcpKind.syn && kind !== TcpKind.ack) return this.#stray(packet);
    const connections = this.connections;
    const opening = openingOf(packet);
    const isReverse = packet.direction === Direction.reverse;
    const verdict = this.judge.decide(packet, isReverse, false, opening, ConnectionState.new);
    if (verdict !== forward) return verdict;
    const state = this.#windows.begin(connections.at, packet, tcp);
    if (packet.isFragment) this.#windows.relax(connections.at);
    connections.open(isReverse, opening, state);
    this.#lifetimes.touchTcp(state, this.#nowSeconds());
    if (state === TcpState.synSent && this.#halfOpen.begin(packet.flowId)) this.#forgotten.add(1);
    return verdict;
  }

  #open(packet: Packet): Verdict {
    const isReverse = packet.direction === Direction.reverse;
    const opening = openingOf(packet);
    const verdict = this.judge.decide(packet, isReverse, false, opening, ConnectionState.new);
    if (verdict !== forward) return verdict;
    this.connections.open(isReverse, opening, TcpState.none);
    this.#lifetimes.touch(packet.l4, this.#nowSeconds());
    return verdict;
  }

  /** A packet of the connection that was found, of a protocol without windows. */
  #member(packet: Packet): Verdict {
    const connections = this.connections;
    const isReply = (packet.direction === Direction.reverse) !== connections.isOpenedInReverse;
    if (this.#isExplicit || !connections.isAllowed) {
      const verdict = this.#judgeAgain(packet, isReply);
      if (verdict !== forward) return verdict;
    } else this.#established.add(1);
    if (isReply) connections.hearAnswer();
    this.#lifetimes.touch(packet.l4, this.#nowSeconds());
    return forward;
  }

  /**
   * Asks the rules about a known connection: about this packet, when they say which packets pass; else about the packet
   * that opened it, because they are new. A connection that new rules deny stays known as denied while it is heard of. Were
   * it forgotten, the next reply would be taken for the first packet of a connection from the other end, which the rules may
   * well allow.
   */
  #judgeAgain(packet: Packet, isReply: boolean): Verdict {
    const connections = this.connections;
    if (this.#isExplicit) return this.judge.alone(packet, ConnectionState.established);
    const { isOpenedInReverse, opening } = connections;
    const verdict = this.judge.decide(packet, isOpenedInReverse, isReply, opening, ConnectionState.new);
    if (verdict === forward) connections.allow();
    else this.#lifetimes.touchDenied(packet.l4, this.#nowSeconds());
    return verdict;
  }

  #fragment(packet: Packet): Verdict {
    const connections = this.connections;
    const now = this.#nowSeconds();
    const isQuery = isIcmp(packet.l4);
    const isKnown = connections.find(packet.flowId, now) && (this.#isExplicit || connections.isAllowed);
    const isAnswer = !isKnown && isQuery && connections.findQuery(packet.flowId, true, now) && (this.#isExplicit || connections.isAllowed);
    if (!isKnown && !isAnswer) return this.judge.alone(packet, ConnectionState.untracked);
    if (this.#isExplicit) return this.judge.alone(packet, ConnectionState.established);
    this.#established.add(1);
    return forward;
  }

  #error(packet: Packet): Verdict {
    const connections = this.connections;
    const quoted = (packet.icmp() ?? packet.icmpv6())?.quoted() ?? null;
    const isAboutQuery = quoted !== null && quoted.hasIdentifier;
    // Nothing is known of an ICMP message that is no query, such as another error.
    if (!isAboutQuery && quoted !== null && isIcmp(quoted.protocol)) return this.#stray(packet);
    const isKnown = isAboutQuery ? this.#findQuery(packet, Role.error) : connections.find(packet.flowId, this.#nowSeconds());
    if (!isKnown) return this.#stray(packet);
    if (this.#isExplicit || !connections.isAllowed) return this.judge.alone(packet, ConnectionState.related);
    this.#related.add(1);
    return forward;
  }

  #findQuery(packet: Packet, role: number): boolean {
    return this.connections.findQuery(packet.flowId, queryWentInReverse(packet, role), this.#nowSeconds());
  }

  /** A packet that belongs to no connection and can open none. */
  #stray(packet: Packet): Verdict {
    return this.#options.invalid === 'drop' ? this.#dropAsInvalid() : this.judge.alone(packet, ConnectionState.invalid);
  }

  #dropAsInvalid(): Verdict {
    this.#invalid.add(1);
    return this.#droppedAsInvalid;
  }

  #nowSeconds(): number {
    return this.#context.nowSeconds();
  }
}
