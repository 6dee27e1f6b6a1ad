/** Hot: no allocation. `threshold` and `detection_filter`: how often a rule may tell, counted for each host. */
import type { StateTable } from '../../../tables.js';
import type { CompiledRule } from './rule-set.js';
import type { Situation } from './conditions.js';

/** The rule, source, destination. */
export const THRESHOLD_KEY_WORDS = 9;
/** Count, seconds at which the period began. */
export const THRESHOLD_VALUE_WORDS = 2;

/**
 * Whether the rule tells now. A full table remembers nothing new: the rule tells then.
 * @param nowMs packet time
 */
export function tells(table: StateTable, { rule, identity }: CompiledRule, now: Situation, nowMs: number): boolean {
  const { threshold } = rule;
  if (threshold === null) return true;
  const { key } = table;
  key.fill(0);
  key[0] = identity;
  if (threshold.track === 'by_src' || threshold.track === 'by_both') writeAddress(key, 1, now.version === 4 ? now.source4 : 0, now.version === 6 ? now.source6 : null);
  if (threshold.track === 'by_dst' || threshold.track === 'by_both') writeAddress(key, 5, now.version === 4 ? now.destination4 : 0, now.version === 6 ? now.destination6 : null);
  const seconds = Math.floor(nowMs / 1000);
  let entry = table.find();
  if (entry < 0) {
    entry = table.insert();
    if (entry < 0) return true;
    const at = table.value(entry);
    table.words[at] = 0;
    table.words[at + 1] = seconds;
    table.expireAt(entry, nowMs + threshold.seconds * 1000);
  }
  const at = table.value(entry);
  if (seconds - table.words[at + 1] >= threshold.seconds) {
    table.words[at] = 0;
    table.words[at + 1] = seconds;
    table.expireAt(entry, nowMs + threshold.seconds * 1000);
  }
  const count = ++table.words[at];
  switch (threshold.type) {
    case 'limit':
      return count <= threshold.count;
    case 'threshold':
      if (count < threshold.count) return false;
      table.words[at] = 0;
      return true;
    case 'both':
      return count === threshold.count;
    case 'detection':
      return count > threshold.count;
  }
}

function writeAddress(key: Uint32Array, at: number, v4: number, v6: Uint32Array | null): void {
  if (v6 === null) key[at] = v4;
  else for (let k = 0; k < 4; k++) key[at + k] = v6[k];
}
