/**
 * Payloads that are fresh for each packet, and the hash by which ingress and egress are compared. A packet's payload
 * depends on the seed and on its sequence number alone. The hash of many packets is a sum of their hashes, so the order
 * in which they leave does not matter, while one that is lost, doubled or changed in one bit does.
 */

/** Ethernet, IPv4 without options and UDP: what stands before the payload of the generator's packets. */
export const PAYLOAD_AT = 42;

const GOLDEN = 0x9e3779b1;

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Fills `bytes` from `start` up to `end`. */
export function writePayload(bytes: Uint8Array, start: number, end: number, sequence: number, seed: number): void {
  let state = mix(Math.imul(seed + 1, GOLDEN) ^ mix(sequence));
  for (let at = start; at < end; at++) {
    if (((at - start) & 3) === 0) state = (mix(state + GOLDEN) + sequence) >>> 0;
    bytes[at] = state >>> (8 * ((at - start) & 3));
  }
}

/** Of one payload, its length included. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193) ^ (hash >>> 15);
  return mix(hash ^ (end - start));
}

/** The hash of a number of packets, whatever their order: two sums modulo 2^32 of two hashes of each. */
export class PayloadHash {
  #first = 0;
  #second = 0;
  packets = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    this.#first = (this.#first + hashOf(bytes, start, end, 0x811c9dc5)) >>> 0;
    this.#second = (this.#second + hashOf(bytes, start, end, GOLDEN)) >>> 0;
    this.packets++;
  }

  /** Leaves both sums in two cells. */
  writeTo(cells: Float64Array, at: number): void {
    cells[at] = this.#first;
    cells[at + 1] = this.#second;
  }

  /** Sixteen hexadecimal digits. */
  digest(): string {
    return digestOf(this.#first, this.#second);
  }
}

export function digestOf(...sums: readonly number[]): string {
  return sums.map((sum) => sum.toString(16).padStart(8, '0')).join('');
}
