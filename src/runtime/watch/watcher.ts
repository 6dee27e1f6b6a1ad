/** Somebody who watches, on the main thread: is given records that are for him, and told when there are no more for now. */
import type { WatchedPacket } from '../../watch/record.js';
import type { WatchSpec } from '../../watch/watch-spec.js';

/** What to watch, without the number that the desk gives it. */
export type WatchRequest = WatchSpec extends infer Spec ? (Spec extends WatchSpec ? Omit<Spec, 'id'> : never) : never;

export interface Watcher {
  /** Whether it has room for another record; asked before each, and counted by itself when it has not. */
  hasRoom(): boolean;
  take(record: WatchedPacket): void;
  /** All that waited in the rings was given. */
  settle(): void;
  /** Nothing more will come. @param skippedInRings records that found no room on their way here. */
  end(skippedInRings: number): void;
}

/** Names for the numbers in records. */
export interface Names {
  readonly ports: readonly string[];
  readonly functions: readonly string[];
  readonly drops: readonly string[];
}
