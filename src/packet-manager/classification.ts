/**
 * Hot: no allocation. Which service path a packet takes, and which flow it belongs to. The flow key is read and hashed
 * once; the path of a known connection is a cached consequence of the policy and carries its generation.
 */
import { ENTRY_WORDS, EntryKind, FIRST_SENT, IDLE_SECONDS, OPENED_IN_REVERSE, Word } from '../flow/connection-layout.js';
import { ConnectionTable, PROBE_WINDOW, type FlowRecord } from '../flow/connection-table.js';
import { hashIpv4Key } from '../flow/flow-hash.js';
import { FLOW_INDEX_MASK } from '../flow/flow-id.js';
import { FlowKey } from '../flow/flow-key.js';
import { FlowTable } from '../flow/flow-table.js';
import type { Match } from '../flow/match.js';
import { parseMatch } from '../flow/match-text.js';
import { Steering } from '../flow/steering.js';
import { swapEnds } from '../flow/swap-ends.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, Layer3, ParseFlag } from '../memory/slot-layout.js';
import { Packet } from '../packet/packet.js';
import { IpProtocol, TcpFlag } from '../packet/protocols.js';
import { Generation } from '../ring/generation.js';
import type { ManagerSpec, PathRow } from './manager-spec.js';
import { RouteBook, type Route } from './route.js';

