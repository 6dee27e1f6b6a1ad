/**
 * Hot: no allocation. Which remotes a binding has sent to, where no flow can tell: filtering by address alone lets any port of
 * a remote in, and an inside host that writes to another's external address has a flow of its own until the other writes back.
 */
import type { StateTable } from '../tables.js';
import type { Bindings } from './bindings.js';
import { Binding, NONE, Peer } from './layout.js';

/** How often it is looked whether the binding still lives, in ms of packet time. */
const LOOK_MS = 60_000;

export class Peers {
  readonly #table: StateTable;
  readonly #now: () => number;
  readonly #bindings: Bindings;
  readonly #look: (entry: number) => void;
  #sweptMs = 0;
  #reclaimedSecond = -1;

  /** @param now packet time, in ms. */
  constructor(table: StateTable, bindings: Bindings, now: () => number) {
    this.#now = now;
    this.#table = table;
    this.#bindings = bindings;
    this.#look = (entry) => {
      const key = table.keyAt(entry);
      const external = bindings.findExternal(table.words[key + 1] >>> 16, table.words[key], table.words[key + 1] & 0xffff);
      const at = external < 0 ? NONE : bindings.bindingOf(external);
      if (at !== NONE && !bindings.isExpired(at, Math.floor(this.#sweptMs / 1000)) && this.#isOf(entry, at)) table.expireAt(entry, this.#sweptMs + LOOK_MS);
      else table.remove(entry);
    };
  }

  /**
   * The binding has sent to this remote. `port` is 0 where the address alone counts.
   * @returns false when there is no room to note it.
   */
  note(at: number, remote: number, port: number): boolean {
    const table = this.#table;
    this.#fillKey(at, remote, port);
    let entry = table.find();
    if (entry < 0) {
      if (table.count >= table.capacity) this.#reclaim();
      entry = table.insert();
      if (entry < 0) return false;
      table.expireAt(entry, this.#now() + LOOK_MS);
    }
    const value = table.value(entry);
    table.words[value + Peer.binding] = at;
    table.words[value + Peer.serial] = this.#bindings.words[at + Binding.serial];
    return true;
  }

  /** Whether the binding, as it is now, has sent to this remote. */
  knows(at: number, remote: number, port: number): boolean {
    this.#fillKey(at, remote, port);
    const entry = this.#table.find();
    return entry >= 0 && this.#isOf(entry, at);
  }

  sweep(nowMs: number, budget: number): void {
    this.#sweptMs = nowMs;
    this.#table.sweep(nowMs, budget, this.#look);
  }

  /** What is of bindings that have ended goes first: everything is looked at, at most once a second. */
  #reclaim(): void {
    const nowMs = this.#now();
    const second = Math.floor(nowMs / 1000);
    if (second === this.#reclaimedSecond) return;
    this.#reclaimedSecond = second;
    this.sweep(nowMs + LOOK_MS, this.#table.words.length);
  }

  /** A later binding may have the same external port. */
  #isOf(entry: number, at: number): boolean {
    const { words } = this.#table;
    const value = this.#table.value(entry);
    return words[value + Peer.binding] === at && words[value + Peer.serial] === this.#bindings.words[at + Binding.serial];
  }

  #fillKey(at: number, remote: number, port: number): void {
    const { words } = this.#bindings;
    const key = this.#table.key;
    key[0] = words[at + Binding.externalAddress];
    key[1] = (words[at + Binding.protocol] << 16) | words[at + Binding.externalPort];
    key[2] = remote;
    key[3] = port;
  }
}
