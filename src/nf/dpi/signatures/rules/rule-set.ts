/** All rules of a DPI, compiled: the order in which they are judged, their conditions and items, and the indexes to find them by. */
import { BUFFERS, bufferNumber, type BufferName } from './buffers.js';
import { Conditions } from './conditions.js';
import { applicationNumbers } from './header.js';
import { fastPatternOf } from './fast-pattern.js';
import { CompiledItem } from './matcher.js';
import { PatternIndex, type IndexedRule } from './pattern-index.js';
import type { Rule, RuleItem } from './rule.js';

/** Bits for flowbits in a flow's words: names that one set of rules may use. */
export const MAX_FLOWBITS = 64;

const ACTION_ORDER = { pass: 0, drop: 1, reject: 2, alert: 3 } as const;
const BODIES: readonly BufferName[] = ['http.request_body', 'http.response_body'];

export interface CompiledPart {
  readonly buffer: number;
  readonly items: readonly CompiledItem[];
}

export interface CompiledFlowbits {
  readonly command: number;
  readonly bits: Uint8Array;
}

export const FlowbitsCommand = { set: 0, unset: 1, toggle: 2, isset: 3, isnotset: 4 } as const;

export class CompiledRule {
  readonly rule: Rule;
  readonly conditions: Conditions;
  readonly parts: readonly CompiledPart[];
  readonly needsBody: boolean;
  /** Of a stream, its places count from the beginning. */
  readonly needsStart: boolean;
  /** Items beside the pattern by which it is found: they may come later. */
  readonly mayWait: boolean;
  /** Told once a flow and direction: it would be met again by every packet. */
  readonly isOnce: boolean;
  /** Says something of the whole flow: what `pass` passes. */
  readonly isAboutFlow: boolean;
  readonly flowbits: readonly CompiledFlowbits[];
  /** A number for gid and sid, the same whenever these are. */
  readonly identity: number;

  constructor(rule: Rule, isPacketOnly: boolean, flowbitNumber: (name: string) => number) {
    this.rule = rule;
    const rows = rule.parts.map(({ buffer }) => BUFFERS[bufferNumber(buffer)]);
    const application = rows.find(({ protocol }) => protocol !== '')?.protocol;
    this.conditions = new Conditions(rule, application === undefined ? [] : applicationNumbers(application));
    this.parts = rule.parts.map(({ buffer, items }) => ({ buffer: bufferNumber(buffer), items: items.map((item) => new CompiledItem(item)) }));
    const items = rule.parts.flatMap((part) => part.items);
    this.needsBody = rule.parts.some(({ buffer }) => BODIES.includes(buffer));
    this.needsStart = items.some(countsFromStart);
    this.mayWait = items.length > 1;
    const hasPattern = fastPatternOf(rule) !== null;
    const hasPacketTest = rule.dsize !== null || rule.ttl !== null || rule.itype !== null || rule.icode !== null;
    const isHeaderOnly = rule.parts.length === 0 && !hasPacketTest && rule.flowbits.length === 0 && rule.threshold === null;
    const namesPorts = rule.sourcePorts.length > 0 || rule.destinationPorts.length > 0;
    const isAboutApplication = applicationNumbers(rule.protocol).length > 0;
    this.isOnce = isHeaderOnly ? isAboutApplication || (!namesPorts && rule.state === 'any' && rule.direction === 'any') : !hasPattern && !isPacketOnly && application === undefined;
    this.isAboutFlow = !isPacketOnly || isHeaderOnly;
    this.flowbits = rule.flowbits.map(({ command, names }) => ({ command: FlowbitsCommand[command], bits: Uint8Array.from(names, flowbitNumber) }));
    this.identity = (Math.imul(rule.gid, 0x9e3779b1) ^ Math.imul(rule.sid, 0x85ebca6b)) >>> 0;
  }
}

export class RuleSet {
  readonly rules: readonly CompiledRule[];
  /** Over each packet's payload, over streams, and over each buffer by number (none at the number of payload). */
  readonly packets: PatternIndex;
  readonly streams: PatternIndex;
  readonly buffers: readonly PatternIndex[];
  /** Whether any rule looks into a body that travels this way: 0 to the server, 1 to the client. */
  readonly hasBodies: readonly boolean[];
  readonly hasHttp: boolean;
  readonly hasTls: boolean;
  /** Whether any rule looks into what a TLS server sends. */
  readonly hasTlsAnswers: boolean;
  readonly hasDns: boolean;

