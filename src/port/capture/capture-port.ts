/** A capture file as one port: all of it is received here, in its order, and what is sent here may be written to another. */
import { builtInDrop } from '../../observe/drop-reasons.js';
import type { PortBackend, PortCounts, PortMemory } from '../contract.js';
import type { CaptureProblem } from './capture-error.js';
import { createCapture } from './create-capture.js';
import { Egress } from './egress.js';
import { SlotFiller } from './fill-slot.js';
import { InterfaceDirectory } from './interfaces.js';
import { openCapture } from './open-capture.js';
import type { CaptureReader } from './reader.js';

/** Records looked at for each free slot in one call: bounds a call whose records do not fit a slot. */
const LOOK_AHEAD = 8;
const PACKET_TOO_LONG = builtInDrop('packet-too-long');

export interface CapturePortOptions {
  path: string;
  /** Where to write what is sent here; without it, that is discarded. */
  write?: string;
  /** Told once what the system said, when that file takes nothing any more. */
  onWriteFailure?: (why: string) => void;
  /** Index of this port, as slot headers have it. */
  portIndex?: number;
  /** Shared by the ports of one runtime, so that written files name the interfaces that packets came from. */
  directory?: InterfaceDirectory;
}

export class CapturePort implements PortBackend {
  readonly #memory: PortMemory;
  readonly #filler: SlotFiller;
  readonly #counts: PortCounts;
  readonly #reader: CaptureReader;
  readonly #egress: Egress;

  /** @throws CaptureError when the capture cannot be read, or the file to write cannot be created. */
  constructor(options: CapturePortOptions, memory: PortMemory, counts: PortCounts) {
    this.#memory = memory;
    this.#filler = new SlotFiller(memory);
    this.#counts = counts;
    this.#reader = openCapture(options.path);
    const directory = options.directory ?? new InterfaceDirectory();
    directory.register(options.portIndex ?? 0, this.#reader);
    try {
      this.#egress = new Egress(memory, counts, options.write === undefined ? null : createCapture(options.write, [options.path], directory), options.onWriteFailure);
    } catch (error) {
      this.#reader.close();
      throw error;
    }
  }

  get exhausted(): boolean {
    return this.#reader.exhausted;
  }

  /** What was wrong with the files, read and written. */
  get problems(): CaptureProblem[] {
    return [...this.#reader.problems, ...this.#egress.problems];
  }

  receive(slots: Uint32Array, count: number): number {
    const reader = this.#reader;
    let used = 0;
    for (let looked = 0; used < count && looked < count * LOOK_AHEAD && reader.next(); looked++) {
      if (reader.length > this.#memory.maxPacketBytes) this.#counts.dropAtIngress(PACKET_TOO_LONG);
      else this.#filler.fill(slots[used++], reader.buffer, reader.dataOffset, reader);
    }
    return used;
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  close(): void {
    this.#reader.close();
    this.#egress.close();
  }
}
