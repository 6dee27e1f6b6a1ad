/**
 * Copies bytes of a stream aside, from whatever memory they are in: where it is always the same, a `BlockCopier` is faster. Two views
 * cost as much as a hundred or two of bytes one by one, so they are made for longer pieces only: there the system's copy is several
 * times as fast. Not for packets: those stay where they are.
 */
const WORTH_VIEWS = 200;
const WORD_MASK = 7;
/** Longer than any stream buffer or packet that is looked at. */
const STAGED_BYTES = 1 << 16;
/** From shared memory V8 copies by words only when both ends are aligned alike: what is askew is straightened here. */
const staging = new Uint8Array(STAGED_BYTES + WORD_MASK);

/** Copies `source[from, to)` to `target` at `at`, where there must be room. */
export function keepBytes(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number): void {
  const length = to - from;
  if (length < WORTH_VIEWS || length > STAGED_BYTES) {
    for (let k = 0; k < length; k++) target[at + k] = source[from + k];
    return;
  }
  const askew = (source.byteOffset + from) & WORD_MASK;
  staging.set(source.subarray(from, to), askew);
  target.set(staging.subarray(askew, askew + length), at);
}
