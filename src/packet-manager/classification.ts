/**
 * Hot: no allocation. Which service path a packet takes, and which flow it belongs to. The flow key is read and hashed
 * once; the path of a known connection is a cached consequence of the policy and carries its generation.
 */
import { ENTRY_WORDS } from '../flow/connection-layout.js';
import { ConnectionTable } from '../flow/connection-table.js';
import { FlowKey } from '../flow/flow-key.js';
import { FlowTable } from '../flow/flow-table.js';
import type { Match } from '../flow/match.js';
import { parseMatch } from '../flow/match-text.js';
import { Steering } from '../flow/steering.js';
import { swapEnds } from '../flow/swap-ends.js';
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset } from '../memory/slot-layout.js';
import { Packet } from '../packet/packet.js';
import { Generation } from '../ring/generation.js';
import { KnownConnections } from './known-connections.js';
import type { ManagerSpec, PathRow } from './manager-spec.js';
import { RouteBook, type Route } from './route.js';
import type { SlotBook } from './slot-book.js';

/** No path: the classifier's default. */
const NONE = -1;

export class Classification {
  /** All routes that packets in flight may refer to, by index: a changed policy adds routes, and old ones stay. */
  readonly routes: readonly Route[];
  readonly #book = new RouteBook();
  /** What spreads connections over the replicas that begin at a route, by its index; null where it is the only one. */
  readonly #steerings: (Steering | null)[] = [];
  // What the last `classify` found.
  path = NONE;
  direction: number = Direction.forward;
  connection = -1;
  flowId = 0;
  /** Number of the policy in force, 16 bits: stamped into the packet's header. */
  version = 0;

  readonly #headers: SlotHeaders;
  readonly #packet: Packet;
  readonly #key = new FlowKey();
  readonly #connections: ConnectionTable;
  readonly #known: KnownConnections;
  readonly #policy: Generation;
  readonly #table: FlowTable<number>;
  /** The generation of the policy in force, as int32. Only this thread changes it. */
  #policyInForce = 0;
  /** Told of each new route before a packet takes it. */
  readonly #installed: (route: Route, index: number) => void;
  #nowSeconds = 0;

  constructor(buffer: ArrayBufferLike, spec: ManagerSpec, region: Region, headers: SlotHeaders, book: SlotBook, installed: (route: Route, index: number) => void = () => undefined) {
    this.#installed = installed;
    this.routes = this.#book.routes;
    this.#headers = headers;
    this.#packet = new Packet(headers);
    this.#connections = new ConnectionTable(buffer, spec.connectionsOffset, spec.flowCapacity);
    this.#known = new KnownConnections(region, headers, book, this.#connections);
    this.#policy = new Generation(new Int32Array(buffer, spec.policyOffset, 1), 0);
    this.#table = new FlowTable<number>({ name: 'paths', default: NONE, headers });
    this.replacePaths(spec.paths);
  }

  /** Puts another set of paths in force. Packets in flight keep the row that they were stamped with. */
  replacePaths(paths: readonly PathRow[]): void {
    const specs = paths.flatMap((row) => {
      const path = this.#routeOf(row);
      const parsed = parseMatch(row.match);
      if ('problem' in parsed) throw new Error(`path ${row.name}: ${parsed.problem.message}`);
      const forward: Match = { ...parsed.match, ingressPort: row.from };
      // Who opens a connection from the far side sends what the match describes, the other way round.
      const backward: Match = { ...swapEnds(parsed.match), ingressPort: row.to };
      const entry = { target: path, name: row.name };
      return row.twoWay ? [{ ...entry, match: forward }, { ...entry, match: backward }] : [{ ...entry, match: forward }];
    });
    this.#table.replaceAll(specs);
    this.#policyInForce = this.#policy.bump();
    this.version = this.#policyInForce & 0xffff;
  }

