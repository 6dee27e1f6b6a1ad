/** A port that receives the packets that it was given, in order, and lets go of what is sent here. */
import { Egress } from './capture/egress.js';
import { SlotFiller } from './capture/fill-slot.js';
import type { PortBackend, PortCounts, PortMemory } from './contract.js';

export interface MemoryPortOptions {
  packets: readonly Uint8Array[];
  /** As in LinkType. */
  linkType: number;
}

/** Packets have no time of their own here: they are a millisecond apart, from 1970 on, so that runs can be repeated. */
const SPACING_NANOS = 1_000_000;

export class MemoryPort implements PortBackend {
  readonly #packets: readonly Uint8Array[];
  readonly #linkType: number;
  readonly #filler: SlotFiller;
  readonly #egress: Egress;
  #next = 0;

  /** @throws RangeError when a packet does not fit a slot. */
  constructor({ packets, linkType }: MemoryPortOptions, memory: PortMemory, counts: PortCounts) {
    const misfit = packets.findIndex(({ length }) => length < 1 || length > memory.maxPacketBytes);
    if (misfit >= 0) throw new RangeError(`packet ${misfit} of a memory port has ${packets[misfit].length} B, expected 1 to ${memory.maxPacketBytes}`);
    this.#packets = packets;
    this.#linkType = linkType;
    this.#filler = new SlotFiller(memory);
    this.#egress = new Egress(memory, counts, null);
  }

  receive(slots: Uint32Array, count: number): number {
    let used = 0;
    for (; used < count && this.#next < this.#packets.length; used++) {
      const packet = this.#packets[this.#next];
      const seconds = Math.floor((this.#next * SPACING_NANOS) / 1e9);
      const nanos = (this.#next++ * SPACING_NANOS) % 1e9;
      const { length } = packet;
      this.#filler.fill(slots[used], packet, 0, { length, originalLength: length, seconds, nanos, linkType: this.#linkType, interfaceId: 0 });
    }
    return used;
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  get exhausted(): boolean {
    return this.#next >= this.#packets.length;
  }

  close(): void {
    this.#egress.close();
  }
}
