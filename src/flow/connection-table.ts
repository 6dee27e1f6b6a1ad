/**
 * Hot: no allocation in lookup, insert, count. The connections that the manager knows, in control memory: one writer, the
 * manager; anyone may read (connection-reader.ts). Both directions of a connection, and every translation of it, lead to one flow id.
 *
 * Open addressing, 128 B an entry (connection-layout.ts). A key stands within PROBE_WINDOW buckets of its hash, so a lookup
 * is bounded; an insert into a full window evicts: first what has timed out, then, of the connections that were never
 * answered, the one that was idle longest, then that of all. So a flood of new connections displaces its own. An alias is as
 * idle as its connection and takes it along: a connection that lost a translation would go on as two.
 */
import {
  bucketsFor, CLOSING, ENTRY_WORDS, EntryKind, EVICTIONS_BYTES, evictionsCell, FIN_FROM_FIRST, FIN_FROM_SECOND, FIRST_SENT, IDLE_SECONDS, MAX_CONNECTIONS,
  OPENED_IN_REVERSE, PROBE_WINDOW, Word,
} from './connection-layout.js';
import { ConnectionReader } from './connection-reader.js';
import { FLOW_KEY_WORDS } from './flow-hash.js';
import { FLOW_INDEX_BITS, FLOW_INDEX_MASK } from './flow-id.js';

/** Entries looked at per call of `sweep`. */
const SWEEP_BUDGET = 64;

