/** Hot: no allocation. Receives from a port: parses once, classifies, stamps the header, sends to the first hop. */
import { Direction, HeaderOffset, ParseFlag, VerdictKind } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { parsePacket } from '../packet/parse.js';
import type { Forwarder, Shop } from './forwarder.js';

const NO_PATH = builtInDrop('no-path');
const PACKET_EMPTY = builtInDrop('packet-empty');
const NO_CONNECTION = -1;

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
    const { region, ports, portCounters, classification } = this.#shop;
    const count = ports[port].receive(this.#batch, this.#batch.length);
    const counters = portCounters[port];
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      const slot = region.slotIndex(address);
      counters[Cell.received]++;
      counters[Cell.receivedBytes] += this.#shop.headers.u32[(slot << 4) + 1];
      this.#admit(address, slot, port);
    }
    if (count > 0) classification.passTime();
    return count;
  }

  #admit(address: number, slot: number, port: number): void {
    const { region, headers, book, classification } = this.#shop;
    const { u8, u16, u32 } = headers;
    const at32 = slot << 4;
    const at16 = slot << 5;
    const at8 = slot << 6;
    u8[at8 + HeaderOffset.parseFlags] &= ParseFlag.offload;
    u8[at8 + HeaderOffset.verdict] = VerdictKind.forward;
    u16[at16 + (HeaderOffset.dropReason >> 1)] = 0;
    u32[at32 + (HeaderOffset.mark >> 2)] = 0;
    u32[at32 + (HeaderOffset.scratch >> 2)] = 0;
    u32[at32 + (HeaderOffset.scratch >> 2) + 1] = 0;
    u8[at8 + HeaderOffset.ingressPort] = port;
    book.ingress[slot] = port;
    if (u32[at32 + 1] === 0) {
      book.connection[slot] = NO_CONNECTION;
      this.#forwarder.drop(address, slot, PACKET_EMPTY);
      return;
    }
    const start = address + u32[at32];
    parsePacket(region.bytes, start, u32[at32 + 1], headers, slot);
    classification.classify(region.bytes, start, slot, port);
    book.connection[slot] = classification.connection;
    book.flowId[slot] = classification.flowId;
    if (classification.path < 0) {
      this.#forwarder.drop(address, slot, NO_PATH);
      return;
    }
    const { from, to } = classification.rows[classification.path];
    const { direction } = classification;
    book.path[slot] = classification.path;
    book.direction[slot] = direction;
    u16[at16 + (HeaderOffset.path >> 1)] = classification.path;
    u16[at16 + (HeaderOffset.pathVersion >> 1)] = classification.version;
    u8[at8 + HeaderOffset.direction] = direction;
    u8[at8 + HeaderOffset.egressPort] = direction === Direction.forward ? to : from;
    this.#forwarder.goTo(address, slot, 0);
  }
}
