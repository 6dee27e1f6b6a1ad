/**
 * Hot: no allocation. The neighbours of a leg: which hardware address a next hop has, and the packets that wait until that is
 * known. One thread owns it, the one that sends. States are those of RFC 4861 section 7.3.2, for ARP too:
 *
 *   incomplete   asked for; packets wait
 *   reachable    confirmed less than REACHABLE_MS ago
 *   stale        used as it is, and asked by unicast whether it still holds
 *
 * Both kinds of asking end after MAX_ASKS times without an answer: the entry is gone, and what waited is given up.
 */
import { AddressIndex } from './address-index.js';
import { WaitingPackets } from './waiting-packets.js';

const NONE = -1;
export const NeighbourState = { free: 0, incomplete: 1, known: 2 } as const;

/** RFC 4861 section 10: REACHABLE_TIME, RETRANS_TIMER, MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT. */
export const REACHABLE_MS = 30_000;
export const ASK_PERIOD_MS = 1000;
export const MAX_ASKS = 3;
/** What nobody has confirmed for this long is asked for anew before it is used. */
export const EXPIRE_MS = 600_000;
/** Neighbours of a leg: a /22 and more. The one that was not used for longest makes room. */
export const MAX_NEIGHBOURS = 1024;
/** Packets that wait for one neighbour; the oldest makes room (RFC 4861 section 7.2.2). */
export const MAX_WAITING_EACH = 16;

/** Who is told what becomes of neighbours. */
export interface NeighbourEvents {
  /** Neighbour `entry` is to be asked: all hosts, or by the address that is known. */
  ask(entry: number, unicast: boolean): void;
  /** A packet that waited can go to the neighbour. */
  resolved(entry: number, address: number): void;
  /** A packet that waited is given up, because the neighbour did not answer. */
  failed(address: number): void;
  /** A packet that waited made room for a later one. */
  crowdedOut(address: number): void;
}

export class NeighbourTable {
  readonly #events: NeighbourEvents;
  readonly #queues: WaitingPackets;
  readonly #index: AddressIndex;
  readonly #macs: Uint8Array;
  readonly #state: Uint8Array;
  readonly #asks: Uint8Array;
  readonly #askAt: Float64Array;
  readonly #confirmedAt: Float64Array;
  readonly #usedAt: Float64Array;
  readonly #asked: Int32Array;
  #askedCount = 0;

  /**
   * @param slots of the region, for the lists of waiting packets.
   * @param maxWaiting packets that wait for all neighbours together.
   */
  constructor(events: NeighbourEvents, slots: number, slotIndex: (address: number) => number, maxWaiting: number, capacity = MAX_NEIGHBOURS) {
    this.#events = events;
    this.#queues = new WaitingPackets(capacity, slots, slotIndex, maxWaiting);
    this.#index = new AddressIndex(capacity);
    this.#macs = new Uint8Array(capacity * 6);
    this.#state = new Uint8Array(capacity);
    this.#asks = new Uint8Array(capacity);
    this.#askAt = new Float64Array(capacity);
    this.#confirmedAt = new Float64Array(capacity);
    this.#usedAt = new Float64Array(capacity);
    this.#asked = new Int32Array(capacity);
  }

  /** Packets that wait. */
  get waiting(): number {
    return this.#queues.count;
  }

  get count(): number {
    return this.#index.count;
  }

