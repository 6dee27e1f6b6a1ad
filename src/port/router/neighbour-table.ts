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
  /** Packets that wait. */
  waiting = 0;
  readonly #events: NeighbourEvents;
  readonly #capacity: number;
  readonly #maxWaiting: number;
  readonly #slotIndex: (address: number) => number;
  readonly #buckets: Int32Array;
  readonly #chain: Int32Array;
  readonly #words: Int32Array;
  readonly #macs: Uint8Array;
  readonly #state: Uint8Array;
  readonly #asks: Uint8Array;
  readonly #askAt: Float64Array;
  readonly #confirmedAt: Float64Array;
  readonly #usedAt: Float64Array;
  readonly #firstWaiting: Float64Array;
  readonly #lastWaiting: Float64Array;
  readonly #waitingCount: Uint8Array;
  /** By slot index, the packet that waits behind this one. */
  readonly #behind: Float64Array;
  readonly #asked: Int32Array;
  #askedCount = 0;
  #count = 0;

  /**
   * @param slots of the region, for the lists of waiting packets.
   * @param maxWaiting packets that wait for all neighbours together.
   */
  constructor(events: NeighbourEvents, slots: number, slotIndex: (address: number) => number, maxWaiting: number, capacity = MAX_NEIGHBOURS) {
    this.#events = events;
    this.#capacity = capacity;
    this.#maxWaiting = maxWaiting;
    this.#slotIndex = slotIndex;
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity))).fill(NONE);
    this.#chain = new Int32Array(capacity);
    this.#words = new Int32Array(capacity * 4);
    this.#macs = new Uint8Array(capacity * 6);
    this.#state = new Uint8Array(capacity);
    this.#asks = new Uint8Array(capacity);
    this.#askAt = new Float64Array(capacity);
    this.#confirmedAt = new Float64Array(capacity);
    this.#usedAt = new Float64Array(capacity);
    this.#firstWaiting = new Float64Array(capacity).fill(NONE);
    this.#lastWaiting = new Float64Array(capacity).fill(NONE);
    this.#waitingCount = new Uint8Array(capacity);
    this.#behind = new Float64Array(slots);
    this.#asked = new Int32Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * The neighbour's entry, made and asked for where there is none; -1 when there is no room for it or for packets that would
   * wait: a scan of a network asks no faster than hosts fail to answer. Words are int32.
   */
  use(w0: number, w1: number, w2: number, w3: number, nowMs: number): number {
    let entry = this.#find(w0, w1, w2, w3);
    if (entry === NONE) {
      if (this.waiting >= this.#maxWaiting) return NONE;
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
    return this.#words[(entry << 2) + k];
  }

  writeMac(entry: number, bytes: Uint8Array, at: number): void {
    for (let k = 0; k < 6; k++) bytes[at + k] = this.#macs[entry * 6 + k]!;
  }

  /** The packet waits until the neighbour is known. False when too many wait already. */
  wait(entry: number, address: number): boolean {
    if (this.#waitingCount[entry] >= MAX_WAITING_EACH) this.#events.crowdedOut(this.#takeWaiting(entry));
    else if (this.waiting >= this.#maxWaiting) return false;
    if (this.#firstWaiting[entry] === NONE) this.#firstWaiting[entry] = address;
    else this.#behind[this.#slotIndex(this.#lastWaiting[entry])] = address;
    this.#lastWaiting[entry] = address;
    this.#waitingCount[entry]++;
    this.waiting++;
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
    let entry = this.#find(w0, w1, w2, w3);
    if (entry === NONE) {
      // Nobody fills the table by talking: half of it is for those that packets go to.
      if (!mayAdd || this.#count >= this.#capacity >>> 1) return;
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
    while (this.#waitingCount[entry] > 0) this.#events.resolved(entry, this.#takeWaiting(entry));
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
    while (this.#waitingCount[entry] > 0) this.#events.failed(this.#takeWaiting(entry));
    this.#remove(entry);
  }

  #find(w0: number, w1: number, w2: number, w3: number): number {
    const words = this.#words;
    for (let entry = this.#buckets[this.#bucket(w0, w1, w2, w3)]; entry !== NONE; entry = this.#chain[entry]) {
      const k = entry << 2;
      if (words[k + 3] === w3 && words[k] === w0 && words[k + 1] === w1 && words[k + 2] === w2) return entry;
    }
    return NONE;
  }

  #bucket(w0: number, w1: number, w2: number, w3: number): number {
    let h = Math.imul(w0 ^ Math.imul(w1, 31), 0x9e3779b1) ^ w2;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ w3;
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) & (this.#buckets.length - 1);
  }

  #add(w0: number, w1: number, w2: number, w3: number, nowMs: number): number {
    const entry = this.#count < this.#capacity ? this.#freeEntry() : this.#evict();
    if (entry === NONE) return NONE;
    const k = entry << 2;
    this.#words[k] = w0;
    this.#words[k + 1] = w1;
    this.#words[k + 2] = w2;
    this.#words[k + 3] = w3;
    this.#state[entry] = NeighbourState.incomplete;
    this.#asks[entry] = 0;
    this.#confirmedAt[entry] = nowMs;
    const bucket = this.#bucket(w0, w1, w2, w3);
    this.#chain[entry] = this.#buckets[bucket];
    this.#buckets[bucket] = entry;
    this.#count++;
    return entry;
  }

  #freeEntry(): number {
    return this.#state.indexOf(NeighbourState.free);
  }

  /** Makes room: the entry that was not used for longest goes, but none that packets wait for. */
  #evict(): number {
    let oldest = NONE;
    for (let entry = 0; entry < this.#capacity; entry++) {
      if (this.#waitingCount[entry] === 0 && (oldest === NONE || this.#usedAt[entry] < this.#usedAt[oldest])) oldest = entry;
    }
    if (oldest !== NONE) this.#remove(oldest);
    return oldest;
  }

  #remove(entry: number): void {
    const k = entry << 2;
    const bucket = this.#bucket(this.#words[k], this.#words[k + 1], this.#words[k + 2], this.#words[k + 3]);
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = this.#chain[entry]!;
    else {
      let before = this.#buckets[bucket];
      while (this.#chain[before] !== entry) before = this.#chain[before];
      this.#chain[before] = this.#chain[entry]!;
    }
    this.#state[entry] = NeighbourState.free;
    this.#asks[entry] = 0;
    this.#count--;
  }

  #takeWaiting(entry: number): number {
    const address = this.#firstWaiting[entry];
    this.#waitingCount[entry]--;
    this.waiting--;
    if (this.#waitingCount[entry] === 0) {
      this.#firstWaiting[entry] = NONE;
      this.#lastWaiting[entry] = NONE;
    } else this.#firstWaiting[entry] = this.#behind[this.#slotIndex(address)]!;
    return address;
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
