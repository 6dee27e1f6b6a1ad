/**
 * Hot: allocates only for an alert. Runs the signatures over all payload of a flow, in stream order, and remembers what
 * it has said.
 *
 * TCP: bytes that follow what was scanned go on from the state kept in the flow's words; bytes scanned before are
 * skipped by sequence number. A segment that comes early is scanned from the beginning state, and the hole before it is
 * remembered with the state at its beginning: when the hole is filled, what fills it goes on from there. One hole is
 * remembered a direction. Bytes that were never seen (lost, cut off by the capture) break a string in two: it is not found.
 */
import type { Counter, EventFields } from '../contract.js';
import type { Packet } from '../../packet/packet.js';
import type { StateTable } from '../tables.js';
import type { Facts } from './dissector.js';
import { FlowFlag, FlowWord, PROTOCOL_MASK, SIDE_WORDS, SideFlag, SideWord } from './flow-layout.js';
import { PROTOCOL_NAMES } from './protocol-table.js';
import { Applies, SignatureSet } from './signatures/signature-set.js';
import type { Signature } from './signatures/signature.js';

/** An alert is remembered this long after the signature was last met: a flow that goes on is alerted once. */
const REMEMBER_MS = 600_000;
/** Bits that a sequence number may be ahead of what was scanned: a window is at most 2^30 bytes (RFC 7323, 2.3). */
const MAX_AHEAD = 1 << 30;
const WORD_MASK = 0xffffffff;

interface WatchLinks {
  words: Uint32Array;
  /** Key: flow id, identity of the signature. */
  alerted: StateTable;
  facts: Facts;
  context: { alert(packet: Packet, signature: string, fields: EventFields): void };
  hits: Counter;
  scanned: Counter;
}

export class SignatureWatch {
  readonly #links: WatchLinks;
  readonly #words: Uint32Array;
  #set: SignatureSet;
  #generation = 1;

  constructor(links: WatchLinks, signatures: readonly Signature[]) {
    this.#links = links;
    this.#words = links.words;
    this.#set = new SignatureSet(signatures);
    this.#generation = generationAfter(0);
  }

  /** True when there is nothing to look for. */
  get isIdle(): boolean {
    return this.#set.isEmpty;
  }

  /** Other signatures from the next packet on. Strings that are half seen are forgotten; alerts are not repeated. */
  replace(signatures: readonly Signature[]): void {
    this.#set = new SignatureSet(signatures);
    this.#generation = generationAfter(this.#generation);
  }

