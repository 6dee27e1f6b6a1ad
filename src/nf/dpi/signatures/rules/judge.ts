/**
 * Hot: allocates only for an alert. Judges rules over a packet's bytes, a stream's window and the buffers of messages,
 * and at the end of each packet says what was met: `pass` before `drop` before `reject` before `alert`.
 */
import type { Counter, EventFields } from '../../../contract.js';
import type { Packet } from '../../../../packet/packet.js';
import type { StateTable } from '../../../tables.js';
import { PROTOCOL_NAMES } from '../../protocol-table.js';
import { bufferNumber } from './buffers.js';
import { Situation } from './conditions.js';
import { RuleFlowFlag, RuleFlowWord } from './flow-layout.js';
import { Matcher } from './matcher.js';
import { BufferRanges } from './ranges-of-buffers.js';
import { RuleBits } from './rule-bits.js';
import { FlowbitsCommand, type CompiledPart, type CompiledRule, RuleSet } from './rule-set.js';
import type { Rule } from './rule.js';
import type { StreamWindows } from './stream-windows.js';
import { tells } from './threshold-table.js';

/** What becomes of a packet that was judged. */
export const Ruling = { none: 0, drop: 1, reject: 2 } as const;
export type Ruling = (typeof Ruling)[keyof typeof Ruling];

/** An alert that comes once a flow is remembered this long after the rule was last met. */
const REMEMBER_MS = 600_000;
const PAYLOAD = bufferNumber('payload');
const REVERSE_BIT = 0x80000000;

export interface JudgeLinks {
  /** Words of the table `ruleFlows`. */
  words: Uint32Array;
  /** Key: flow id, identity of the rule. */
  alerted: StateTable;
  thresholds: StateTable;
  context: { alert(packet: Packet, signature: string, fields: EventFields): void };
  hits: Counter;
  exhausted: Counter;
}

export class Judge {
  readonly now = new Situation();
  readonly ranges = new BufferRanges();
  set: RuleSet;
  readonly #links: JudgeLinks;
  readonly #words: Uint32Array;
  readonly #matcher = new Matcher();
  #candidates: RuleBits;
  #hits: RuleBits;
  /** Of the packet at hand: its flow's words, and the window of its stream. */
  #flow = 0;
  #packet: Packet | null = null;
  #windowBytes: Uint8Array;
  #windowStart = 0;
  #windowEnd = 0;

  constructor(links: JudgeLinks, rules: readonly Rule[]) {
    this.#links = links;
    this.#words = links.words;
    this.set = new RuleSet(rules);
    this.#candidates = new RuleBits(rules.length);
    this.#hits = new RuleBits(rules.length);
    this.#windowBytes = this.ranges.bytes;
  }

  replace(rules: readonly Rule[]): void {
    this.set = new RuleSet(rules);
    this.#candidates = new RuleBits(rules.length);
    this.#hits = new RuleBits(rules.length);
  }

  /** A packet begins; `now` was filled. */
  begin(packet: Packet, flow: number): void {
    this.#packet = packet;
    this.#flow = flow;
    this.#hits.clear();
    this.#matcher.beginPacket();
    this.#windowEnd = this.#windowStart;
  }

