/**
 * Hot: no allocation. Rules in Suricata's language over the traffic: what each packet brings is shown to them, packet by
 * packet, stream by stream and message by message.
 */
import type { Counter } from '../contract.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import type { Packet } from '../../packet/packet.js';
import type { PerFlowTable } from '../tables.js';
import type { Facts } from './dissector.js';
import { protocolNumber } from './protocol-table.js';
import { DnsFollower } from './signatures/rules/dns-follower.js';
import { RULE_FLOW_WORDS, RULE_SIDE_WORDS, RuleFlowFlag, RuleFlowWord, RuleSideWord } from './signatures/rules/flow-layout.js';
import { HelloFollower } from './signatures/rules/hello-follower.js';
import { HttpFollower } from './signatures/rules/http-follower.js';
import { Judge, Ruling, type JudgeLinks } from './signatures/rules/judge.js';
import { RuleStreams } from './signatures/rules/rule-streams.js';
import type { Rule } from './signatures/rules/rule.js';
import { StreamWindows } from './signatures/rules/stream-windows.js';

/** A stream that stalls longer gives its window to another. */
const IDLE_WINDOW_MS = 10_000;
/** Entries of the threshold table to look at a second. */
const SWEEP_BUDGET = 1024;
const BOTH_SEEN = RuleFlowFlag.forwardSeen | RuleFlowFlag.reverseSeen;
const DNS = protocolNumber('DNS');

interface RuleLinks extends Omit<JudgeLinks, 'words'> {
  flows: PerFlowTable;
  facts: Facts;
  noWindow: Counter;
  buffered: Counter;
}

export class RuleWatch {
  readonly #links: RuleLinks;
  readonly #words: Uint32Array;
  readonly #judge: Judge;
  readonly #dns: DnsFollower;
  readonly #streams: RuleStreams;
  readonly #windows: StreamWindows;
  #generation = 1;
  #isIdle: boolean;