  /**
   * The neighbour's entry, made and asked for where there is none; -1 when there is no room for it or for packets that would
   * wait: a scan of a network asks no faster than hosts fail to answer. Words are int32.
   */
  use(w0: number, w1: number, w2: number, w3: number, nowMs: number): number {
    let entry = this.#index.find(w0, w1, w2, w3);
    if (entry === NONE) {
      if (this.#queues.isFull) return NONE;
      entry = this.#add(w0, w1, w2, w3, nowMs);
      if (entry === NONE) return NONE;
    }
    this.#usedAt[entry] = nowMs;
    const age = nowMs - this.#confirmedAt[entry];
    if (this.#state[entry] === NeighbourState.known && age > EXPIRE_MS) this.#state[entry] = NeighbourState.incomplete;
    const isIncomplete = this.#state[entry] === NeighbourState.incomplete;
    if ((isIncomplete || age > REACHABLE_MS) && this.#asks[entry] === 0) this.#ask(entry, nowMs);
    return entry;
  }

  isKnown(entry: number): boolean {
    return this.#state[entry] === NeighbourState.known;
  }

  /** Word `k` of its address, as an int32. */
  word(entry: number, k: number): number {
    return this.#index.word(entry, k);
  }

  writeMac(entry: number, bytes: Uint8Array, at: number): void {
    for (let k = 0; k < 6; k++) bytes[at + k] = this.#macs[entry * 6 + k]!;
  }

  /** The packet waits until the neighbour is known. False when too many wait already. */
  wait(entry: number, address: number): boolean {
    const isFull = this.#queues.lengthOf(entry) >= MAX_WAITING_EACH;
    if (isFull) this.#events.crowdedOut(this.#queues.take(entry));
    else if (this.#queues.isFull) return false;
    this.#queues.add(entry, address);
    return true;
  }

  /**
   * Somebody has said where an address is.
   * @param high the upper 16 bits of the hardware address, `low` the lower 32.
   * @param isAnswer to a question of ours: it confirms.
   * @param overrides what is known (RFC 4861 section 7.2.5); ARP always does.
   * @param mayAdd it talks to us, and so will hear from us.
   */
  learn(w0: number, w1: number, w2: number, w3: number, high: number, low: number, isAnswer: boolean, overrides: boolean, mayAdd: boolean, nowMs: number): void {
    let entry = this.#index.find(w0, w1, w2, w3);
    if (entry === NONE) {
      // Nobody fills the table by talking: half of it is for those that packets go to.
      if (!mayAdd || this.#index.isHalfFull) return;
      entry = this.#add(w0, w1, w2, w3, nowMs);
      if (entry === NONE) return;
      this.#usedAt[entry] = nowMs;
    }
    const isNew = this.#state[entry] === NeighbourState.incomplete;
    const isSame = !isNew && this.#hasMac(entry, high, low);
    if (!isNew && !isSame && !overrides) {
      // Another address, but it does not insist: what is known is used and asked again.
      this.#confirmedAt[entry] = Math.min(this.#confirmedAt[entry], nowMs - REACHABLE_MS - 1);
      return;
    }
    if (!isSame) this.#setMac(entry, high, low);
    if (isAnswer) {
      this.#confirmedAt[entry] = nowMs;
      this.#asks[entry] = 0;
    } else if (!isSame) this.#confirmedAt[entry] = nowMs - REACHABLE_MS - 1;
    if (!isNew) return;
    this.#state[entry] = NeighbourState.known;
    this.#asks[entry] = 0;
    while (this.#queues.lengthOf(entry) > 0) this.#events.resolved(entry, this.#queues.take(entry));
  }

  /** Asks again what was not answered, and gives up what was asked for too often. */
  passTime(nowMs: number): void {
    let kept = 0;
    for (let k = 0; k < this.#askedCount; k++) {
      const entry = this.#asked[k];
      if (this.#asks[entry] === 0) continue;
      if (nowMs < this.#askAt[entry]) this.#asked[kept++] = entry;
      else if (this.#asks[entry] >= MAX_ASKS) this.#giveUp(entry);
      else {
        this.#asks[entry]++;
        this.#askAt[entry] = nowMs + ASK_PERIOD_MS;
        this.#asked[kept++] = entry;
        this.#events.ask(entry, this.#state[entry] === NeighbourState.known);
      }
    }
    this.#askedCount = kept;
  }

  /** When `passTime` has something to do next; Infinity when nothing is asked for. */
  get nextAt(): number {
    let next = Infinity;
    for (let k = 0; k < this.#askedCount; k++) next = Math.min(next, this.#askAt[this.#asked[k]]);
    return next;
  }

  #ask(entry: number, nowMs: number): void {
    this.#asks[entry] = 1;
    this.#askAt[entry] = nowMs + ASK_PERIOD_MS;
    let k = 0;
    while (k < this.#askedCount && this.#asked[k] !== entry) k++;
    if (k === this.#askedCount) this.#asked[this.#askedCount++] = entry;
    this.#events.ask(entry, this.#state[entry] === NeighbourState.known);
  }

  #giveUp(entry: number): void {
    while (this.#queues.lengthOf(entry) > 0) this.#events.failed(this.#queues.take(entry));
    this.#remove(entry);
  }

  #add(w0: number, w1: number, w2: number, w3: number, nowMs: number): number {
    if (this.#index.isFull && !this.#evict()) return NONE;
    const entry = this.#index.add(w0, w1, w2, w3);
    this.#state[entry] = NeighbourState.incomplete;
    this.#asks[entry] = 0;
    this.#confirmedAt[entry] = nowMs;
    return entry;
  }

  /** Makes room: the entry that was not used for longest goes, but none that packets wait for. */
  #evict(): boolean {
    let oldest = NONE;
    for (let entry = 0; entry < this.#state.length; entry++) {
      if (this.#queues.lengthOf(entry) === 0 && (oldest === NONE || this.#usedAt[entry] < this.#usedAt[oldest])) oldest = entry;
    }
    if (oldest !== NONE) this.#remove(oldest);
    return oldest !== NONE;
  }

  #remove(entry: number): void {
    this.#index.remove(entry);
    this.#state[entry] = NeighbourState.free;
    this.#asks[entry] = 0;
  }

  #hasMac(entry: number, high: number, low: number): boolean {
    const macs = this.#macs;
    const k = entry * 6;
    return ((macs[k] << 8) | macs[k + 1]) === high && ((macs[k + 2] << 24) | (macs[k + 3] << 16) | (macs[k + 4] << 8) | macs[k + 5]) === (low | 0);
  }

  #setMac(entry: number, high: number, low: number): void {
    const macs = this.#macs;
    const k = entry * 6;
    macs[k] = high >>> 8;
    macs[k + 1] = high;
    macs[k + 2] = low >>> 24;
    macs[k + 3] = low >>> 16;
    macs[k + 4] = low >>> 8;
    macs[k + 5] = low;
  }
}
