/** Random numbers out of a seed: each call gives one below its argument. */
export function randomSource(seed: number): (below: number) => number;
