/** The content by which a rule is found among thousands. Runs before any traffic. */
import type { BufferName } from './buffers.js';
import type { ContentItem, Rule } from './rule.js';

interface FastPattern {
  buffer: BufferName;
  content: ContentItem;
}

/** What `fast_pattern` says, else the longest content; a buffer of an application goes before payload. Null: there is none. */
export function fastPatternOf(rule: Rule): FastPattern | null {
  let best: FastPattern | null = null;
  for (const { buffer, items } of rule.parts) {
    for (const item of items) {
      if (item.kind !== 'content' || item.negated) continue;
      if (best === null || score(buffer, item) > score(best.buffer, best.content)) best = { buffer, content: item };
    }
  }
  return best;
}

const FLAGGED = 1_000_000;
const APPLICATION = 1000;

function score(buffer: BufferName, content: ContentItem): number {
  return (content.fastPattern ? FLAGGED : 0) + (buffer === 'payload' ? 0 : APPLICATION) + content.bytes.length;
}

/** The piece of a pattern with the most different bytes, in lower case: of pieces alike, the first. */
export function rarestWindow(pattern: Uint8Array, length: number): Uint8Array {
  const folded = pattern.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte));
  let best = folded.slice(0, length);
  for (let at = 1; at + length <= folded.length; at++) {
    const piece = folded.slice(at, at + length);
    if (new Set(piece).size > new Set(best).size) best = piece;
  }
  return best;
}
