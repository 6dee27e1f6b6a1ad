/** Packets of the product's own generator, outside of a runtime: for baselines, microbenchmarks and the share of ingress. */
import { allocateControl } from '../src/memory/control-memory.js';
import { Region } from '../src/memory/region.js';
import { allocatePages, pagesFor } from '../src/memory/shared-pages.js';
import { SlotHeaders } from '../src/memory/slot-headers.js';
import { HEADER_BYTES } from '../src/memory/slot-layout.js';
import type { PortMemory } from '../src/port/contract.js';
import { GeneratorPort, type GeneratorOptions } from '../src/port/generator.js';

/** Slots with their headers, as a runtime has them. */
export class FrameMemory implements PortMemory {
  readonly region: Uint8Array;
  readonly headers: SlotHeaders;
  readonly maxPacketBytes: number;
  readonly slots: Region;

  constructor(slots: number, slotBytes: number) {
    this.slots = new Region({ memory: allocatePages(pagesFor(slots * slotBytes)), slots, slotBytes, scratchBytes: 0 });
    this.region = this.slots.bytes;
    this.headers = new SlotHeaders(allocateControl(slots * HEADER_BYTES), 0, slots);
    this.maxPacketBytes = this.slots.maxPacketBytes;
  }

  slotIndex(address: number): number {
    return this.slots.slotIndex(address);
  }

  /** Index in `region` of the first byte of a slot's packet. */
  start(slotIndex: number): number {
    return this.slots.address(slotIndex) + this.headers.u32[slotIndex << 4];
  }

  length(slotIndex: number): number {
    return this.headers.u32[(slotIndex << 4) + 1];
  }
}

export function frameGenerator(options: GeneratorOptions, memory: FrameMemory): GeneratorPort {
  const refuse = (): never => {
    throw new Error('a packet of the generator does not fit its slot');
  };
  return new GeneratorPort(options, memory, { dropAtIngress: refuse, dropAtEgress: refuse });
}

/** Addresses of all slots. */
export function allAddresses(memory: FrameMemory): Uint32Array {
  return Uint32Array.from({ length: memory.slots.slots }, (_, slot) => memory.slots.address(slot));
}
