/**
 * Hot: no allocation once the table has grown. Connections of a two-sided capture: who is inside, what of them is under
 * way, and how each side sees them. Bounded: the connection that was quiet the longest makes room for a new one.
 */
import { type Tuple, u16, u32 } from './tuple.js';
import type { RecordQueue } from './waiting-records.js';

export const Side = { inside: 0, outside: 1 } as const;

/** Where the index of a connection is kept: there is none. */
export const NO_CONNECTION = -1;

/** Connections remembered: more than any packet window holds, about 20 MB when all are used. */
export const MAX_CONNECTIONS = 65536;
/** Buckets of the table, a power of two: as many as connections. */
const BUCKETS = MAX_CONNECTIONS;
const BUCKET_MASK = BUCKETS - 1;
/** Quiet connections are looked for among this many of the oldest. */
const MAX_SEARCH = 64;
/** Four words of address and one of port. */
const END_WORDS = 5;
/** The inside's end, then the outside's. */
const VIEW_WORDS = 2 * END_WORDS;
/** As recorded; it stands behind the views of the two sides. */
const RECORDED = 2;
const ENTRY_WORDS = 3 * VIEW_WORDS;

/** A connection, and the queue of its records that wait for packets that are under way. */
export class Connection implements RecordQueue {
  /** Number of the table's entry. */
  readonly index: number;
  /**
   * Of all connections of the table, so that a connection's lie in neighbouring lines of the cache. Seen by the inside, by the outside, and as
   * recorded: each time the inside's end and the outside's. `endAt` tells where.
   */
  readonly ends: Uint32Array;
  /** Index in `ends` of this connection's first word. */
  readonly #at: number;
  version = 0;
  protocol = 0;
  hash = 0;
  /** Packets let go and not settled. */
  outstanding = 0;
  /** Side of the packet that was let go last. */
  lastSide = 0;
  first = -1;
  last = -1;
  /** A bit for each side that sees other ends than the recorded ones. */
  #translated = 0;
  /** Counts the uses of this entry. */
  generation = 0;
  // Neighbours in the bucket and in the order of use.
  chained: Connection | null = null;
  older: Connection | null = null;
  newer: Connection | null = null;

  constructor(index: number, ends: Uint32Array) {
    this.index = index;
    this.ends = ends;
    this.#at = index * ENTRY_WORDS;
  }

  /** Index in `ends` of an end as seen by a side. */
  endAt(side: number, end: number): number {
    return this.#at + side * VIEW_WORDS + end * END_WORDS;
  }

  portOf(side: number, end: number): number {
    return this.ends[this.endAt(side, end) + 4];
  }

  /** Whether a side sees other ends than the recorded ones. */
  isTranslated(side: number): boolean {
    return ((this.#translated >>> side) & 1) !== 0;
  }

  /** Records of it wait for packets that are under way. */
  get holdsRecords(): boolean {
    return this.first >= 0;
  }

  get isQuiet(): boolean {
    return this.outstanding === 0 && !this.holdsRecords;
  }

  begin(tuple: Tuple, insideIsSource: boolean): void {
    this.version = tuple.version;
    this.protocol = tuple.protocol;
    this.generation++;
    const source = insideIsSource ? Side.inside : Side.outside;
    for (let view = 0; view <= RECORDED; view++) {
      this.#put(view, source, tuple.source, tuple.sourcePort);
      this.#put(view, 1 - source, tuple.destination, tuple.destinationPort);
    }
    this.#translated = 0;
  }

  #put(view: number, end: number, address: Uint32Array, port: number): void {
    const at = this.endAt(view, end);
    for (let word = 0; word < 4; word++) this.ends[at + word] = address[word];
    this.ends[at + 4] = port;
  }

  /** The end of which a packet with this recorded tuple was sent, or -1 when it is another connection's. */
  endOf(source: Uint32Array, sourcePort: number, destination: Uint32Array, destinationPort: number): number {
    for (let end = 0; end < 2; end++) {
      if (this.#isEnd(end, source, sourcePort) && this.#isEnd(1 - end, destination, destinationPort)) return end;
    }
    return -1;
  }

  #isEnd(end: number, address: Uint32Array, port: number): boolean {
    return this.ends[this.endAt(RECORDED, end) + 4] === port && this.#hasAddress(end, address);
  }

  #hasAddress(end: number, address: Uint32Array): boolean {
    const at = this.endAt(RECORDED, end);
    const { ends } = this;
    return ends[at] === address[0] && ends[at + 1] === address[1] && ends[at + 2] === address[2] && ends[at + 3] === address[3];
  }

