/** A port that takes everything and receives nothing. What is sent here may be written to a capture. */
import { createCapture } from './capture/create-capture.js';
import type { CaptureProblem } from './capture/capture-error.js';
import { Egress } from './capture/egress.js';
import { InterfaceDirectory } from './capture/interfaces.js';
import type { PortBackend, PortCounts, PortMemory } from './contract.js';

export interface SinkPortOptions {
  write?: string;
  /** Told once what the system said, when that file takes nothing any more. */
  onWriteFailure?: (why: string) => void;
  /** Shared by the ports of one runtime, so that the file names the interfaces that packets came from. */
  directory?: InterfaceDirectory;
}

export class SinkPort implements PortBackend {
  readonly exhausted = true;
  readonly #egress: Egress;

  /** @throws CaptureError when the file to write cannot be created. */
  constructor(options: SinkPortOptions, memory: PortMemory, counts: PortCounts) {
    const writer = options.write === undefined ? null : createCapture(options.write, [], options.directory ?? new InterfaceDirectory());
    this.#egress = new Egress(memory, counts, writer, options.onWriteFailure);
  }

  get problems(): CaptureProblem[] {
    return this.#egress.problems;
  }

  receive(): number {
    return 0;
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  close(): void {
    this.#egress.close();
  }
}
