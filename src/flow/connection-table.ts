/**
 * Hot: no allocation in lookup, insert, count. The connections that the manager knows, in control memory: one writer, the
 * manager; anyone may read (connection-reader.ts). Both directions of a connection, and every translation of it, lead to one flow id.
 *
 * An index of one word a bucket with open addressing leads to entries of 128 B (connection-layout.ts). The word has the entry's number,
 * from 1, and above it the upper bits of the hash, so a wrong entry is seldom read; a window of them is a line or two. Entries are numbered
 * so that those in use lie close together: what is kept for each flow elsewhere goes by their numbers, and then lies close together too.
 *
 * A key stands within PROBE_WINDOW buckets of its hash, so a lookup is bounded; an insert into a full window evicts: first what has timed
 * out, then, of the connections that were never answered, the one that was idle longest, then that of all. So a flood of new connections
 * displaces its own. An alias is as idle as its connection and takes it along: a connection that lost a translation would go on as two.
 */
import { flagsAfter, OPENS_OR_CLOSES } from './closing.js';
import {
  bucketsFor, CLOSING, ENTRY_WORDS, EntryKind, EVICTIONS_BYTES, evictionsCell, FIRST_SENT, IDLE_SECONDS, MAX_CONNECTIONS,
  OPENED_IN_REVERSE, PROBE_WINDOW, Word,
} from './connection-layout.js';
import { ConnectionReader } from './connection-reader.js';
import { EntryNumbers } from './entry-numbers.js';
import { FLOW_KEY_WORDS } from './flow-hash.js';
import { FLOW_INDEX_BITS, FLOW_INDEX_MASK } from './flow-id.js';

/** Entries looked at per call of `sweep`. */
const SWEEP_BUDGET = 64;

export class ConnectionTable extends ConnectionReader {
  /** The entries, the index of them, and the mask of its bucket numbers: for the manager's short way to a known connection. */
  readonly words: Int32Array;
  readonly index: Int32Array;
  readonly mask: number;
  readonly #capacity: number;
  readonly #numbers: EntryNumbers;
  readonly #uses: Uint16Array;
  #count = 0;
  #sequence = 0;
  #sweepAt = 0;
  /** The second that the sweep under way is for, and entries that it has yet to look at. */
  #sweptFor = -1;
  #sweepLeft = 0;
  #onEnd: ((entry: number) => void) | null = null;
  readonly #evictions: Float64Array;

  static bytes(capacity: number): number {
    return bucketsFor(capacity) * ENTRY_WORDS * 4 + EVICTIONS_BYTES;
  }

  /** Largest index that a flow id can have: what is kept for each flow needs that many places, and one for "no flow". */
  static maxFlowIndex(capacity: number): number {
    return bucketsFor(capacity);
  }

  /** @throws RangeError when the flow ids would not fit their bits. */
  constructor(buffer: ArrayBufferLike, byteOffset: number, capacity: number) {
    const buckets = bucketsFor(capacity);
    if (capacity > MAX_CONNECTIONS) throw new RangeError(`at most ${MAX_CONNECTIONS} connections, found ${capacity}`);
    super(buffer, byteOffset, capacity);
    this.words = new Int32Array(buffer, byteOffset, buckets * ENTRY_WORDS);
    this.#evictions = evictionsCell(buffer, byteOffset, buckets);
    this.index = new Int32Array(buckets);
    this.mask = buckets - 1;
    this.#capacity = capacity;
    this.#numbers = new EntryNumbers(buckets);
    this.#uses = new Uint16Array(buckets);
  }

  /** Connections, aliases not counted. */
  get count(): number {
    return this.#count;
  }

  /** Called with each connection just before it is forgotten. */
  onEnd(ended: (entry: number) => void): void {
    this.#onEnd = ended;
  }

  /**
   * The connection with this key, whose hash is an int32, or -1. Follows an alias to its connection. With the time, a connection that has timed
   * out ends here, before the sweep comes by: what follows is another one.
   */
  find(key: Int32Array, hash: number, nowSeconds = 0): number {
    const bucket = this.#bucketOf(key, hash);
    if (bucket < 0) return -1;
    const at = this.#entryAt(bucket);
    const connectionAt = this.#connectionOf(at);
    if (this.#isIdle(connectionAt, nowSeconds)) {
      this.#end(connectionAt);
      if (connectionAt !== at) this.#end(at);
      return -1;
    }
    if (this.words[at + Word.kind] === EntryKind.connection) return at / ENTRY_WORDS;
    const entry = connectionAt / ENTRY_WORDS;
    if (this.isCurrent(entry, this.words[at + Word.flowId])) return entry;
    this.#end(at);
    return -1;
  }