  constructor(rules: readonly Rule[]) {
    const order = rules.map((_, at) => at).sort((a, b) => ACTION_ORDER[rules[a].action] - ACTION_ORDER[rules[b].action] || flowbitsOrder(rules[a]) - flowbitsOrder(rules[b]) || a - b);
    const numbers = new Map(flowbitNames(rules).map((name, number) => [name, number]));
    const packets: IndexedRule[] = [];
    const streams: IndexedRule[] = [];
    const buffers: IndexedRule[][] = BUFFERS.map(() => []);
    this.rules = order.map((at, number) => {
      const rule = rules[at];
      const fast = fastPatternOf(rule);
      const home = fast?.buffer ?? rule.parts.find(({ buffer }) => buffer !== 'payload')?.buffer ?? 'payload';
      const entry = { rule: number, pattern: fast?.content.bytes ?? null };
      const where = payloadPlaces(rule);
      if (home !== 'payload') buffers[bufferNumber(home)].push(entry);
      else {
        if (where.packets) packets.push(entry);
        if (where.streams) streams.push(entry);
      }
      return new CompiledRule(rule, home === 'payload' && !where.streams, (name) => numbers.get(name) ?? 0);
    });
    this.packets = new PatternIndex(packets);
    this.streams = new PatternIndex(streams);
    this.buffers = buffers.map((each) => new PatternIndex(each));
    this.hasBodies = BODIES.map((body) => rules.some(({ parts }) => parts.some(({ buffer }) => buffer === body)));
    const has = (protocol: string): boolean => buffers.some((each, at) => each.length > 0 && BUFFERS[at].protocol === protocol);
    this.hasHttp = has('http');
    this.hasTls = has('tls');
    this.hasTlsAnswers = buffers.some((each, at) => each.length > 0 && BUFFERS[at].protocol === 'tls' && BUFFERS[at].side === 'to-client');
    this.hasDns = has('dns');
  }

  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  /** Whether streams have to be put together at all. */
  get needsStreams(): boolean {
    return !this.streams.isEmpty || this.hasHttp || this.hasTls || this.hasDns;
  }
}

/**
 * Whether payload is looked at packet by packet, in the stream, or both: TCP in the stream unless something is about
 * packets; with offset or depth in both, so that a request in one packet is found wherever the stream was joined.
 */
function payloadPlaces(rule: Rule): { packets: boolean; streams: boolean } {
  const isAboutPackets = rule.parts.length === 0 || rule.dsize !== null || rule.ttl !== null || rule.itype !== null || rule.icode !== null
    || rule.scope === 'no-stream' || rule.protocol === 'tcp-pkt';
  if (isAboutPackets) return { packets: true, streams: false };
  const isStreamOnly = rule.scope === 'only-stream' || rule.protocol === 'tcp-stream';
  const hasPlaces = rule.parts.some(({ items }) => items.some(countsFromStart));
  const mayBeDatagram = !/^(tcp|http$|tls$)/.test(rule.protocol);
  const isDatagram = /^(udp|icmp)/.test(rule.protocol);
  return { packets: !isStreamOnly && (hasPlaces || mayBeDatagram), streams: !isDatagram };
}

/** Its place is counted from the beginning of a stream, or of a packet. */
function countsFromStart(item: RuleItem): boolean {
  return item.kind === 'content' ? item.offset > 0 || item.depth !== null : item.kind === 'byte_test' && !item.relative;
}

/** Rules that set bits before those that ask for them. */
function flowbitsOrder({ flowbits }: Rule): number {
  return flowbits.some(({ command }) => command === 'isset' || command === 'isnotset') ? 1 : 0;
}

/** All names of flowbits that rules use. */
export function flowbitNames(rules: readonly Rule[]): string[] {
  return [...new Set(rules.flatMap(({ flowbits }) => flowbits.flatMap(({ names }) => names)))];
}
