/** Hot: no allocation. Receives from a port: parses once, classifies, stamps the header, sends to the first hop. */
import { Direction, HeaderOffset, ParseFlag } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { parsePacket } from '../packet/parse.js';
import type { Forwarder, Shop } from './forwarder.js';

const NO_PATH = builtInDrop('no-path');
const PACKET_EMPTY = builtInDrop('packet-empty');
const NO_CONNECTION = -1;
const MARK = HeaderOffset.mark >> 2;
const SCRATCH = HeaderOffset.scratch >> 2;
const DROP_REASON = HeaderOffset.dropReason >> 1;
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
    const { region, headers, ports, portCounters, book, classification, watch } = this.#shop;
    const { bytes } = region;
    const { u8, u16, u32 } = headers;
    const batch = this.#batch;
    const forwarder = this.#forwarder;
    const count = ports[port].receive(batch, batch.length);
    if (count === 0) return 0;
    let receivedBytes = 0;
    for (let k = 0; k < count; k++) {
      const address = batch[k];
      const slot = region.slotIndex(address);
      const at32 = slot << 4;
      const at16 = slot << 5;
      const at8 = slot << 6;
      const length = u32[at32 + 1];
      receivedBytes += length;
      u8[at8 + HeaderOffset.parseFlags] &= ParseFlag.offload;
      u8[at8 + HeaderOffset.verdict] = 0; // forward
      u16[at16 + DROP_REASON] = 0;
      u32[at32 + MARK] = 0;
      u32[at32 + SCRATCH] = 0;
      u32[at32 + SCRATCH + 1] = 0;
      u8[at8 + HeaderOffset.ingressPort] = port;
      book.ingress[slot] = port;
      if (length === 0) {
        book.connection[slot] = NO_CONNECTION;
        forwarder.drop(address, slot, PACKET_EMPTY);
        continue;
      }
      const start = address + u32[at32];
      parsePacket(bytes, start, length, headers, slot);
      classification.classify(bytes, start, slot, port);
      book.connection[slot] = classification.connection;
      book.flowId[slot] = classification.flowId;
      const { path, direction } = classification;
      if (path < 0) {
        forwarder.drop(address, slot, NO_PATH);
        continue;
      }
      book.path[slot] = path;
      book.direction[slot] = direction;
      u16[at16 + PATH] = path;
      u16[at16 + PATH_VERSION] = classification.version;
      u8[at8 + HeaderOffset.direction] = direction;
      const route = classification.routes[path];
      u8[at8 + HeaderOffset.egressPort] = direction === Direction.forward ? route.to : route.from;
      forwarder.goTo(address, slot, 0);
    }
    if (watch.isOn) watch.received(batch, count);
    const counters = portCounters[port];
    counters[Cell.received] += count;
    counters[Cell.receivedBytes] += receivedBytes;
    classification.passTime();
    return count;
  }
}
