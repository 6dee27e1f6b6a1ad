/** Where records of watched packets arrive, and from where the other threads learn what is watched. Main thread. */
import { MAX_WATCHES, RecordReader } from '../../ring/record-ring.js';
import { readRecord, watchesOf, type WatchedPacket } from '../../watch/record.js';
import type { WatchSpec } from '../../watch/watch-spec.js';
import type { Layout } from '../layout.js';
import type { Watcher, WatchRequest } from './watcher.js';

interface Watch {
  readonly spec: WatchSpec;
  readonly watcher: Watcher;
  /** What the rings had skipped of this number before it was this watch's. */
  readonly skippedBefore: number;
}

/** Tells the manager and all VMs what is watched; settles when all of them have heard it. */
export type TellWatches = (watches: readonly WatchSpec[]) => Promise<void>;

export class WatchDesk {
  readonly #layout: Layout;
  readonly #tell: TellWatches;
  /**
   * The manager's first. It learns of a verdict after the VM has written it down; so whoever has read the end of a packet's
   * way in the manager's ring finds all that was before it in the others.
   */
  readonly #readers: readonly RecordReader[];
  readonly #watches = new Map<number, Watch>();
  #isOver = false;

  /** @param initial in force from the first packet on, by the numbers in their specs. */
  constructor(layout: Layout, tell: TellWatches, initial: readonly { spec: WatchSpec; watcher: Watcher }[]) {
    const { shared, manager, vms } = layout;
    this.#layout = layout;
    this.#tell = tell;
    this.#readers = [manager.watch, ...vms.map(({ watch }) => watch)].map(({ ring }) => new RecordReader(shared.control, ring));
    for (const { spec, watcher } of initial) this.#watches.set(spec.id, { spec, watcher, skippedBefore: 0 });
  }

  /** Begins a watch. @returns its number, once it is in force. @throws Error when there are too many. */
  async add(request: WatchRequest, watcher: Watcher): Promise<number> {
    if (this.#isOver) throw new Error('the runtime is over');
    let id = 0;
    while (this.#watches.has(id)) id++;
    if (id === MAX_WATCHES) throw new Error(`at most ${MAX_WATCHES} watches at a time`);
    this.#watches.set(id, { spec: { ...request, id }, watcher, skippedBefore: this.#skipped(id) });
    await this.#tellAll();
    return id;
  }

  /** Ends a watch; what was seen until now is still given. */
  async remove(id: number): Promise<void> {
    const watch = this.#watches.get(id);
    if (watch === undefined || this.#isOver) return;
    const rest = [...this.#watches.values()].filter(({ spec }) => spec.id !== id).map(({ spec }) => spec);
    this.#place(rest);
    await this.#tell(rest);
    if (this.#isOver) return;
    this.drain();
    this.#watches.delete(id);
    watch.watcher.end(this.#skipped(id) - watch.skippedBefore);
  }

  /** Watches ask for something else now. @param change the spec of each from now on. */
  async change(change: (spec: WatchSpec, watcher: Watcher) => WatchSpec): Promise<void> {
    if (this.#watches.size === 0 || this.#isOver) return;
    for (const [id, watch] of this.#watches) this.#watches.set(id, { ...watch, spec: change(watch.spec, watch.watcher) });
    await this.#tellAll();
  }

  /** Gives everything that waits to those whom it is for. Returns how many records that was. */
  drain(): number {
    let count = 0;
    for (const reader of this.#readers) {
      count += reader.drain((at) => {
        let mask = watchesOf(reader, at);
        let record: WatchedPacket | null = null;
        for (let id = 0; mask !== 0; id++, mask >>>= 1) {
          const watcher = (mask & 1) === 0 ? undefined : this.#watches.get(id)?.watcher;
          if (watcher?.hasRoom() === true) watcher.take((record ??= readRecord(reader, at)));
        }
      });
    }
    if (count > 0) for (const { watcher } of this.#watches.values()) watcher.settle();
    return count;
  }

  /** The runtime is over: every thread has ended. */
  finish(): void {
    this.drain();
    this.#isOver = true;
    for (const [id, { watcher, skippedBefore }] of this.#watches) watcher.end(this.#skipped(id) - skippedBefore);
    this.#watches.clear();
  }

  /** Bytes of packets that were copied to be watched. */
  get copied(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.copied, 0);
  }

  #skipped(id: number): number {
    return this.#readers.reduce((sum, reader) => sum + reader.skipped(id), 0);
  }

  #tellAll(): Promise<void> {
    const specs = [...this.#watches.values()].map(({ spec }) => spec);
    this.#place(specs);
    return this.#tell(specs);
  }

  /** For VMs that are started later. */
  #place(specs: readonly WatchSpec[]): void {
    for (const { watch } of [this.#layout.manager, ...this.#layout.vms]) watch.watches = specs;
  }
}