  /** The index of a row's first route. */
  #routeOf(row: PathRow): number {
    const { first, added } = this.#book.add(row);
    added.forEach((route, at) => {
      this.#steerings.push(at === 0 && added.length > 1 ? new Steering(added.length, row.spread) : null);
      this.#known.install(route, first + at);
      this.#installed(route, first + at);
    });
    return first;
  }

  /** Called with each connection just before it is forgotten: the table's words, and where its entry begins. */
  onFlowEnd(ended: (words: Int32Array, at: number) => void): void {
    const { words } = this.#connections;
    this.#connections.onEnd((entry) => { ended(words, entry * ENTRY_WORDS); });
  }

  /** Stamps packets that take the short way, from the one at `from` on: see `KnownConnections.stamp`. */
  recognise(addresses: Uint32Array, from: number, count: number, port: number): number {
    const end = this.#known.stamp(addresses, from, count, port, this.#nowSeconds, this.#policyInForce, this.version);
    this.#nowSeconds = this.#known.seconds;
    return end;
  }

  /** Bytes of the packets that were recognised last. */
  get recognisedBytes(): number {
    return this.#known.bytes;
  }

  /** The long way, for any packet: sets `path`, `direction` and `connection`, and writes the flow's id and hash into the header. */
  classify(bytes: Uint8Array, start: number, slot: number, port: number): void {
    const packet = this.#packet;
    packet.moveTo(bytes, start, slot);
    const { u32 } = this.#headers;
    const at = slot << 4;
    const seconds = u32[at + (HeaderOffset.timestampSeconds >> 2)];
    if (seconds > this.#nowSeconds) this.#nowSeconds = seconds;
    const key = this.#key;
    if (!key.read(packet)) {
      u32[at + (HeaderOffset.flowHash >> 2)] = 0;
      u32[at + (HeaderOffset.flowId >> 2)] = 0;
      this.connection = -1;
      this.flowId = 0;
      this.#take(this.#replicaOf(this.#table.lookup(packet), port, false), port);
      return;
    }
    u32[at + (HeaderOffset.flowHash >> 2)] = key.hash;
    const connections = this.#connections;
    let entry = connections.find(key.words, key.hash, this.#nowSeconds);
    const known = entry >= 0;
    const policy = this.#policyInForce;
    let path = known ? connections.path(entry, policy) : NONE;
    // A translated packet no longer shows what the policy asks for: its connection's path holds until the opener's next
    // packet is judged by the new policy.
    const inherited = path === NONE && known && !connections.hasKey(entry, key.words);
    if (inherited) path = connections.lastPath(entry);
    if (path === NONE || !this.#leadsFrom(path, port)) path = this.#replicaOf(this.#table.lookup(packet), port, true);
    this.#take(path, port);
    const reverse = this.direction === Direction.reverse;
    if (!known) entry = connections.insert(key.words, key.hash, this.#nowSeconds, key.isFromFirst, reverse, u32[at + (HeaderOffset.timestampNanos >> 2)]);
    this.connection = entry;
    this.flowId = entry < 0 ? 0 : connections.flowId(entry);
    u32[at + (HeaderOffset.flowId >> 2)] = this.flowId;
    if (entry < 0) return;
    const fromFirst = !known || connections.hasKey(entry, key.words) ? key.isFromFirst : connections.comesFromFirst(entry, reverse);
    connections.touch(entry, fromFirst, this.#nowSeconds, packet.tcp()?.flags ?? 0, packet.length);
    if (path !== NONE && !inherited) connections.setPath(entry, path, policy);
  }

  /** The packet's present tuple becomes another key of its connection. */
  alias(bytes: Uint8Array, start: number, slot: number, connection: number, flowId: number): void {
    if (connection < 0 || !this.#connections.isCurrent(connection, flowId)) return;
    this.#packet.moveTo(bytes, start, slot);
    if (this.#key.read(this.#packet)) this.#connections.alias(this.#key.words, this.#key.hash, connection, this.#nowSeconds);
  }

  /** A packet of the connection is through: remembers why, if it was dropped. */
  settle(connection: number, flowId: number, reason: number): void {
    if (connection >= 0 && reason !== 0 && this.#connections.isCurrent(connection, flowId)) this.#connections.setVerdict(connection, reason);
  }

  /** Time passes: forgets some of what has timed out. */
  passTime(): void {
    this.#connections.sweep(this.#nowSeconds);
  }

  /** The route of the connection's replica, in the row whose first route is `first`. */
  #replicaOf(first: number, port: number, hasKey: boolean): number {
    const steering = first === NONE ? null : this.#steerings[first];
    if (steering === null) return first;
    return first + (hasKey ? steering.pick(this.#key, this.routes[first].from !== port) : steering.withoutKey);
  }

  #leadsFrom(path: number, port: number): boolean {
    const row = this.routes[path];
    return row.from === port || (row.twoWay && row.to === port);
  }

  #take(path: number, port: number): void {
    this.path = path;
    this.direction = path !== NONE && this.routes[path].from !== port ? Direction.reverse : Direction.forward;
  }
}
