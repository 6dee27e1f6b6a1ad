/**
 * Hot: no allocation, and for IPv4 no call but what is inlined. The short way of a packet into its chain: parsed, recognised and stamped
 * in one go, a burst in one loop, because most packets are plain ones in the midst of a known connection. It finds what
 * the parser and the classifier would find; whatever is not so simple is left to them.
 *
 * Short is: a whole Ethernet frame without tags, IPv4 without options or fragments or IPv6 without extension headers, TCP or UDP; a connection
 * whose path was decided under the policy in force, seen so shortly ago that it cannot have timed out.
 *
 * A closure over constants (docs/hot-code.md). Headers are read and written by words, so the fields within a word stand as on little-endian machines (slot-layout.ts).
 */
import { flagsAfter, OPENS_OR_CLOSES } from '../flow/closing.js';
import { ENTRY_WORDS_LOG2, EntryKind, FIRST_SENT, IDLE_SECONDS, OPENED_IN_REVERSE, PROBE_WINDOW, Word } from '../flow/connection-layout.js';
import type { ConnectionTable } from '../flow/connection-table.js';
import { hashIpv4Key, hashIpv6Key } from '../flow/flow-hash.js';
import { FLOW_INDEX_BITS, FLOW_INDEX_MASK } from '../flow/flow-id.js';
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderWord, Layer3, LinkType, ParseFlag } from '../memory/slot-layout.js';
import { ETHERNET_BYTES } from '../packet/link.js';
import { IpProtocol } from '../packet/protocols.js';
import { IPV6_BYTES } from '../packet/packet-end.js';
import { TCP_MIN_BYTES } from '../packet/tcp.js';
import { UDP_BYTES } from '../packet/udp.js';
import type { Route } from './route.js';
import { wayOf, type SlotBook } from './slot-book.js';

/** A TCP or UDP connection that was seen so short a while ago has not timed out, whatever its state. */
const SHORTEST_IDLE_SECONDS = Math.min(IDLE_SECONDS.tcp, IDLE_SECONDS.tcpClosing, IDLE_SECONDS.udp);

/** Where the transport header of a plain packet begins. */
const PLAIN_L4 = ETHERNET_BYTES + 20;

// The word of link type and parse flags, as a port leaves it: Ethernet, with no flag but the one that it may keep.
const LINK_TYPE_SHIFT = 24;
const PARSE_FLAGS_SHIFT = 16;
const KEPT_OF_ARRIVAL = (0xff << LINK_TYPE_SHIFT) | (ParseFlag.offload << PARSE_FLAGS_SHIFT);
const LINK_TYPE_AND_FLAGS = (0xff << LINK_TYPE_SHIFT) | ((0xff & ~ParseFlag.offload) << PARSE_FLAGS_SHIFT);
const PLAIN_ETHERNET = LinkType.ethernet << LINK_TYPE_SHIFT;
const PLAIN_L4_V6 = ETHERNET_BYTES + IPV6_BYTES;

/** Words of a route here: its two ports, and whether it is taken from the second one too. */
const ROUTE_WORDS = 4;
const FROM = 0;
const TO = 1;
const TWO_WAY = 2;
const FIRST_ROUTES = 64;

/** See `stampOf`. */
export type Stamp = (addresses: Uint32Array, from: number, count: number, port: number, now: number, policy: number, version: number) => number;

export class KnownConnections {
  /** Bytes of the packets that the last call stamped. */
  bytes = 0;
  /** Seconds of packet time after it. */
  seconds = 0;
  /** Of each route, ROUTE_WORDS. */
  table = new Int32Array(FIRST_ROUTES * ROUTE_WORDS);
  count = 0;
  readonly #stamp: Stamp;

  constructor(region: Region, headers: SlotHeaders, book: SlotBook, connections: ConnectionTable) {
    this.#stamp = stampOf(region, headers, book, connections, this);
  }

  /** See `stampOf`. */
  stamp(addresses: Uint32Array, from: number, count: number, port: number, now: number, policy: number, version: number): number {
    return this.#stamp(addresses, from, count, port, now, policy, version);
  }