  /** The packet's payload by itself, which may be empty. */
  judgePacket(bytes: Uint8Array, from: number, to: number): void {
    const { packets, rules } = this.set;
    if (packets.isEmpty) return;
    const candidates = this.#candidates;
    candidates.clear();
    candidates.addAll(packets.always);
    packets.scan(bytes, from, to, 0, candidates);
    for (let rule = candidates.next(0); rule >= 0; rule = candidates.next(rule + 1)) {
      const compiled = rules[rule];
      if (!this.#mayHit(rule, compiled)) continue;
      const [part] = compiled.parts;
      if (part === undefined || (to > from && this.#matcher.matches(part.items, bytes, from, to))) this.#hit(rule, compiled);
    }
  }

  /**
   * A stream's window `bytes[start, end)`, of which `bytes[fresh, end)` is new.
   * @param windows and `window`: where rules wait for more; -1 when the bytes are a segment alone
   * @returns the automaton's state at the end.
   */
  judgeStream(bytes: Uint8Array, start: number, fresh: number, end: number, state: number, isAtStart: boolean, windows: StreamWindows, window: number): number {
    const { streams, rules } = this.set;
    this.#windowBytes = bytes;
    this.#windowStart = start;
    this.#windowEnd = end;
    if (streams.isEmpty) return 0;
    const candidates = this.#candidates;
    candidates.clear();
    candidates.addAll(streams.always);
    const after = streams.scan(bytes, fresh, end, state, candidates);
    if (window >= 0) {
      for (let k = 0; k < windows.places; k++) {
        const waiting = windows.waiting(window, k);
        if (waiting >= 0) candidates.add(waiting);
      }
    }
    for (let rule = candidates.next(0); rule >= 0; rule = candidates.next(rule + 1)) {
      const compiled = rules[rule];
      if ((compiled.needsStart && !isAtStart) || !this.#mayHit(rule, compiled)) continue;
      const [part] = compiled.parts;
      if (part === undefined || this.#matcher.matches(part.items, bytes, start, end)) {
        this.#hit(rule, compiled);
        if (window >= 0) windows.stopWaiting(window, rule);
      } else if (compiled.mayWait && window >= 0) windows.wait(window, rule, end - start);
    }
    return after;
  }

  /** The buffers of a message, as `ranges` has them. `withBody`: rules that look into bodies; else the others. */
  judgeBuffers(withBody: boolean): void {
    const { buffers, rules } = this.set;
    const { ranges } = this;
    const candidates = this.#candidates;
    candidates.clear();
    for (let buffer = 0; buffer < buffers.length; buffer++) {
      if (!ranges.has(buffer) || buffers[buffer].isEmpty) continue;
      candidates.addAll(buffers[buffer].always);
      buffers[buffer].scan(ranges.bytesOf(buffer), ranges.from(buffer), ranges.to(buffer), 0, candidates);
    }
    for (let rule = candidates.next(0); rule >= 0; rule = candidates.next(rule + 1)) {
      const compiled = rules[rule];
      if (compiled.needsBody === withBody && this.#mayHit(rule, compiled) && this.#allMatch(compiled.parts)) this.#hit(rule, compiled);
    }
  }

  #allMatch(parts: readonly CompiledPart[]): boolean {
    const { ranges } = this;
    for (let k = 0; k < parts.length; k++) {
      const { buffer, items } = parts[k];
      if (buffer === PAYLOAD) {
        if (this.#windowEnd === this.#windowStart || !this.#matcher.matches(items, this.#windowBytes, this.#windowStart, this.#windowEnd)) return false;
      } else if (!ranges.has(buffer) || !this.#matcher.matches(items, ranges.bytesOf(buffer), ranges.from(buffer), ranges.to(buffer))) return false;
    }
    return true;
  }

  /** Bytes that stand alone count as the window for rules that mix payload with buffers. */
  setWindow(bytes: Uint8Array, from: number, to: number): void {
    this.#windowBytes = bytes;
    this.#windowStart = from;
    this.#windowEnd = to;
  }

  #mayHit(rule: number, { conditions, flowbits }: CompiledRule): boolean {
    if (this.#hits.has(rule) || !conditions.hold(this.#packet!, this.now)) return false;
    for (let k = 0; k < flowbits.length; k++) {
      const { command, bits } = flowbits[k];
      if (command !== FlowbitsCommand.isset && command !== FlowbitsCommand.isnotset) continue;
      let isSet = false;
      for (let b = 0; b < bits.length; b++) isSet ||= (this.#words[this.#flow + RuleFlowWord.flowbits + (bits[b] >> 5)] & (1 << (bits[b] & 31))) !== 0;
      if (isSet !== (command === FlowbitsCommand.isset)) return false;
    }
    return true;
  }

  #hit(rule: number, { flowbits }: CompiledRule): void {
    this.#hits.add(rule);
    const words = this.#words;
    for (let k = 0; k < flowbits.length; k++) {
      const { command, bits } = flowbits[k];
      const at = this.#flow + RuleFlowWord.flowbits + (bits[0] >> 5);
      const bit = 1 << (bits[0] & 31);
      if (command === FlowbitsCommand.set) words[at] |= bit;
      else if (command === FlowbitsCommand.unset) words[at] &= ~bit;
      else if (command === FlowbitsCommand.toggle) words[at] ^= bit;
    }
  }

  /** The packet is through: says what was met. @returns whether the flow is to be dropped, and the packet's sender told. */
  conclude(): Ruling {
    const packet = this.#packet!;
    const { rules } = this.set;
    if (this.#matcher.exhausted > 0) {
      this.#links.exhausted.add(this.#matcher.exhausted);
      this.#matcher.exhausted = 0;
    }
    let ruling: Ruling = Ruling.none;
    for (let rule = this.#hits.next(0); rule >= 0; rule = this.#hits.next(rule + 1)) {
      const compiled = rules[rule];
      const { action, noalert } = compiled.rule;
      if (!tells(this.#links.thresholds, compiled, this.now, packet.timestampMs)) continue;
      if (action === 'pass') {
        if (compiled.isAboutFlow && packet.flowId !== 0) this.#words[this.#flow + RuleFlowWord.flags] |= RuleFlowFlag.passed;
        return Ruling.none;
      }
      // A rule that drops in silence comes first.
      if (ruling === Ruling.none && action !== 'alert') ruling = action === 'drop' ? Ruling.drop : Ruling.reject;
      if (noalert || (compiled.isOnce && this.#isRemembered(packet, compiled.identity))) continue;
      this.#links.hits.add(1);
      this.#tell(packet, compiled.rule);
    }
    return ruling;
  }

  #tell(packet: Packet, rule: Rule): void {
    const { gid, sid, rev, message, classtype, priority, action, metadata } = rule;
    const hasMetadata = Object.keys(metadata).length > 0;
    this.#links.context.alert(packet, message === '' ? `${gid}:${sid}` : message, {
      action, protocol: PROTOCOL_NAMES[this.now.protocol], direction: this.now.toServer ? 'to-server' : 'to-client',
      gid, sid, rev, category: classtype, severity: priority, ...(hasMetadata ? { metadata: JSON.stringify(metadata) } : {}),
    });
  }

  /** True when the rule told of the flow, in this direction, before. With a full table nothing is remembered. */
  #isRemembered(packet: Packet, identity: number): boolean {
    if (packet.flowId === 0) return false;
    const { alerted } = this.#links;
    alerted.key[0] = packet.flowId;
    alerted.key[1] = this.now.toServer ? identity : (identity ^ REVERSE_BIT) >>> 0;
    const found = alerted.find();
    const entry = found >= 0 ? found : alerted.insert();
    if (entry >= 0) alerted.expireAt(entry, packet.timestampMs + REMEMBER_MS);
    return found >= 0;
  }
}
