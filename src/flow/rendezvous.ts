/**
 * Hot: no allocation. Rendezvous hashing (Thaler and Ravishankar, 1998): every replica draws a number from the flow's hash and
 * its own index, and the highest one has the flow. One replica more takes its share from all others, and no flow moves
 * between those that were there before.
 */

/** Which of `count` replicas has the flow. The same for both directions, because the hash is. */
export function pickReplica(flowHash: number, count: number): number {
  let best = 0;
  let highest = -1;
  for (let replica = 0; replica < count; replica++) {
    let drawn = Math.imul((flowHash ^ Math.imul(replica + 1, 0x9e3779b9)) | 0, 0x85ebca6b);
    drawn = Math.imul(drawn ^ (drawn >>> 15), 0xc2b2ae35);
    drawn = (drawn ^ (drawn >>> 13)) >>> 0;
    if (drawn > highest) {
      highest = drawn;
      best = replica;
    }
  }
  return best;
}