export class ConnectionTable extends ConnectionReader {
  /** The entries, and the mask of bucket numbers: for the manager's short way to a known connection. */
  readonly words: Int32Array;
  readonly mask: number;
  readonly #capacity: number;
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
    this.mask = buckets - 1;
    this.#capacity = capacity;
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
    const at = this.#bucketOf(key, hash);
    if (at < 0) return -1;
    const connectionAt = this.#connectionOf(at);
    if (this.#isIdle(connectionAt, nowSeconds)) {
      this.#end(connectionAt);
      if (connectionAt !== at) this.#end(at);
      return -1;
    }
    if (this.words[at + Word.kind] === EntryKind.connection) return at / ENTRY_WORDS;
    const flowId = this.words[at + Word.flowId];
    const entry = (flowId & FLOW_INDEX_MASK) - 1;
    const connection = entry * ENTRY_WORDS;
    if (this.words[connection + Word.kind] === EntryKind.connection && this.words[connection + Word.flowId] === flowId) return entry;
    this.words[at + Word.kind] = EntryKind.free;
    return -1;
  }

  /** A new connection; the key must not be present. -1 only when the table has no room at all (capacity 0). */
  insert(key: Int32Array, hash: number, nowSeconds: number, firstSent: boolean, openedInReverse: boolean, nanos = 0): number {
    if (this.#capacity === 0) return -1;
    const at = this.#place(hash, nowSeconds);
    const words = this.words;
    const entry = at / ENTRY_WORDS;
    words.fill(0, at, at + ENTRY_WORDS);
    words[at + Word.hash] = hash;
    // Zero is no flow; the index starts at 1 and the generation tells this use of the bucket from the last one.
    words[at + Word.flowId] = (this.#uses[entry]++ << FLOW_INDEX_BITS) | (entry + 1);
    words[at + Word.lastSeen] = nowSeconds;
    words[at + Word.firstSeen] = nowSeconds;
    words[at + Word.firstNanos] = nanos;
    words[at + Word.sequence] = ++this.#sequence;
    words[at + Word.flags] = (firstSent ? FIRST_SENT : 0) | (openedInReverse ? OPENED_IN_REVERSE : 0);
    for (let k = 0; k < FLOW_KEY_WORDS; k++) words[at + Word.key + k] = key[k];
    words[at + Word.kind] = EntryKind.connection;
    this.#count++;
    return entry;
  }

  /** Makes another key lead to a connection: a translation of it. An older owner of the key loses it. */
  alias(key: Int32Array, hash: number, entry: number, nowSeconds: number): void {
    const words = this.words;
    const flowId = this.flowId(entry);
    let at = this.#bucketOf(key, hash);
    if (at === entry * ENTRY_WORDS) return; // not translated at all
    if (at >= 0 && words[at + Word.kind] === EntryKind.connection) {
      this.#end(at);
      at = -1;
    }
    if (at < 0) {
      at = this.#place(hash, nowSeconds);
      // A full window may have cost the very connection that the alias is for.
      if (words[entry * ENTRY_WORDS + Word.kind] !== EntryKind.connection || words[entry * ENTRY_WORDS + Word.flowId] !== flowId) return;
    }
    words.fill(0, at, at + ENTRY_WORDS);
    words[at + Word.hash] = hash;
    words[at + Word.flowId] = flowId;
    words[at + Word.lastSeen] = nowSeconds;
    for (let k = 0; k < FLOW_KEY_WORDS; k++) words[at + Word.key + k] = key[k];
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

  /** Counts a packet. `fromFirst`: as the flow key says; `closing`: it is a TCP FIN or RST. */
  touch(entry: number, fromFirst: boolean, nowSeconds: number, closing: boolean, length = 0): void {
    const words = this.words;
    const at = entry * ENTRY_WORDS;
    words[at + Word.lastSeen] = nowSeconds;
    if (closing) words[at + Word.flags] |= CLOSING;
    const sender = fromFirst === ((words[at + Word.flags] & FIRST_SENT) !== 0) ? 0 : 1;
    words[at + Word.packets + sender]++;
    const low = at + Word.bytes + 2 * sender;
    const sum = (words[low] + length) | 0;
    words[low] = sum;
    if (sum >>> 0 < length) words[low + 1]++;
  }

  /** Remembers a FIN of one end; true when both ends have sent one: a connection that is half closed may live on for long. */
  noteFin(entry: number, fromFirst: boolean): boolean {
    const at = entry * ENTRY_WORDS + Word.flags;
    this.words[at] |= fromFirst ? FIN_FROM_FIRST : FIN_FROM_SECOND;
    return (this.words[at] & (FIN_FROM_FIRST | FIN_FROM_SECOND)) === (FIN_FROM_FIRST | FIN_FROM_SECOND);
  }

  /** Whether a packet that travels this way comes from the key's first endpoint, also when its tuple is a translation. */
  comesFromFirst(entry: number, travelsInReverse: boolean): boolean {
    const flags = this.words[entry * ENTRY_WORDS + Word.flags];
    return (travelsInReverse === ((flags & OPENED_IN_REVERSE) !== 0)) === ((flags & FIRST_SENT) !== 0);
  }

  /** A SYN on a connection that was closing: its ends begin anew with the same ports. */
  reopen(entry: number): void {
    this.words[entry * ENTRY_WORDS + Word.flags] &= ~(CLOSING | FIN_FROM_FIRST | FIN_FROM_SECOND);
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

  /** Forgets what has timed out among the next few entries. Each second of packet time goes round the table once. */
  sweep(nowSeconds: number): void {
    if (nowSeconds !== this.#sweptFor) {
      this.#sweptFor = nowSeconds;
      this.#sweepLeft = this.mask + 1;
    }
    if (this.#sweepLeft === 0) return;
    this.#sweepLeft = Math.max(0, this.#sweepLeft - SWEEP_BUDGET);
    for (let k = 0; k < SWEEP_BUDGET; k++) {
      const at = this.#sweepAt * ENTRY_WORDS;
      this.#sweepAt = (this.#sweepAt + 1) & this.mask;
      if (this.words[at + Word.kind] !== EntryKind.free && this.#isIdle(at, nowSeconds)) this.#end(at);
    }
  }

  #bucketOf(key: Int32Array, hash: number): number {
    const words = this.words;
    for (let k = 0; k < PROBE_WINDOW; k++) {
      const at = ((hash + k) & this.mask) * ENTRY_WORDS;
      if (words[at + Word.hash] === hash && words[at + Word.kind] !== EntryKind.free && this.#equals(at, key)) return at;
    }
    return -1;
  }

  /**
   * A bucket of the window for a new entry: free, else timed out, else that of the connection that was idle longest among
   * those that were never answered, else among all.
   */
  #place(hash: number, nowSeconds: number): number {
    const words = this.words;
    let oldest = -1;
    let oldestSeen = 0;
    let isOldestAnswered = false;
    for (let k = 0; k < PROBE_WINDOW; k++) {
      const at = ((hash + k) & this.mask) * ENTRY_WORDS;
      if (words[at + Word.kind] === EntryKind.free) return at;
      if (this.#isIdle(at, nowSeconds)) {
        this.#end(at);
        return at;
      }
      const connection = this.#connectionOf(at);
      if (connection !== at && this.#isIdle(connection, nowSeconds)) {
        this.#end(connection);
        this.#end(at);
        return at;
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
    this.#end(this.#connectionOf(oldest));
    this.#end(oldest);
    return oldest;
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

  #end(at: number): void {
    if (this.words[at + Word.kind] === EntryKind.connection) {
      this.#onEnd?.(at / ENTRY_WORDS);
      this.#count--;
    }
    this.words[at + Word.kind] = EntryKind.free;
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
