/**
 * Hot: no allocation. Receives from a port, a burst at a time: packets that take the short way are parsed, recognised and
 * stamped together, any other by itself; all of them go to the first hops of their paths, in their order.
 */
import { Direction, HeaderOffset, HeaderWord, ParseFlag } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { parsePacket } from '../packet/parse.js';
import type { Forwarder, Shop } from './forwarder.js';
import { wayOf } from './slot-book.js';

const NO_PATH = builtInDrop('no-path');
const PACKET_EMPTY = builtInDrop('packet-empty');
const NO_CONNECTION = -1;
const PATH = HeaderOffset.path >> 1;
const PATH_VERSION = HeaderOffset.pathVersion >> 1;

export class Ingress {
  readonly #shop: Shop;
  readonly #forwarder: Forwarder;
  readonly #batch: Uint32Array;

  constructor(shop: Shop, forwarder: Forwarder) {
    this.#shop = shop;
    this.#forwarder = forwarder;
    this.#batch = new Uint32Array(shop.burst);
  }

  /** One burst at most; returns how many packets that were. */
  receive(port: number): number {
    const { ports, portCounters, classification, watch } = this.#shop;
    const batch = this.#batch;
    const count = ports[port].receive(batch, batch.length);
    if (count === 0) return 0;
    let receivedBytes = 0;
    for (let k = 0; k < count;) {
      const known = classification.recognise(batch, k, count, port);
      receivedBytes += classification.recognisedBytes;
      this.#forwarder.enter(batch, k, known);
      k = known;
      if (k < count) receivedBytes += this.#receiveOne(batch[k++], port);
    }
    if (watch.isOn) watch.received(batch, count);
    const counters = portCounters[port];
    counters[Cell.received] += count;
    counters[Cell.receivedBytes] += receivedBytes;
    classification.passTime();
    return count;
  }

  /** The long way, for any packet. Returns its length. */
  #receiveOne(address: number, port: number): number {
    const { region, headers, book, classification } = this.#shop;
    const { u8, u16, u32 } = headers;
    const slot = region.slotIndex(address);
    const at32 = slot << 4;
    const at8 = slot << 6;
    const length = u32[at32 + HeaderWord.length];
    u8[at8 + HeaderOffset.parseFlags] &= ParseFlag.offload;
    u32[at32 + HeaderWord.verdict] = 0; // forward, no reason
    u32[at32 + HeaderWord.mark] = 0;
    u32[at32 + HeaderWord.scratch] = 0;
    u32[at32 + HeaderWord.scratch + 1] = 0;
    u8[at8 + HeaderOffset.ingressPort] = port;
    book.ingress[slot] = port;
    if (length === 0) {
      book.connection[slot] = NO_CONNECTION;
      this.#forwarder.drop(address, slot, PACKET_EMPTY);
      return length;
    }
    const start = address + u32[at32];
    parsePacket(region.bytes, start, length, headers, slot);
    classification.classify(region.bytes, start, slot, port);
    book.connection[slot] = classification.connection;
    book.flowId[slot] = classification.flowId;
    const { path, direction } = classification;
    if (path < 0) {
      this.#forwarder.drop(address, slot, NO_PATH);
      return length;
    }
    book.way[slot] = wayOf(path, 0, direction);
    u16[(slot << 5) + PATH] = path;
    u16[(slot << 5) + PATH_VERSION] = classification.version;
    u8[at8 + HeaderOffset.direction] = direction;
    const route = classification.routes[path];
    u8[at8 + HeaderOffset.egressPort] = direction === Direction.forward ? route.to : route.from;
    this.#forwarder.goTo(address, slot, 0);
    return length;
  }
}
