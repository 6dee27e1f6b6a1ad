/**
 * Hot: no allocation. Fragments after the first carry no ports, so the first one leaves word of its translation under
 * what they share with it: source, destination, protocol and identification (RFC 791 section 3.2).
 */
import type { StateTable } from '../tables.js';
import { FRAGMENT_TIMEOUT_MS } from './layout.js';

export class Fragments {
  readonly #table: StateTable;
  readonly #remove = (entry: number): void => this.#table.remove(entry);
  #sweptSecond = -1;

  constructor(table: StateTable) {
    this.#table = table;
  }

  /**
   * Notes which address replaces the translated one in the rest of a datagram. Addresses are those before translation.
   * @returns false when there is no room for another datagram.
   */
  note(
    direction: number,
    source: number,
    destination: number,
    protocol: number,
    identification: number,
    replacement: number,
    nowMs: number,
  ): boolean {
    const table = this.#table;
    this.#fillKey(direction, source, destination, protocol, identification);
    let entry = table.find();
    if (entry < 0) {
      entry = table.insert();
      if (entry < 0) {
        this.#reclaim(nowMs);
        entry = table.insert();
        if (entry < 0) return false;
      }
    }
    table.expireAt(entry, nowMs + FRAGMENT_TIMEOUT_MS);
    table.words[table.value(entry)] = replacement;
    return true;
  }

  /** The address noted by the first fragment; 0 when it is not known, or no longer. */
  replacement(direction: number, source: number, destination: number, protocol: number, identification: number, nowMs: number): number {
    this.#fillKey(direction, source, destination, protocol, identification);
    const entry = this.#table.find();
    return entry < 0 || this.#table.isExpired(entry, nowMs) ? 0 : this.#table.words[this.#table.value(entry)];
  }

  sweep(nowMs: number, budget: number): void {
    this.#table.sweep(nowMs, budget, this.#remove);
  }

  /** Timeouts end on whole seconds, so a second search within one second would find nothing. */
  #reclaim(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#sweptSecond) return;
    this.#sweptSecond = second;
    this.sweep(nowMs, this.#table.words.length);
  }

  #fillKey(direction: number, source: number, destination: number, protocol: number, identification: number): void {
    const key = this.#table.key;
    key[0] = source;
    key[1] = destination;
    key[2] = (direction << 24) | (protocol << 16) | identification;
  }
}