  /** A new connection; the key must not be present. -1 only when the table has no room at all (capacity 0). */
  insert(key: Int32Array, hash: number, nowSeconds: number, firstSent: boolean, openedInReverse: boolean, nanos = 0): number {
    if (this.#capacity === 0) return -1;
    const bucket = this.#place(hash, nowSeconds);
    const words = this.words;
    const entry = this.#numbers.takeLow();
    const at = entry * ENTRY_WORDS;
    this.#begin(at, bucket, key, hash, nowSeconds);
    // Zero is no flow; the index starts at 1 and the generation tells this use of the number from the last one.
    words[at + Word.flowId] = (this.#uses[entry]++ << FLOW_INDEX_BITS) | (entry + 1);
    words[at + Word.firstSeen] = nowSeconds;
    words[at + Word.firstNanos] = nanos;
    words[at + Word.sequence] = ++this.#sequence;
    words[at + Word.flags] = (firstSent ? FIRST_SENT : 0) | (openedInReverse ? OPENED_IN_REVERSE : 0);
    words[at + Word.kind] = EntryKind.connection;
    this.#count++;
    return entry;
  }

  /** Makes another key lead to a connection: a translation of it. An older owner of the key loses it. */
  alias(key: Int32Array, hash: number, entry: number, nowSeconds: number): void {
    const words = this.words;
    const flowId = this.flowId(entry);
    let bucket = this.#bucketOf(key, hash);
    let at = bucket < 0 ? -1 : this.#entryAt(bucket);
    if (at === entry * ENTRY_WORDS) return; // not translated at all
    if (at >= 0 && words[at + Word.kind] === EntryKind.connection) {
      this.#end(at);
      at = -1;
    }
    if (at < 0) {
      bucket = this.#place(hash, nowSeconds);
      // A full window may have cost the very connection that the alias is for.
      if (!this.isCurrent(entry, flowId)) return;
      at = this.#numbers.takeHigh() * ENTRY_WORDS;
    }
    this.#begin(at, bucket, key, hash, nowSeconds);
    words[at + Word.flowId] = flowId;
    words[at + Word.kind] = EntryKind.alias;
  }

  /** As an int32. */
  flowId(entry: number): number {
    return this.words[entry * ENTRY_WORDS + Word.flowId];
  }

  /** Whether the entry is still the connection that had this flow id, an int32. */
  isCurrent(entry: number, flowId: number): boolean {
    return this.words[entry * ENTRY_WORDS + Word.kind] === EntryKind.connection && this.words[entry * ENTRY_WORDS + Word.flowId] === flowId;
  }

  /** Counts a packet. `fromFirst`: as the flow key says; `tcpFlags`: see `flagsAfter`. */
  touch(entry: number, fromFirst: boolean, nowSeconds: number, tcpFlags: number, length = 0): void {
    const words = this.words;
    const at = entry * ENTRY_WORDS;
    words[at + Word.lastSeen] = nowSeconds;
    if ((tcpFlags & OPENS_OR_CLOSES) !== 0) words[at + Word.flags] = flagsAfter(words[at + Word.flags], tcpFlags, fromFirst);
    const sender = fromFirst === ((words[at + Word.flags] & FIRST_SENT) !== 0) ? 0 : 1;
    words[at + Word.packets + sender]++;
    const low = at + Word.bytes + 2 * sender;
    const sum = (words[low] + length) | 0;
    words[low] = sum;
    if (sum >>> 0 < length) words[low + 1]++;
  }

  /** Whether a packet that travels this way comes from the key's first endpoint, also when its tuple is a translation. */
  comesFromFirst(entry: number, travelsInReverse: boolean): boolean {
    const flags = this.words[entry * ENTRY_WORDS + Word.flags];
    return (travelsInReverse === ((flags & OPENED_IN_REVERSE) !== 0)) === ((flags & FIRST_SENT) !== 0);
  }

  /** True when the key is the connection's own, not a translation of it. */
  hasKey(entry: number, key: Int32Array): boolean {
    return this.#equals(entry * ENTRY_WORDS, key);
  }

  setVerdict(entry: number, reason: number): void {
    this.words[entry * ENTRY_WORDS + Word.verdict] = reason;
  }

  /** Index of the service path decided under this generation of the policy, an int32, or -1. */
  path(entry: number, policy: number): number {
    const at = entry * ENTRY_WORDS;
    return this.words[at + Word.policy] === policy ? this.words[at + Word.path] - 1 : -1;
  }

  /** The path decided last, under whichever policy, or -1. */
  lastPath(entry: number): number {
    return this.words[entry * ENTRY_WORDS + Word.path] - 1;
  }

  setPath(entry: number, path: number, policy: number): void {
    this.words[entry * ENTRY_WORDS + Word.path] = path + 1;
    this.words[entry * ENTRY_WORDS + Word.policy] = policy;
  }

  /** Forgets what has timed out among the next few entries. Each second of packet time goes once round all that were ever in use. */
  sweep(nowSeconds: number): void {
    const { low, high } = this.#numbers;
    if (nowSeconds !== this.#sweptFor) {
      this.#sweptFor = nowSeconds;
      this.#sweepLeft = low + (this.mask + 1 - high);
    }
    const budget = Math.min(this.#sweepLeft, SWEEP_BUDGET);
    this.#sweepLeft -= budget;
    for (let k = 0; k < budget; k++) {
      if (this.#sweepAt > this.mask) this.#sweepAt = 0;
      // Between the two kinds of numbers there is nothing.
      if (this.#sweepAt >= low && this.#sweepAt < high) this.#sweepAt = high & this.mask;
      const at = this.#sweepAt++ * ENTRY_WORDS;
      if (this.words[at + Word.kind] !== EntryKind.free && this.#isIdle(at, nowSeconds)) this.#end(at);
    }
  }

  /** Where the key stands in the index, or -1. */
  #bucketOf(key: Int32Array, hash: number): number {
    const { index, mask } = this;
    for (let k = 0; k < PROBE_WINDOW; k++) {
      const bucket = (hash + k) & mask;
      const found = index[bucket];
      if (found !== 0 && (found ^ hash) >>> FLOW_INDEX_BITS === 0 && this.#equals(this.#entryAt(bucket), key)) return bucket;
    }
    return -1;
  }

  /** The first word of the entry that a bucket leads to, which must not be free. */
  #entryAt(bucket: number): number {
    return ((this.index[bucket] & FLOW_INDEX_MASK) - 1) * ENTRY_WORDS;
  }

  /** What connections and aliases begin with. The entry has no kind yet. */
  #begin(at: number, bucket: number, key: Int32Array, hash: number, nowSeconds: number): void {
    const words = this.words;
    words.fill(0, at, at + ENTRY_WORDS);
    words[at + Word.hash] = hash;
    words[at + Word.bucket] = bucket;
    words[at + Word.lastSeen] = nowSeconds;
    for (let k = 0; k < FLOW_KEY_WORDS; k++) words[at + Word.key + k] = key[k];
    this.index[bucket] = (hash & ~FLOW_INDEX_MASK) | (at / ENTRY_WORDS + 1);
  }

  /**
   * A free bucket of the window: one that is, else that of what has timed out, else of the connection that was idle longest among
   * those that were never answered, else among all.
   */
  #place(hash: number, nowSeconds: number): number {
    const words = this.words;
    let oldest = -1;
    let oldestSeen = 0;
    let isOldestAnswered = false;
    for (let k = 0; k < PROBE_WINDOW; k++) {
      const bucket = (hash + k) & this.mask;
      if (this.index[bucket] === 0) return bucket;
      const at = this.#entryAt(bucket);
      if (this.#isIdle(at, nowSeconds)) {
        this.#end(at);
        return bucket;
      }
      const connection = this.#connectionOf(at);
      if (connection !== at && this.#isIdle(connection, nowSeconds)) {
        this.#end(connection);
        this.#end(at);
        return bucket;
      }
      const seen = words[connection + Word.lastSeen] >>> 0;
      const isAnswered = this.#isAnswered(connection);
      if (oldest < 0 || (isAnswered === isOldestAnswered ? seen < oldestSeen : isOldestAnswered)) {
        oldest = at;
        oldestSeen = seen;
        isOldestAnswered = isAnswered;
      }
    }
    this.#evictions[0]++;
    const bucket = words[oldest + Word.bucket];
    this.#end(this.#connectionOf(oldest));
    this.#end(oldest);
    return bucket;
  }

  /** The other end has sent a packet, and the opener another: one who only pretends to be the opener cannot do that. */
  #isAnswered(at: number): boolean {
    return this.words[at + Word.packets] >>> 0 > 1 && this.words[at + Word.packets + 1] !== 0;
  }

  /** Where the connection of a current entry stands: the entry itself, or what its alias leads to. */
  #connectionOf(at: number): number {
    const words = this.words;
    return words[at + Word.kind] === EntryKind.alias ? ((words[at + Word.flowId] & FLOW_INDEX_MASK) - 1) * ENTRY_WORDS : at;
  }

  /** Does nothing where it has ended before: a connection that ends with its alias. */
  #end(at: number): void {
    const words = this.words;
    if (words[at + Word.kind] === EntryKind.free) return;
    if (words[at + Word.kind] === EntryKind.connection) {
      this.#onEnd?.(at / ENTRY_WORDS);
      this.#count--;
    }
    words[at + Word.kind] = EntryKind.free;
    this.index[words[at + Word.bucket]] = 0;
    this.#numbers.giveBack(at / ENTRY_WORDS);
  }

  #isIdle(at: number, nowSeconds: number): boolean {
    const words = this.words;
    if (words[at + Word.kind] === EntryKind.alias) {
      const flowId = words[at + Word.flowId];
      return !this.isCurrent((flowId & FLOW_INDEX_MASK) - 1, flowId);
    }
    const idle = nowSeconds - (words[at + Word.lastSeen] >>> 0);
    const protocol = (words[at + Word.key] >>> 12) & 255;
    if (protocol === 6) return idle > ((words[at + Word.flags] & CLOSING) !== 0 ? IDLE_SECONDS.tcpClosing : IDLE_SECONDS.tcp);
    if (protocol === 17) return idle > IDLE_SECONDS.udp;
    return idle > (protocol === 1 || protocol === 58 ? IDLE_SECONDS.icmp : IDLE_SECONDS.other);
  }

  #equals(at: number, key: Int32Array): boolean {
    const words = this.words;
    for (let k = 0; k < FLOW_KEY_WORDS; k++) if (words[at + Word.key + k] !== key[k]) return false;
    return true;
  }
}
