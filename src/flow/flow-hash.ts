/** Hot: no allocation. The one hash of a flow key: murmur-like, 32 bits, one pass over the words that can differ. */

/** Words of a flow key (flow-key.ts has the table). */
export const FLOW_KEY_WORDS = 10;

const SEED = 0x9747b28c;

function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  hash ^= Math.imul(k, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  return (Math.imul(hash, 5) + 0xe6546b64) | 0;
}

/** Hash of the four words of an IPv4 key that are not zero, as an int32. */
export function hashIpv4Key(head: number, ports: number, first: number, second: number): number {
  return finish(mix(mix(mix(mix(SEED, head), ports), first), second));
}

/** Hash of an IPv6 key's ten words, as an int32. */
export function hashIpv6Key(head: number, ports: number, a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number): number {
  const first = mix(mix(mix(mix(mix(mix(SEED, head), ports), a), b), c), d);
  return finish(mix(mix(mix(mix(first, e), f), g), h));
}

function finish(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Hash of a key, as an int32. Addresses of IPv4 keys have one word each, so the six words of zeros are left out. */
export function hashFlowKey(words: Int32Array, isIpv4: boolean): number {
  if (isIpv4) return hashIpv4Key(words[0], words[1], words[2], words[6]);
  return hashIpv6Key(words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7], words[8], words[9]);
}
