/**
 * Hot: no allocation, but for MAC addresses that are new. Tells of each record which side it came from and which
 * connection it belongs to.
 */
import { type Connection, type ConnectionTable, Side } from './connections.js';
import type { Prefixes } from './prefixes.js';
import type { Tuple } from './tuple.js';

/** Stations remembered for packets that are not IP: more than a broadcast domain has. */
const MAX_STATIONS = 4096;
const NO_STATION = -1;
/** Fragmented packets remembered, so that later fragments find their connection: more than are ever interleaved. */
const FRAGMENT_ENTRIES = 4096;
/** Both addresses, protocol and version, identification. */
const FRAGMENT_WORDS = 10;

export class Sides {
  readonly #connections: ConnectionTable;
  readonly #prefixes: Prefixes | null;
  readonly #stations = new Map<number, number>();
  /** The station of each side that was remembered last: mostly it is the next one too, and a `Map` of 48-bit numbers is slow to ask. */
  readonly #latestStations = new Float64Array(2).fill(NO_STATION);
  readonly #fragments = new Uint32Array(FRAGMENT_ENTRIES * FRAGMENT_WORDS);
  /** Connection and its generation, by fragment entry; -1 when none. */
  readonly #fragmentOwners = new Int32Array(2 * FRAGMENT_ENTRIES).fill(-1);
  /** Side of the record that `assign` was called for. */
  side: number = Side.inside;
  /** Its connection; null for what is not IP. */
  connection: Connection | null = null;

  constructor(connections: ConnectionTable, prefixes: Prefixes | null) {
    this.#connections = connections;
    this.#prefixes = prefixes;
  }

  /** Sets `side` and `connection` for a record. There is room for a new connection. */
  assign(tuple: Tuple): void {
    if (tuple.version === 0) {
      this.connection = null;
      this.side = this.#stations.get(tuple.sourceMac) ?? Side.inside;
      return;
    }
    if (tuple.isError && tuple.quoted !== null && tuple.quoted.version !== 0) this.#assignError(tuple.quoted, this.#byPrefix(tuple));
    else if (tuple.isLaterFragment) this.#assignFragment(tuple, this.#byPrefix(tuple));
    else {
      const connection = this.#connections.find(tuple) ?? this.#connections.add(tuple, (this.#byPrefix(tuple) ?? this.#byOpener(tuple)) === Side.inside);
      this.connection = connection;
      this.side = connection.endOf(tuple.source, tuple.sourcePort, tuple.destination, tuple.destinationPort);
      if (tuple.isFragment) this.#rememberFragment(tuple, connection);
    }
    if (this.connection !== null) this.#connections.touch(this.connection);
    if (tuple.sourceMac >= 0) this.#rememberStation(tuple.sourceMac);
  }

  /** The side that sent it, when exactly one of its ends is inside; else null. */
  #byPrefix(tuple: Tuple): number | null {
    if (this.#prefixes === null) return null;
    const source = this.#prefixes.contains(tuple.version, tuple.source);
    if (source === this.#prefixes.contains(tuple.version, tuple.destination)) return null;
    return source ? Side.inside : Side.outside;
  }

  /** Who opens a connection is inside: its first sender, unless that one answers already. */
  #byOpener(tuple: Tuple): number {
    return tuple.isSynAck ? Side.outside : Side.inside;
  }

  /** An error is about a packet that came from the other side. */
  #assignError(quoted: Tuple, known: number | null): void {
    const connection =
      this.#connections.find(quoted) ?? this.#connections.add(quoted, (this.#byPrefix(quoted) ?? this.#byOpener(quoted)) === Side.inside);
    this.connection = connection;
    this.side = known ?? 1 - connection.endOf(quoted.source, quoted.sourcePort, quoted.destination, quoted.destinationPort);
  }

  /** A later fragment goes with its first one; without that, with others between the same addresses. */
  #assignFragment(tuple: Tuple, known: number | null): void {
    let connection = this.#findFragment(tuple);
    connection ??= this.#connections.find(tuple);
    connection ??= this.#connections.add(tuple, (known ?? Side.inside) === Side.inside);
    this.connection = connection;
    this.side = known ?? connection.endWithAddress(tuple.source);
  }

  #fragmentEntry(tuple: Tuple): number {
    let hash = tuple.fragmentId ^ (tuple.protocol << 16);
    for (let word = 0; word < 4; word++) hash = Math.imul(hash ^ tuple.source[word] ^ (tuple.destination[word] >>> 3), 0x9e3779b1);
    return (hash >>> 16) % FRAGMENT_ENTRIES;
  }

  #rememberFragment(tuple: Tuple, connection: Connection): void {
    const entry = this.#fragmentEntry(tuple);
    const at = entry * FRAGMENT_WORDS;
    for (let word = 0; word < 4; word++) {
      this.#fragments[at + word] = tuple.source[word];
      this.#fragments[at + 4 + word] = tuple.destination[word];
    }
    this.#fragments[at + 8] = tuple.protocol * 256 + tuple.version;
    this.#fragments[at + 9] = tuple.fragmentId;
    this.#fragmentOwners[2 * entry] = connection.index;
    this.#fragmentOwners[2 * entry + 1] = connection.generation;
  }

  #findFragment(tuple: Tuple): Connection | null {
    const entry = this.#fragmentEntry(tuple);
    const at = entry * FRAGMENT_WORDS;
    if (this.#fragmentOwners[2 * entry] < 0) return null;
    for (let word = 0; word < 4; word++) {
      if (this.#fragments[at + word] !== tuple.source[word] || this.#fragments[at + 4 + word] !== tuple.destination[word]) return null;
    }
    if (this.#fragments[at + 8] !== tuple.protocol * 256 + tuple.version || this.#fragments[at + 9] !== tuple.fragmentId) return null;
    const connection = this.#connections.get(this.#fragmentOwners[2 * entry]);
    return connection.generation === this.#fragmentOwners[2 * entry + 1] ? connection : null;
  }

  #rememberStation(mac: number): void {
    const latest = this.#latestStations;
    if (latest[this.side] === mac) return;
    if (this.#stations.get(mac) !== this.side) {
      if (this.#stations.size >= MAX_STATIONS && !this.#stations.has(mac)) {
        this.#stations.clear();
        latest.fill(NO_STATION);
      }
      this.#stations.set(mac, this.side);
      if (latest[1 - this.side] === mac) latest[1 - this.side] = NO_STATION; // it has moved
    }
    latest[this.side] = mac;
  }
}