  expire(nowMs: number): void {
    const { alerted } = this.#links;
    alerted.sweep(nowMs, SWEEP_BUDGET, this.#forget);
  }

  readonly #forget = (entry: number): void => this.#links.alerted.remove(entry);

  /** A SYN: the direction's stream begins after it. */
  begin(flow: number, side: number, sequence: number): void {
    const at = flow + FlowWord.sides + side * SIDE_WORDS;
    this.#words[at] |= SideFlag.scanKnown;
    this.#words[at + SideWord.scanNext] = sequence + 1;
    this.#words[at + SideWord.scanState] = 0;
    this.#words[at + SideWord.holeEnd] = this.#words[at + SideWord.holeStart];
  }

  /** Payload that stands alone: a datagram. */
  datagram(packet: Packet, flow: number, from: number, length: number): void {
    this.#set.begin();
    this.#scan(packet.bytes, from, from + length, 0);
    this.#judge(packet, flow);
  }

  /** A segment with payload; `wireLength` is how much it had before the capture cut it. */
  segment(packet: Packet, flow: number, side: number, sequence: number, from: number, length: number, wireLength: number): void {
    const words = this.#words;
    const at = flow + FlowWord.sides + side * SIDE_WORDS;
    const set = this.#set;
    set.begin();
    if (words[flow + FlowWord.generation] !== this.#generation) this.#restart(flow);
    if ((words[at] & SideFlag.scanKnown) === 0) {
      words[at] |= SideFlag.scanKnown;
      words[at + SideWord.scanNext] = sequence;
    }
    let offset = (sequence - words[at + SideWord.scanNext]) | 0;
    if (offset > MAX_AHEAD || offset < -MAX_AHEAD) {
      // No window reaches that far: another stream, or nonsense. The scan begins anew here.
      words[at + SideWord.scanNext] = sequence;
      words[at + SideWord.scanState] = 0;
      words[at + SideWord.holeEnd] = words[at + SideWord.holeStart];
      offset = 0;
    }
    if (offset < 0) this.#fillHole(packet, at, sequence, from, length, wireLength);
    if (offset > 0) {
      words[at + SideWord.holeStart] = words[at + SideWord.scanNext];
      words[at + SideWord.holeEnd] = sequence;
      words[at + SideWord.holeState] = words[at + SideWord.scanState];
      words[at + SideWord.scanState] = 0;
      words[at + SideWord.scanNext] = sequence;
      offset = 0;
    }
    const skipped = -offset;
    if (skipped < wireLength) {
      if (skipped < length) {
        words[at + SideWord.scanState] = this.#scan(packet.bytes, from + skipped, from + length, words[at + SideWord.scanState]);
      }
      if (length < wireLength) words[at + SideWord.scanState] = 0;
      words[at + SideWord.scanNext] = sequence + wireLength;
    }
    this.#judge(packet, flow);
  }

  /** Called when the flow has its name: a signature that waited for it speaks now. */
  named(packet: Packet, flow: number): void {
    const words = this.#words;
    const waiting = words[flow + FlowWord.waiting];
    if (waiting === 0) return;
    words[flow + FlowWord.waiting] = 0;
    if (words[flow + FlowWord.generation] !== this.#generation) return;
    if (this.#set.appliesTo(waiting - 1, words[flow + FlowWord.status] & PROTOCOL_MASK)) this.#hit(packet, flow, waiting - 1);
  }

  /** The part of an old segment that was not there when its neighbours were scanned. */
  #fillHole(packet: Packet, at: number, sequence: number, from: number, length: number, wireLength: number): void {
    const words = this.#words;
    const holeStart = words[at + SideWord.holeStart];
    const holeBytes = (words[at + SideWord.holeEnd] - holeStart) & WORD_MASK;
    if (holeBytes === 0) return;
    const relative = (sequence - holeStart) | 0; // where the segment begins, from the hole's beginning
    const first = Math.max(relative, 0);
    const last = Math.min(relative + wireLength, holeBytes);
    if (first >= last) return;
    const begin = from + (first - relative);
    const end = Math.min(from + (last - relative), from + length);
    if (first > 0) {
      // In the middle of the hole: scanned by itself; what is before it stays a hole.
      if (begin < end) this.#scan(packet.bytes, begin, end, 0);
      words[at + SideWord.holeEnd] = holeStart + first;
      return;
    }
    const state = begin < end ? this.#scan(packet.bytes, begin, end, words[at + SideWord.holeState]) : 0;
    words[at + SideWord.holeState] = length < wireLength ? 0 : state;
    words[at + SideWord.holeStart] = holeStart + last;
  }

  #scan(bytes: Uint8Array, start: number, end: number, states: number): number {
    this.#links.scanned.add(end - start);
    return this.#set.scan(bytes, start, end, states);
  }

  /** The states in the flow's words belong to other signatures. */
  #restart(flow: number): void {
    const words = this.#words;
    words[flow + FlowWord.generation] = this.#generation;
    words[flow + FlowWord.waiting] = 0;
    for (let side = 0; side < 2; side++) {
      const at = flow + FlowWord.sides + side * SIDE_WORDS;
      words[at + SideWord.scanState] = 0;
      words[at + SideWord.holeEnd] = words[at + SideWord.holeStart];
    }
  }

  #judge(packet: Packet, flow: number): void {
    const set = this.#set;
    if (set.hitCount === 0) return;
    const words = this.#words;
    const { facts } = this.#links;
    const protocol = words[flow + FlowWord.status] & PROTOCOL_MASK;
    words[flow + FlowWord.generation] = this.#generation;
    for (let k = 0; k < set.hitCount; k++) {
      const index = set.hits[k];
      const applies = set.applies(index, packet.l4, protocol, facts.fromClient, facts.serverPort);
      if (applies === Applies.yes) this.#hit(packet, flow, index);
      // One signature may wait for the flow's name; a drop goes before an alert.
      else if (applies === Applies.whenNamed && (words[flow + FlowWord.waiting] === 0 || set.drops[index] === 1)) {
        words[flow + FlowWord.waiting] = index + 1;
      }
    }
  }

  #hit(packet: Packet, flow: number, index: number): void {
    const words = this.#words;
    const set = this.#set;
    if (set.drops[index] === 1) words[flow + FlowWord.status] |= FlowFlag.dropped;
    if (packet.flowId !== 0 && this.#isRemembered(packet, set.identities[index])) return;
    this.#links.hits.add(1);
    const { name, action, message } = set.signatures[index];
    const protocol = PROTOCOL_NAMES[words[flow + FlowWord.status] & PROTOCOL_MASK];
    this.#links.context.alert(packet, name, {
      action,
      protocol,
      direction: this.#links.facts.fromClient ? 'to-server' : 'to-client',
      ...(message === undefined ? {} : { message }),
    });
  }

  /** True when the signature was alerted for the flow before. With a full table nothing is remembered: alerts repeat. */
  #isRemembered(packet: Packet, identity: number): boolean {
    const { alerted } = this.#links;
    alerted.key[0] = packet.flowId;
    alerted.key[1] = identity;
    const found = alerted.find();
    const entry = found >= 0 ? found : alerted.insert();
    if (entry >= 0) alerted.expireAt(entry, packet.timestampMs + REMEMBER_MS);
    return found >= 0;
  }
}

/** Entries of the alert table to look at a second. */
const SWEEP_BUDGET = 1024;

/** Never 0, which is the generation of a flow that was never scanned. */
function generationAfter(generation: number): number {
  return generation >= 0xffffffff ? 1 : generation + 1;
}
