/**
 * Hot: no allocation (`take`). Token buckets in packet time, in control memory: they outlive the VM and an update.
 *
 * A bucket is kept as the time at which it would be full again (the generic cell rate algorithm, ITU-T I.371): a token
 * moves that time on by its interval, and there is one as long as the time is less than a burst ahead. Nothing is rounded
 * away, however slow the rate and however often it is asked.
 */
import type { StateTable } from '../tables.js';
import type { RateLimit, Rule } from './rule.js';

/** A float64 as two words. */
const float = new Float64Array(1);
const words32 = new Uint32Array(float.buffer);
/** Of a millisecond: what sums of intervals may be off by. */
const TOLERANCE = 1e-6;

const NO_LIMIT = -1;

export class Limits {
  readonly #table: StateTable;
  /** By rule: where the words of its bucket are, or NO_LIMIT. */
  #buckets = new Int32Array(0);
  /** By rule, in milliseconds: of one token, and how far ahead a full burst is. */
  #intervals = new Float64Array(0);
  #aheads = new Float64Array(0);

  constructor(table: StateTable) {
    this.#table = table;
  }

  /** The rules in force. One that was there before goes on with its tokens; a new one begins with a full bucket. */
  replace(rules: readonly Rule[]): void {
    const table = this.#table;
    const interval = (limit: RateLimit | null): number => (limit === null ? 0 : limit.perMs / limit.packets);
    this.#intervals = Float64Array.from(rules, ({ limit }) => interval(limit));
    this.#aheads = Float64Array.from(rules, ({ limit }) => ((limit?.burst ?? 1) - 1) * interval(limit) + TOLERANCE);
    this.#buckets = new Int32Array(rules.length).fill(NO_LIMIT);
    const places = new Map<string, number>();
    const kept = new Set<number>();
    rules.forEach(({ limit, text }, index) => {
      if (limit === null) return;
      const place = places.get(text) ?? 0;
      places.set(text, place + 1);
      table.key[0] = hashText(text);
      table.key[1] = place;
      let entry = table.find();
      if (entry < 0) {
        entry = table.insert();
        table.expireAt(entry, 0);
      }
      this.#buckets[index] = table.value(entry);
      kept.add(entry);
    });
    table.sweep(Infinity, Infinity, (entry) => {
      if (!kept.has(entry)) table.remove(entry);
    });
  }

  /** Takes a token for a packet that the rule matches. @returns whether there was one, or the rule has no limit */
  take(rule: number, nowMs: number): boolean {
    const at = this.#buckets[rule];
    if (at === NO_LIMIT) return true;
    const { words } = this.#table;
    words32[0] = words[at];
    words32[1] = words[at + 1];
    const fullAt = Math.max(float[0], nowMs);
    if (fullAt - nowMs > this.#aheads[rule]) return false;
    float[0] = fullAt + this.#intervals[rule];
    words[at] = words32[0];
    words[at + 1] = words32[1];
    return true;
  }
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
  return hash >>> 0;
}
