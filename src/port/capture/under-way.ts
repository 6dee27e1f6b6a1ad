/**
 * The packets of a two-sided capture that are in slots: whose they are, and how they are addressed. A reply goes in addressed
 * to what its side last saw leaving, and what leaves tells that.
 */
import { HEADER_BYTES_LOG2, HeaderOffset, HeaderWord, initialDataOffset, Layer3 } from '../../memory/slot-layout.js';
import type { PortMemory } from '../contract.js';
import { type Connection, type ConnectionTable, NO_CONNECTION, Side } from './connections.js';
import { readdress } from './readdress.js';
import { Protocol, Tuple } from './tuple.js';

/** IPv4 with TCP or UDP, by the word of the slot's header that says so: most of what there is. */
function isPlain(kind: number): boolean {
  const l4 = (kind >>> 8) & 0xff;
  return (kind & 0xff) === Layer3.ipv4 && (l4 === Protocol.tcp || l4 === Protocol.udp);
}

export class UnderWay {
  readonly #memory: PortMemory;
  readonly #table: ConnectionTable;
  readonly #tuple = new Tuple();
  /** Connection and side of the packet in each slot, by slot index; NO_CONNECTION when it is not from here. */
  readonly #slotConnections: Int32Array;
  readonly #slotSides: Uint8Array;
  #count = 0;

  constructor(memory: PortMemory, table: ConnectionTable) {
    this.#memory = memory;
    this.#table = table;
    this.#slotConnections = new Int32Array(memory.headers.slotCount).fill(NO_CONNECTION);
    this.#slotSides = new Uint8Array(memory.headers.slotCount);
  }

  /** Packets of connections in slots. */
  get count(): number {
    return this.#count;
  }

  /** The packet in the slot is the manager's from now on: addressed as its side would do it. */
  hand(address: number, connection: Connection | null, side: number, linkType: number, length: number): void {
    const slotIndex = this.#memory.slotIndex(address);
    this.#slotConnections[slotIndex] = connection === null ? NO_CONNECTION : connection.index;
    this.#slotSides[slotIndex] = side;
    if (connection !== null) this.#count++;
    if (connection === null || !connection.isTranslated(side)) return;
    this.#tuple.read(this.#memory.region, address + initialDataOffset(slotIndex), length, linkType);
    readdress(this.#memory.region, this.#tuple, connection, side);
  }

  /** Packets leave towards `side`: those that came from the other one tell how they are addressed now. */
  observe(side: number, addresses: Uint32Array, count: number): void {
    const { u8, u16, i32 } = this.#memory.headers;
    const { region } = this.#memory;
    for (let k = 0; k < count; k++) {
      const address = addresses[k];
      const slotIndex = this.#memory.slotIndex(address);
      const index = this.#slotConnections[slotIndex];
      if (index === NO_CONNECTION || this.#slotSides[slotIndex] === side) continue;
      const connection = this.#table.get(index);
      // The inside knows its own addresses: once the outside sees others, only those are learned.
      if (side === Side.inside && connection.isTranslated(Side.outside)) continue;
      const at = slotIndex << (HEADER_BYTES_LOG2 - 2);
      const start = address + i32[at + HeaderWord.dataOffset];
      const kind = i32[at + HeaderWord.kind];
      if (isPlain(kind)) {
        const offsets = slotIndex << (HEADER_BYTES_LOG2 - 1);
        const l3At = start + u16[offsets + (HeaderOffset.l3Offset >> 1)];
        const l4Offset = u16[offsets + (HeaderOffset.l4Offset >> 1)]; // 0: no header that can be read
        if (l4Offset !== 0 && connection.isSeenAs(side, region, l3At, start + l4Offset, (kind >>> 8) & 0xff)) continue;
      }
      this.#tuple.read(region, start, i32[at + HeaderWord.length], u8[(slotIndex << HEADER_BYTES_LOG2) + HeaderOffset.linkType]);
      connection.learn(this.#tuple, side);
    }
  }

  /** The packet in a slot is home. @returns its connection; null when it has none, or was not handed out here. */
  settled(address: number): Connection | null {
    const slotIndex = this.#memory.slotIndex(address);
    const index = this.#slotConnections[slotIndex];
    if (index === NO_CONNECTION) return null;
    this.#slotConnections[slotIndex] = NO_CONNECTION;
    this.#count--;
    return this.#table.get(index);
  }
}
