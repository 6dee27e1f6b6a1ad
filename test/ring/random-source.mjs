/** Random numbers out of a seed (xorshift32), the same in every thread and on every machine. */
export function randomSource(seed) {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
