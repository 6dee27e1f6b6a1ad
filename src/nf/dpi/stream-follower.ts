/**
 * Hot: no allocation. Shows each direction of a TCP connection to the classifier in stream order, within the budget.
 *
 * Most segments are shown where they lie. Only when a protocol wants to see what follows, or when a segment came before
 * its turn, are bytes kept, in a buffer of the pool; packets are never held. Bytes that came before are skipped by their
 * sequence numbers. When no protocol knows the bytes, the next segment begins a new attempt: that is how connections are
 * recognised whose beginning was not seen.
 */
import type { Counter } from '../contract.js';
import type { Packet } from '../../packet/packet.js';
import { Look, type Classifier } from './classifier.js';
import { BYTES_MASK, BYTES_SHIFT, FlowFlag, FlowWord, MAX_BYTES_LOOKED, PACKETS_MASK, SIDE_WORDS, SideFlag, SideWord } from './flow-layout.js';
import type { StreamBuffers } from './stream-buffers.js';

/** When one direction has sent this many budgets of packets while the other said nothing new, the flow is given up. */
const LONE_BUDGETS = 4;

interface Budget {
  packets: number;
  bytes: number;
}

interface FollowerLinks {
  words: Uint32Array;
  buffers: StreamBuffers;
  classifier: Classifier;
  exhausted: Counter;
  outOfOrder: Counter;
  buffered: Counter;
  /** Packet time, milliseconds. */
  now: () => number;
}

export class StreamFollower {
  /** May be replaced between packets. */
  budget: Budget;
  readonly #words: Uint32Array;
  readonly #buffers: StreamBuffers;
  readonly #classifier: Classifier;
  readonly #links: FollowerLinks;

  constructor(links: FollowerLinks, budget: Budget) {
    this.#links = links;
    this.#words = links.words;
    this.#buffers = links.buffers;
    this.#classifier = links.classifier;
    this.budget = budget;
  }

  /** A SYN: the direction's stream begins after it, whatever was before. */
  begin(flow: number, side: number, sequence: number): void {
    const at = flow + FlowWord.sides + side * SIDE_WORDS;
    this.#words[at + SideWord.next] = sequence + 1;
    this.#words[at + SideWord.looked] |= SideFlag.nextKnown;
  }

  /** A datagram: shown alone. `isWhole`: the capture cut nothing off. */
  datagram(packet: Packet, flow: number, side: number, from: number, length: number, isWhole: boolean): void {
    const at = flow + FlowWord.sides + side * SIDE_WORDS;
    if (!this.#spend(flow, at, side, length)) return;
    this.#classifier.facts.isFinal = true;
    this.#classifier.facts.isWhole = isWhole;
    if (this.#classifier.look(packet, flow, packet.bytes, from, from + length) === Look.sideOver) this.#endSide(flow, at, side);
  }

  /**
   * A segment with payload.
   * @param wireLength payload bytes that the segment had on the wire; the capture may have kept fewer
   */
  segment(packet: Packet, flow: number, side: number, sequence: number, from: number, length: number, wireLength: number): void {
    const words = this.#words;
    const at = flow + FlowWord.sides + side * SIDE_WORDS;
    const { facts } = this.#classifier;
    if ((words[at] & SideFlag.nextKnown) === 0) {
      words[at] |= SideFlag.nextKnown;
      words[at + SideWord.next] = sequence;
    }
    let offset = (sequence - words[at + SideWord.next]) | 0;
    let first = from;
    let present = length;
    if (offset < 0) {
      if (offset + wireLength <= 0) return; // all of it was seen before
      first -= offset;
      present += offset;
      wireLength += offset;
      offset = 0;
      if (present <= 0) return;
    }
    if (!this.#spend(flow, at, side, present)) {
      this.#settle(packet.flowId, flow, at);
      return;
    }
    const budgetIsSpent = (words[at] & SideFlag.over) !== 0;
    facts.isWhole = present === wireLength;

    const held = words[at + SideWord.buffer] - 1;
    const isHeld = held >= 0 && this.#buffers.isOwnedBy(held, packet.flowId, side);
    if (!isHeld) words[at + SideWord.buffer] = 0;
    if (isHeld) this.#addTo(held, packet, flow, at, side, offset, first, present, wireLength, budgetIsSpent);
    else if (offset > 0) this.#early(packet, flow, at, side, offset, first, present, wireLength, budgetIsSpent);
    else this.#inPlace(packet, flow, at, side, first, present, wireLength, budgetIsSpent);
    this.#settle(packet.flowId, flow, at);
  }

  /** Gives back what the flow holds. */
  release(flowId: number, flow: number): void {
    for (let side = 0; side < 2; side++) {
      const at = flow + FlowWord.sides + side * SIDE_WORDS;
      const held = this.#words[at + SideWord.buffer] - 1;
      if (held >= 0 && this.#buffers.isOwnedBy(held, flowId, side)) this.#buffers.release(held);
      this.#words[at + SideWord.buffer] = 0;
    }
  }

  /** The segment that was next, and nothing is held: shown where it lies. */
  #inPlace(
    packet: Packet, flow: number, at: number, side: number, from: number, length: number, wireLength: number, budgetIsSpent: boolean,
  ): void {
    const words = this.#words;
    this.#classifier.facts.isFinal = budgetIsSpent || packet.flowId === 0;
    const look = this.#classifier.look(packet, flow, packet.bytes, from, from + length);
    if (look === Look.sideOver) this.#endSide(flow, at, side);
    if (look === Look.again && length === wireLength) {
      const buffer = this.#take(packet.flowId, at, side);
      if (buffer >= 0) {
        this.#place(buffer, 0, packet.bytes, from, length);
        return; // `next` stays at the buffer's first byte
      }
    }
    words[at + SideWord.next] += wireLength;
  }

  /** A segment with a hole before it, and nothing is held: kept until the hole is filled, if there is room. */
  #early(
    packet: Packet, flow: number, at: number, side: number, offset: number, from: number, length: number, wireLength: number,
    budgetIsSpent: boolean,
  ): void {
    this.#links.outOfOrder.add(1);
    if (!budgetIsSpent && offset + length <= this.#buffers.bufferBytes && packet.flowId !== 0) {
      const buffer = this.#take(packet.flowId, at, side);
      if (buffer >= 0) {
        this.#place(buffer, offset, packet.bytes, from, length);
        return;
      }
    }
    this.#words[at + SideWord.next] += offset; // the hole is given up: the stream goes on here
    this.#inPlace(packet, flow, at, side, from, length, wireLength, budgetIsSpent);
  }

  /** A buffer is held: the segment goes where it belongs in it, and what is now in one piece is shown. */
  #addTo(
    buffer: number, packet: Packet, flow: number, at: number, side: number, offset: number, from: number, length: number, wireLength: number,
    budgetIsSpent: boolean,
  ): void {
    const buffers = this.#buffers;
    const words = this.#words;
    const before = buffers.contiguous(buffer);
    if (offset > before) this.#links.outOfOrder.add(1);
    const kept = offset < buffers.bufferBytes ? this.#place(buffer, offset, packet.bytes, from, length) : -1;
    const contiguous = buffers.contiguous(buffer);
    if (contiguous > before) {
      const { facts } = this.#classifier;
      facts.isFinal = budgetIsSpent || contiguous === buffers.bufferBytes;
      const start = buffers.start(buffer);
      const look = this.#classifier.look(packet, flow, buffers.bytes, start, start + contiguous);
      if (look !== Look.again) {
        if (look === Look.sideOver) this.#endSide(flow, at, side);
        words[at + SideWord.next] += Math.max(buffers.extent(buffer), offset + wireLength);
        this.#drop(buffer, at);
        return;
      }
    }
    if (kept >= 0 && !budgetIsSpent) return;
    // Too far ahead, in too many pieces, or the last packet of the budget: the hole is given up, the stream goes on here.
    if (contiguous > 0) {
      this.#classifier.facts.isFinal = true;
      this.#classifier.look(packet, flow, buffers.bytes, buffers.start(buffer), buffers.start(buffer) + contiguous);
    }
    words[at + SideWord.next] += offset;
    this.#drop(buffer, at);
    this.#inPlace(packet, flow, at, side, from, length, wireLength, budgetIsSpent);
  }