  /** Without rules there are no windows either: nothing is paid for what is not used. */
  constructor(links: RuleLinks, rules: readonly Rule[], windows: { count: number; bytes: number }) {
    this.#links = links;
    this.#words = links.flows.words;
    this.#isIdle = rules.length === 0;
    this.#windows = new StreamWindows(this.#isIdle ? 0 : windows.count, windows.bytes);
    this.#judge = new Judge({ ...links, words: this.#words }, rules);
    this.#dns = new DnsFollower(this.#judge, this.#words);
    this.#streams = new RuleStreams({
      words: this.#words, windows: this.#windows, judge: this.#judge, exhausted: links.noWindow, buffered: links.buffered,
      http: new HttpFollower(this.#judge, this.#words), hellos: new HelloFollower(this.#judge, this.#words), dns: this.#dns,
    });
  }

  /** True when there is nothing to look for. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** Other rules from the next packet on. What is half seen is forgotten, flowbits too. */
  replace(rules: readonly Rule[]): void {
    this.#judge.replace(rules);
    this.#generation = this.#generation >= 0xffffffff ? 1 : this.#generation + 1;
    this.#isIdle = rules.length === 0;
  }

  expire(nowMs: number): void {
    this.#windows.releaseIdle(nowMs, IDLE_WINDOW_MS);
    this.#links.thresholds.sweep(nowMs, SWEEP_BUDGET, this.#forget);
  }

  readonly #forget = (entry: number): void => this.#links.thresholds.remove(entry);

  /**
   * A packet of TCP, with or without payload at `from`.
   * @param protocol number of the flow's protocol so far
   * @returns what the rules want done with it.
   */
  tcp(packet: Packet, protocol: number, from: number, length: number, wireLength: number): Ruling {
    const tcp = packet.tcp();
    if (tcp === null) return Ruling.none;
    const { flags, sequenceBits } = tcp;
    const side = packet.direction;
    const flow = this.#begin(packet, packet.flowId, protocol, tcp.sourcePort, tcp.destinationPort, length);
    if (flow < 0) return Ruling.none;
    const hasSyn = (flags & TcpFlag.syn) !== 0;
    if (hasSyn) this.#words[flow + RuleFlowWord.flags] |= RuleFlowFlag.synSeen;
    else if ((this.#words[flow + RuleFlowWord.flags] & RuleFlowFlag.synSeen) === 0) this.#judge.now.established = true;
    const { set } = this.#judge;
    if (hasSyn && set.needsStreams) this.#streams.begin(packet.flowId, flow, side, sequenceBits);
    this.#judge.judgePacket(packet.bytes, from, from + length);
    if (set.needsStreams) {
      if (length > 0) this.#streams.segment(packet, flow, side, hasSyn ? (sequenceBits + 1) | 0 : sequenceBits, from, length, wireLength);
      if ((flags & (TcpFlag.fin | TcpFlag.rst)) !== 0) {
        this.#streams.end(packet, flow, side);
        if ((flags & TcpFlag.rst) !== 0) this.#release(packet.flowId, flow);
      }
    }
    return this.#judge.conclude();
  }

  /** An ICMP error, which travels in the flow that it quotes: judged by itself. @returns what the rules want done with it. */
  error(packet: Packet): Ruling {
    const from = packet.start + packet.payloadOffset;
    const flow = this.#begin(packet, 0, 0, 0, 0, packet.payloadLength);
    if (flow < 0) return Ruling.none;
    this.#judgeDatagram(packet, from, packet.payloadLength);
    return this.#judge.conclude();
  }

  /** Any other packet of IP. @returns what the rules want done with it. */
  datagram(packet: Packet, protocol: number, from: number, length: number): Ruling {
    const udp = packet.udp();
    const flow = this.#begin(packet, packet.flowId, protocol, udp?.sourcePort ?? 0, udp?.destinationPort ?? 0, length);
    if (flow < 0) return Ruling.none;
    const judge = this.#judge;
    this.#judgeDatagram(packet, from, length);
    if (judge.set.hasDns && protocol === DNS && udp !== null && length > 0) {
      judge.setWindow(packet.bytes, from, from + length);
      this.#dns.message(packet.bytes, from, from + length);
    }
    return judge.conclude();
  }

  #judgeDatagram(packet: Packet, from: number, length: number): void {
    const icmp = packet.l4 === IpProtocol.icmp ? packet.icmp() : packet.l4 === IpProtocol.icmpv6 ? packet.icmpv6() : null;
    const { now } = this.#judge;
    now.icmpType = icmp?.type ?? 0;
    now.icmpCode = icmp?.code ?? 0;
    this.#judge.judgePacket(packet.bytes, from, from + length);
  }

  /** Fills in what is known of the packet. Returns its flow's words, or -1 when no rule is to see it. */
  #begin(packet: Packet, flowId: number, protocol: number, sourcePort: number, destinationPort: number, length: number): number {
    const words = this.#words;
    const flow = this.#links.flows.of(flowId);
    if (words[flow + RuleFlowWord.generation] !== this.#generation) {
      this.#release(flowId, flow);
      words.fill(0, flow, flow + RULE_FLOW_WORDS);
      words[flow + RuleFlowWord.generation] = this.#generation;
    }
    words[flow + RuleFlowWord.flags] |= packet.direction === 1 ? RuleFlowFlag.reverseSeen : RuleFlowFlag.forwardSeen;
    const flags = words[flow + RuleFlowWord.flags];
    const { now } = this.#judge;
    if ((flags & RuleFlowFlag.passed) !== 0 || !now.readAddresses(packet)) return -1;
    now.toServer = this.#links.facts.fromClient;
    now.established = (flags & BOTH_SEEN) === BOTH_SEEN;
    now.protocol = protocol;
    now.sourcePort = sourcePort;
    now.destinationPort = destinationPort;
    now.payloadLength = length;
    this.#judge.begin(packet, flow);
    return flow;
  }

  #release(flowId: number, flow: number): void {
    for (let side = 0; side < 2; side++) {
      const at = flow + RuleFlowWord.sides + side * RULE_SIDE_WORDS + RuleSideWord.window;
      const window = this.#words[at] - 1;
      if (window >= 0 && this.#windows.isOwnedBy(window, flowId, side)) this.#windows.release(window);
      this.#words[at] = 0;
    }
  }
}