  /** Learns of a route, before a connection has it. */
  install(route: Route, index: number): void {
    if ((index + 1) * ROUTE_WORDS > this.table.length) {
      const more = new Int32Array(2 * (index + 1) * ROUTE_WORDS);
      more.set(this.table);
      this.table = more;
    }
    if (index >= this.count) this.count = index + 1;
    const at = index * ROUTE_WORDS;
    this.table[at + FROM] = route.from;
    this.table[at + TO] = route.to;
    this.table[at + TWO_WAY] = route.twoWay ? 1 : 0;
  }
}

/**
 * Parses, recognises and stamps packets that `port` received, from the one at `from` on, as long as they take the short way.
 * @param now seconds of packet time, which moves on with the packets: see `KnownConnections.seconds`.
 * @param policy generation of the policy in force, as int32.
 * @param version what packets are stamped with of it, 16 bits.
 * @returns the index of the first packet that does not take it, of which nothing was written; `count` when all do.
 */
function stampOf(region: Region, headers: SlotHeaders, book: SlotBook, connections: ConnectionTable, known: KnownConnections): Stamp {
  const itsView = new DataView(region.bytes.buffer, region.bytes.byteOffset, region.bytes.byteLength);
  const { base: itsBase, slotShift: itsShift, slotBytes: itsSlotBytes } = region;
  const { i32: itsHeaders } = headers;
  const { way: itsWays, ingress: itsIngress, connection: itsConnections, flowId: itsFlowIds } = book;
  const { words: itsEntries, index: itsIndex, mask: itsMask } = connections;
  // What `findIpv6` has found.
  let protocol6 = 0;
  let payload6 = 0;
  let hash6 = 0;
  let isFromFirst6 = false;
  let tcpFlags6 = 0;

  return function stamp(addresses: Uint32Array, from: number, count: number, port: number, now: number, policy: number, version: number): number {
    const view = itsView;
    const base = itsBase;
    const slotShift = itsShift;
    const slotBytes = itsSlotBytes;
    const i32 = itsHeaders;
    const way = itsWays;
    const ingress = itsIngress;
    const connection = itsConnections;
    const flowIds = itsFlowIds;
    const words = itsEntries;
    const index = itsIndex;
    const mask = itsMask;
    const { table: routes, count: routeCount } = known;
    let seconds = now;
    let bytes = 0;
    let k = from;
    for (; k < count; k++) {
      const slot = (addresses[k] - base) >>> slotShift;
      const at = slot << 4;
      const length = i32[at | HeaderWord.length];
      const arrival = i32[at | HeaderWord.kind];
      if ((arrival & LINK_TYPE_AND_FLAGS) !== PLAIN_ETHERNET || length < PLAIN_L4 + UDP_BYTES || i32[at | HeaderWord.originalLength] > length) break;
      // Any thread can write headers, and a view throws where an array would read nothing.
      if (i32[at | HeaderWord.dataOffset] >>> 0 > slotBytes - length) break;

      // The parse: see packet/parse.ts.
      const start = (addresses[k] + i32[at | HeaderWord.dataOffset]) >>> 0;
      const type = view.getInt32((start + 12) >>> 0);
      let layer3: number = Layer3.ipv4;
      let protocol: number;
      let l4 = PLAIN_L4;
      let payload: number;
      let isFromFirst: boolean;
      let tcpFlags = 0;
      let hash: number;
      let entry: number;
      if ((type & ~0xff) === 0x08004500) { // IPv4, five words of header
        const end = ETHERNET_BYTES + view.getUint16((start + 16) >>> 0);
        const middle = view.getInt32((start + 20) >>> 0); // fragment (16 bits), time to live, protocol
        if (end > length || (middle & 0x3fff0000) !== 0) break;
        protocol = middle & 0xff;
        payload = PLAIN_L4 + UDP_BYTES;
        if (protocol === IpProtocol.udp) {
          const datagramBytes = view.getUint16((start + PLAIN_L4 + 4) >>> 0);
          if (datagramBytes < UDP_BYTES || PLAIN_L4 + datagramBytes > end) break;
        } else if (protocol === IpProtocol.tcp) {
          if (PLAIN_L4 + TCP_MIN_BYTES > end) break;
          const offsetAndFlags = view.getUint16((start + PLAIN_L4 + 12) >>> 0);
          const headerBytes = (offsetAndFlags >>> 12) << 2;
          payload = PLAIN_L4 + headerBytes;
          if (headerBytes < TCP_MIN_BYTES || payload > end) break;
          tcpFlags = offsetAndFlags;
        } else break;

        // The key: see flow/flow-key.ts.
        const source = view.getInt32((start + 26) >>> 0);
        const destination = view.getInt32((start + 30) >>> 0);
        const sent = view.getInt32((start + PLAIN_L4) >>> 0); // ports as they were sent
        isFromFirst = source === destination ? sent >>> 16 <= (sent & 0xffff) : (source ^ 0x80000000) < (destination ^ 0x80000000);
        const head = (Layer3.ipv4 << 20) | (protocol << 12);
        const ports = isFromFirst ? sent : (sent << 16) | (sent >>> 16);
        const first = isFromFirst ? source : destination;
        const second = isFromFirst ? destination : source;
        hash = hashIpv4Key(head, ports, first, second);

        // The connection: see flow/connection-table.ts.
        let found = index[hash & mask];
        entry = ((found & FLOW_INDEX_MASK) - 1) << ENTRY_WORDS_LOG2;
        let probes = 1;
        while (found === 0 || (found ^ hash) >>> FLOW_INDEX_BITS !== 0 || words[entry | (Word.key + 1)] !== ports || words[entry | (Word.key + 2)] !== first
          || words[entry | (Word.key + 6)] !== second || words[entry | Word.key] !== head) {
          if (probes === PROBE_WINDOW) break;
          found = index[(hash + probes) & mask];
          entry = ((found & FLOW_INDEX_MASK) - 1) << ENTRY_WORDS_LOG2;
          probes++;
        }
        if (probes === PROBE_WINDOW) break; // also when it was the last one probed: the long way finds it
      } else if (type >>> 12 === 0x86dd6) {
        entry = findIpv6(start, length);
        if (entry < 0) break;
        layer3 = Layer3.ipv6;
        protocol = protocol6;
        l4 = PLAIN_L4_V6;
        payload = payload6;
        hash = hash6;
        isFromFirst = isFromFirst6;
        tcpFlags = tcpFlags6;
      } else break;
      const flowId = words[entry | Word.flowId];
      const isAlias = words[entry] === EntryKind.alias;
      if (isAlias) {
        entry = ((flowId & FLOW_INDEX_MASK) - 1) << ENTRY_WORDS_LOG2;
        if (words[entry] !== EntryKind.connection || words[entry | Word.flowId] !== flowId) break;
      }
      const path = words[entry | Word.path] - 1;
      const arrived = i32[at | HeaderWord.timestampSeconds] >>> 0;
      if (arrived > seconds) seconds = arrived;
      if (path < 0 || path >= routeCount || words[entry | Word.policy] !== policy || seconds - (words[entry | Word.lastSeen] >>> 0) > SHORTEST_IDLE_SECONDS) break;
      const route = path * ROUTE_WORDS;
      const isReverse = routes[route + FROM] !== port;
      if (isReverse && (routes[route + TO] !== port || routes[route + TWO_WAY] === 0)) break;

      // Counted: see ConnectionTable.touch.
      const flags = words[entry | Word.flags];
      if (isAlias) isFromFirst = (isReverse === ((flags & OPENED_IN_REVERSE) !== 0)) === ((flags & FIRST_SENT) !== 0);
      if ((tcpFlags & OPENS_OR_CLOSES) !== 0) words[entry | Word.flags] = flagsAfter(flags, tcpFlags, isFromFirst);
      words[entry | Word.lastSeen] = seconds;
      const sender = isFromFirst === ((flags & FIRST_SENT) !== 0) ? 0 : 1;
      words[entry | (Word.packets + sender)]++;
      const low = (entry | Word.bytes) + 2 * sender;
      const sum = (words[low] + length) | 0;
      words[low] = sum;
      if (sum >>> 0 < length) words[low + 1]++;

      const direction = isReverse ? Direction.reverse : Direction.forward;
      const egress = routes[route + (isReverse ? FROM : TO)];
      i32[at | HeaderWord.kind] = layer3 | (protocol << 8) | (arrival & KEPT_OF_ARRIVAL);
      i32[at | HeaderWord.offsets] = ETHERNET_BYTES | (l4 << 16);
      i32[at | HeaderWord.payload] = payload | (version << 16);
      i32[at | HeaderWord.path] = wayOf(path, 0, direction);
      i32[at | HeaderWord.verdict] = 0; // forward, no tags, no reason
      i32[at | HeaderWord.ports] = port | (egress << 8) | (i32[at | HeaderWord.ports] & ~0xffff);
      i32[at | HeaderWord.flowHash] = hash;
      i32[at | HeaderWord.flowId] = flowId;
      i32[at | HeaderWord.mark] = 0;
      i32[at | HeaderWord.scratch] = 0;
      i32[at | (HeaderWord.scratch + 1)] = 0;
      way[slot] = wayOf(path, 0, direction);
      ingress[slot] = port;
      connection[slot] = entry >> ENTRY_WORDS_LOG2;
      flowIds[slot] = flowId;
      bytes += length;
    }
    known.bytes = bytes;
    known.seconds = seconds;
    return k;
  };

  /**
   * The same for an Ethernet frame with IPv6 and no extension header: its parse and its connection, whose entry is returned, or -1.
   * Layout: the addresses are at 22 and 38, next header and payload length before them (RFC 8200, 3).
   */
  function findIpv6(start: number, length: number): number {
    const view = itsView;
    const words = itsEntries;
    const mask = itsMask;
    const payloadBytes = view.getUint16(start + 18);
    const end = PLAIN_L4_V6 + payloadBytes;
    if (payloadBytes === 0 || end > length) return -1;
    const protocol = view.getUint8(start + 20);
    if (protocol === IpProtocol.udp) {
      if (PLAIN_L4_V6 + UDP_BYTES > end) return -1;
      const datagramBytes = view.getUint16(start + PLAIN_L4_V6 + 4);
      if (datagramBytes < UDP_BYTES || PLAIN_L4_V6 + datagramBytes > end) return -1;
      payload6 = PLAIN_L4_V6 + UDP_BYTES;
      tcpFlags6 = 0;
    } else if (protocol === IpProtocol.tcp) {
      if (PLAIN_L4_V6 + TCP_MIN_BYTES > end) return -1;
      const offsetAndFlags = view.getUint16(start + PLAIN_L4_V6 + 12);
      const headerBytes = (offsetAndFlags >>> 12) << 2;
      if (headerBytes < TCP_MIN_BYTES || PLAIN_L4_V6 + headerBytes > end) return -1;
      payload6 = PLAIN_L4_V6 + headerBytes;
      tcpFlags6 = offsetAndFlags;
    } else return -1;
    const sent = view.getInt32(start + PLAIN_L4_V6);
    let differs = 0;
    while (differs < 16 && view.getInt32(start + 22 + differs) === view.getInt32(start + 38 + differs)) differs += 4;
    const isFromFirst = differs === 16 ? sent >>> 16 <= (sent & 0xffff) : view.getUint32(start + 22 + differs) < view.getUint32(start + 38 + differs);
    const head = (Layer3.ipv6 << 20) | (protocol << 12);
    const ports = isFromFirst ? sent : (sent << 16) | (sent >>> 16);
    const first = start + (isFromFirst ? 22 : 38);
    const second = start + (isFromFirst ? 38 : 22);
    const a = view.getInt32(first);
    const b = view.getInt32(first + 4);
    const c = view.getInt32(first + 8);
    const d = view.getInt32(first + 12);
    const e = view.getInt32(second);
    const f = view.getInt32(second + 4);
    const g = view.getInt32(second + 8);
    const h = view.getInt32(second + 12);
    const hash = hashIpv6Key(head, ports, a, b, c, d, e, f, g, h);
    protocol6 = protocol;
    hash6 = hash;
    isFromFirst6 = isFromFirst;
    for (let probe = 0; probe < PROBE_WINDOW; probe++) {
      const found = itsIndex[(hash + probe) & mask];
      if (found === 0 || (found ^ hash) >>> FLOW_INDEX_BITS !== 0) continue;
      const entry = ((found & FLOW_INDEX_MASK) - 1) << ENTRY_WORDS_LOG2;
      const key = entry + Word.key;
      if (words[key] === head && words[key + 1] === ports && words[key + 2] === a && words[key + 3] === b && words[key + 4] === c && words[key + 5] === d
        && words[key + 6] === e && words[key + 7] === f && words[key + 8] === g && words[key + 9] === h) return entry;
    }
    return -1;
  }
}