/** Offset of the byte of flags in a TCP header. */
const TCP_FLAGS = 13;
const OPENS_OR_CLOSES = TcpFlag.syn | TcpFlag.fin | TcpFlag.rst;
/** A TCP or UDP connection that was seen so short a while ago has not timed out, whatever its state. */
const SHORTEST_IDLE_SECONDS = Math.min(IDLE_SECONDS.tcp, IDLE_SECONDS.tcpClosing, IDLE_SECONDS.udp);

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
  readonly #policy: Generation;
  readonly #table: FlowTable<number>;
  /** The generation of the policy in force, as int32. Only this thread changes it. */
  #policyInForce = 0;
  /** Told of each new route before a packet takes it. */
  readonly #installed: (route: Route, index: number) => void;
  #nowSeconds = 0;

  constructor(buffer: ArrayBufferLike, spec: ManagerSpec, headers: SlotHeaders, installed: (route: Route, index: number) => void = () => undefined) {
    this.#installed = installed;
    this.routes = this.#book.routes;
    this.#headers = headers;
    this.#packet = new Packet(headers);
    this.#connections = new ConnectionTable(buffer, spec.connectionsOffset, spec.flowCapacity);
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
      this.#installed(route, first + at);
    });
    return first;
  }

  onFlowEnd(ended: (flow: FlowRecord) => void): void {
    this.#connections.onEnd((entry) => { ended(this.#connections.record(entry)); });
  }

  /** Sets `path`, `direction` and `connection`, and writes the flow's id and hash into the header. */
  classify(bytes: Uint8Array, start: number, slot: number, port: number): void {
    if (!this.#recognise(bytes, start, slot, port)) this.#look(bytes, start, slot, port);
  }

  /**
   * The short way, for a packet in the midst of a known connection: TCP or UDP over IPv4, no fragment, no flag that opens or
   * closes, a path that was decided under the policy in force. It finds what `#look` would find, in one go.
   * @returns false, with nothing done, for any other packet.
   */
  #recognise(bytes: Uint8Array, start: number, slot: number, port: number): boolean {
    const { u8, u16, i32 } = this.#headers;
    const at8 = slot << 6;
    if (u8[at8 + HeaderOffset.l3] !== Layer3.ipv4 || u8[at8 + HeaderOffset.vlanCount] !== 0) return false;
    if ((u8[at8 + HeaderOffset.parseFlags] & (ParseFlag.malformed | ParseFlag.fragment)) !== 0) return false;
    const l4Offset = u16[(slot << 5) + (HeaderOffset.l4Offset >> 1)];
    if (l4Offset === 0) return false;
    const l4 = start + l4Offset;
    const protocol = u8[at8 + HeaderOffset.l4];
    if (protocol === IpProtocol.tcp ? (bytes[l4 + TCP_FLAGS] & OPENS_OR_CLOSES) !== 0 : protocol !== IpProtocol.udp) return false;

    // The key: see flow-key.ts.
    const l3 = start + u16[(slot << 5) + (HeaderOffset.l3Offset >> 1)];
    const source = (bytes[l3 + 12] << 24) | (bytes[l3 + 13] << 16) | (bytes[l3 + 14] << 8) | bytes[l3 + 15];
    const destination = (bytes[l3 + 16] << 24) | (bytes[l3 + 17] << 16) | (bytes[l3 + 18] << 8) | bytes[l3 + 19];
    const sourcePort = (bytes[l4] << 8) | bytes[l4 + 1];
    const destinationPort = (bytes[l4 + 2] << 8) | bytes[l4 + 3];
    let isFromFirst = source === destination ? sourcePort <= destinationPort : source >>> 0 < destination >>> 0;
    const head = (Layer3.ipv4 << 20) | (protocol << 12);
    const ports = isFromFirst ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    const first = isFromFirst ? source : destination;
    const second = isFromFirst ? destination : source;
    const hash = hashIpv4Key(head, ports, first, second);

    const words = this.#connections.signed;
    const { mask } = this.#connections;
    let at = (hash & mask) * ENTRY_WORDS;
    for (let probes = 1; ; probes++) {
      if (words[at + Word.hash] === hash && words[at + Word.key + 1] === ports && words[at + Word.key + 2] === first
        && words[at + Word.key + 6] === second && words[at + Word.key] === head && words[at] !== EntryKind.free) break;
      if (probes === PROBE_WINDOW) return false;
      at = ((hash + probes) & mask) * ENTRY_WORDS;
    }
    const flowId = words[at + Word.flowId];
    const isAlias = words[at] === EntryKind.alias;
    if (isAlias) {
      at = ((flowId & FLOW_INDEX_MASK) - 1) * ENTRY_WORDS;
      if (words[at] !== EntryKind.connection || words[at + Word.flowId] !== flowId) return false;
    }
    const now = this.#nowSeconds;
    const path = words[at + Word.path] - 1;
    if (path < 0 || words[at + Word.policy] !== this.#policyInForce || now - words[at + Word.lastSeen] > SHORTEST_IDLE_SECONDS) return false;
    const seconds = i32[(slot << 4) + (HeaderOffset.timestampSeconds >> 2)] >>> 0;
    const row = this.routes[path];
    if (seconds > now || (row.from !== port && (row.to !== port || !row.twoWay))) return false;

    const isReverse = row.from !== port;
    const flags = words[at + Word.flags];
    if (isAlias) isFromFirst = (isReverse === ((flags & OPENED_IN_REVERSE) !== 0)) === ((flags & FIRST_SENT) !== 0);
    words[at + Word.lastSeen] = now;
    const sender = isFromFirst === ((flags & FIRST_SENT) !== 0) ? 0 : 1;
    words[at + Word.packets + sender]++;
    const low = at + Word.bytes + 2 * sender;
    const length = i32[(slot << 4) + (HeaderOffset.length >> 2)];
    words[low] += length;
    if (words[low] >= 0 && words[low] < length) words[low + 1]++;
    i32[(slot << 4) + (HeaderOffset.flowHash >> 2)] = hash;
    i32[(slot << 4) + (HeaderOffset.flowId >> 2)] = flowId;
    this.connection = at / ENTRY_WORDS;
    this.flowId = flowId;
    this.path = path;
    this.direction = isReverse ? Direction.reverse : Direction.forward;
    return true;
  }

  /** The long way, for any packet. */
  #look(bytes: Uint8Array, start: number, slot: number, port: number): void {
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
    connections.touch(entry, fromFirst, this.#nowSeconds, this.#closes(packet, entry, fromFirst), packet.length);
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

  /** RST, or the second of two FINs. */
  #closes(packet: Packet, entry: number, fromFirst: boolean): boolean {
    const flags = packet.tcp()?.flags ?? 0;
    if ((flags & TcpFlag.rst) !== 0) return true;
    if ((flags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn) this.#connections.reopen(entry);
    return (flags & TcpFlag.fin) !== 0 && this.#connections.noteFin(entry, fromFirst);
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
