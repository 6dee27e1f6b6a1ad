/**
 * Which interface a packet came from, for writers: the slot header carries the ingress port and the interface id, and
 * this directory, one for the ports of a thread, knows what they are called.
 */
import type { CaptureInterface, CaptureReader } from './reader.js';

export class InterfaceDirectory {
  readonly #readers = new Map<number, CaptureReader>();

  /** The port with this index receives what the reader reads. */
  register(portIndex: number, reader: CaptureReader): void {
    this.#readers.set(portIndex, reader);
  }

  /** Undefined for packets that no capture port received. */
  find(portIndex: number, interfaceId: number): CaptureInterface | undefined {
    return this.#readers.get(portIndex)?.interfaces[interfaceId];
  }
}
