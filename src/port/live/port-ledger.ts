/**
 * Hot: no allocation. What a thread of a live port counts by itself, in a block of its own: packets that never reached the
 * manager. Each was received and dropped, or made here and transmitted, so the block holds one side and readers derive the
 * other: however it is read meanwhile, it balances.
 */
import { Cell, counterBlock } from '../../observe/counters.js';

export class PortLedger {
  readonly #block: Float64Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#block = counterBlock(buffer, offset);
  }

  /** Packets that arrived and go no further. */
  drop(reason: number, packets: number, bytes: number): void {
    this.#block[Cell.drops + reason] += packets;
    this.#block[Cell.receivedBytes] += bytes;
  }

  /** A packet of the port's own making has left. */
  originate(bytes: number): void {
    this.#block[Cell.transmitted]++;
    this.#block[Cell.transmittedBytes] += bytes;
  }
}