  #take(flowId: number, at: number, side: number): number {
    const buffer = this.#buffers.take(flowId, side, this.#links.now());
    if (buffer < 0) this.#links.exhausted.add(1);
    else this.#words[at + SideWord.buffer] = buffer + 1;
    return buffer;
  }

  #place(buffer: number, offset: number, bytes: Uint8Array, from: number, length: number): number {
    const kept = this.#buffers.place(buffer, offset, bytes, from, length, this.#links.now());
    if (kept > 0) this.#links.buffered.add(kept);
    return kept;
  }

  #drop(buffer: number, at: number): void {
    this.#buffers.release(buffer);
    this.#words[at + SideWord.buffer] = 0;
  }

  /** Charges the direction's budget. False when it was used up before. */
  #spend(flow: number, at: number, side: number, length: number): boolean {
    const words = this.#words;
    const looked = words[at];
    const packets = Math.min((looked & PACKETS_MASK) + 1, PACKETS_MASK);
    const bytes = Math.min(((looked & BYTES_MASK) >>> BYTES_SHIFT) + length, MAX_BYTES_LOOKED);
    this.#classifier.facts.isFirst = packets === 1;
    words[at] = (looked & ~(PACKETS_MASK | BYTES_MASK)) | packets | (bytes << BYTES_SHIFT);
    if ((looked & SideFlag.over) !== 0) {
      if (packets >= Math.min(this.budget.packets * LONE_BUDGETS, PACKETS_MASK)) this.#end(flow);
      return false;
    }
    if (packets >= this.budget.packets || bytes >= this.budget.bytes) {
      this.#endSide(flow, at, side);
    }
    return true;
  }

  /** A direction has told all, or its budget is used up. When that is true of both, the search is over. */
  #endSide(flow: number, at: number, side: number): void {
    const words = this.#words;
    words[at] |= SideFlag.over;
    const other = flow + FlowWord.sides + (1 - side) * SIDE_WORDS;
    if ((words[other] & SideFlag.over) !== 0) this.#end(flow);
  }

  #end(flow: number): void {
    this.#words[flow + FlowWord.status] |= FlowFlag.over;
  }

  /** After each segment: what is over holds no buffer. */
  #settle(flowId: number, flow: number, at: number): void {
    const words = this.#words;
    if ((words[at] & SideFlag.over) !== 0) {
      const side = (at - flow - FlowWord.sides) / SIDE_WORDS;
      const held = words[at + SideWord.buffer] - 1;
      if (held >= 0 && this.#buffers.isOwnedBy(held, flowId, side)) this.#drop(held, at);
    }
    if ((words[flow + FlowWord.status] & FlowFlag.over) !== 0) this.release(flowId, flow);
  }
}