  /** The end with this recorded address, or -1. */
  endWithAddress(address: Uint32Array): number {
    if (this.#hasAddress(Side.inside, address)) return Side.inside;
    return this.#hasAddress(Side.outside, address) ? Side.outside : -1;
  }

  /** Whether `side` was last sent the same ends: then there is nothing to learn. The headers at the two places are of IPv4, and of TCP or UDP. */
  isSeenAs(side: number, bytes: Uint8Array, l3At: number, l4At: number, protocol: number): boolean {
    if (this.version !== 4 || this.protocol !== protocol) return false;
    const { ends } = this;
    const source = this.endAt(side, 1 - side);
    const destination = this.endAt(side, side);
    return (
      ends[source] === u32(bytes, l3At + 12) && ends[destination] === u32(bytes, l3At + 16) &&
      ends[source + 4] === u16(bytes, l4At) && ends[destination + 4] === u16(bytes, l4At + 2)
    );
  }

  /** A packet of this connection has left towards `side`: what its tuple says is how that side sees the connection now. */
  learn(tuple: Tuple, side: number): void {
    if (tuple.version !== this.version || tuple.protocol !== this.protocol || tuple.isError || tuple.isLaterFragment) return;
    const from = 1 - side;
    if (!tuple.hasPorts && !tuple.hasIdentifier && this.ends[this.endAt(RECORDED, from) + 4] !== 0) return;
    this.#put(side, from, tuple.source, tuple.sourcePort);
    this.#put(side, side, tuple.destination, tuple.destinationPort);
    let differs = 0;
    for (let word = 0; word < VIEW_WORDS; word++) {
      if (this.ends[this.#at + side * VIEW_WORDS + word] !== this.ends[this.#at + RECORDED * VIEW_WORDS + word]) differs = 1;
    }
    this.#translated = (this.#translated & ~(1 << side)) | (differs << side);
  }
}

const mix = (hash: number, word: number): number => Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15);

function hashEnd(address: Uint32Array, port: number): number {
  return mix(mix(mix(mix(mix(0x811c9dc5, address[0]), address[1]), address[2]), address[3]), port);
}

/** The same for both directions. An int32: above 2^31 it would be an object wherever it is passed. */
export function hashTuple(tuple: Tuple): number {
  const both = (hashEnd(tuple.source, tuple.sourcePort) + hashEnd(tuple.destination, tuple.destinationPort)) | 0;
  return mix(mix(both, tuple.protocol), tuple.version);
}

export class ConnectionTable {
  readonly #all: Connection[] = [];
  readonly #buckets: (Connection | null)[] = new Array<Connection | null>(BUCKETS).fill(null);
  readonly #capacity: number;
  /** Pages of it that no connection has used take no memory. */
  readonly #ends: Uint32Array;
  #oldest: Connection | null = null;
  #newest: Connection | null = null;

  constructor(capacity = MAX_CONNECTIONS) {
    this.#capacity = capacity;
    this.#ends = new Uint32Array(capacity * ENTRY_WORDS);
  }

  get(index: number): Connection {
    return this.#all[index];
  }

  /** Whether a new connection can be remembered now. */
  hasRoom(): boolean {
    return this.#all.length < this.#capacity || this.#findQuiet() !== null;
  }

  find(tuple: Tuple): Connection | null {
    const hash = hashTuple(tuple);
    let found = this.#buckets[hash & BUCKET_MASK];
    while (found !== null && !(found.hash === hash && this.#matches(found, tuple))) found = found.chained;
    return found;
  }

  #matches(connection: Connection, tuple: Tuple): boolean {
    return (
      connection.protocol === tuple.protocol &&
      connection.version === tuple.version &&
      connection.endOf(tuple.source, tuple.sourcePort, tuple.destination, tuple.destinationPort) >= 0
    );
  }

  /** Remembers a new connection; there is room for it. */
  add(tuple: Tuple, insideIsSource: boolean): Connection {
    const connection = this.#take();
    connection.begin(tuple, insideIsSource);
    connection.hash = hashTuple(tuple);
    const bucket = connection.hash & BUCKET_MASK;
    connection.chained = this.#buckets[bucket];
    this.#buckets[bucket] = connection;
    this.#append(connection);
    return connection;
  }

  /** The connection was used now. */
  touch(connection: Connection): void {
    if (connection === this.#newest) return;
    this.#unlink(connection);
    this.#append(connection);
  }

  #take(): Connection {
    const quiet = this.#all.length < this.#capacity ? null : this.#findQuiet();
    if (quiet === null) {
      const fresh = new Connection(this.#all.length, this.#ends);
      this.#all.push(fresh);
      return fresh;
    }
    this.#unlink(quiet);
    const bucket = quiet.hash & BUCKET_MASK;
    if (this.#buckets[bucket] === quiet) this.#buckets[bucket] = quiet.chained;
    else {
      let before = this.#buckets[bucket];
      while (before !== null && before.chained !== quiet) before = before.chained;
      if (before !== null) before.chained = quiet.chained;
    }
    return quiet;
  }

  #findQuiet(): Connection | null {
    let each = this.#oldest;
    for (let looked = 0; each !== null && looked < MAX_SEARCH; looked++) {
      if (each.isQuiet) return each;
      each = each.newer;
    }
    return null;
  }

  #append(connection: Connection): void {
    connection.older = this.#newest;
    connection.newer = null;
    if (this.#newest === null) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
  }

  #unlink(connection: Connection): void {
    if (connection.older === null) this.#oldest = connection.newer;
    else connection.older.newer = connection.newer;
    if (connection.newer === null) this.#newest = connection.older;
    else connection.newer.older = connection.older;
  }
}
