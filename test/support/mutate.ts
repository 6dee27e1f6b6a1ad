/** Seeded mutations of captured packets, and of the bytes of a file. The same seed makes the same mess. */
import type { CapturedRecord } from './captures.js';

/** A small generator of numbers (mulberry32): a whole number from 0 up to `below`. */
export function randomOf(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;
type Change = (bytes: Uint8Array, random: Random) => Uint8Array;

const EDGES = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff];
const LINK_BYTES = 14;
const edgeOrAny = (random: Random): number => (random(2) === 0 ? EDGES[random(EDGES.length)] : random(256));
const isIpv4 = (bytes: Uint8Array): boolean => bytes.length >= 34 && bytes[12] === 8 && bytes[13] === 0;
const isIpv6 = (bytes: Uint8Array): boolean => bytes.length >= 54 && bytes[12] === 0x86 && bytes[13] === 0xdd;

function inserted(bytes: Uint8Array, at: number, more: readonly number[]): Uint8Array {
  const result = new Uint8Array(bytes.length + more.length);
  result.set(bytes.subarray(0, at));
  result.set(more, at);
  result.set(bytes.subarray(at), at + more.length);
  return result;
}

const addTo16 = (bytes: Uint8Array, at: number, by: number): void => {
  const value = ((bytes[at] << 8) | bytes[at + 1]) + by;
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
};

const CHANGES: Readonly<Record<string, Change>> = {
  bits: (bytes, random) => {
    for (let k = 1 + random(4); k > 0 && bytes.length > 0; k--) bytes[random(bytes.length)] ^= 1 << random(8);
    return bytes;
  },
  /** Where the headers are. */
  headerByte: (bytes, random) => {
    if (bytes.length > 0) bytes[random(Math.min(bytes.length, 80))] = edgeOrAny(random);
    return bytes;
  },
  truncated: (bytes, random) => bytes.slice(0, random(bytes.length + 1)),
  extended: (bytes, random) => inserted(bytes, bytes.length, Array.from({ length: 1 + random(60) }, () => random(256))),
  /** The length fields of IP, UDP and TCP, each by itself. */
  lengthLie: (bytes, random) => {
    const places = isIpv6(bytes) ? [18, 58, 66] : [14, 16, 16, 38, 46];
    const at = places[random(places.length)];
    if (at + 1 < bytes.length) {
      bytes[at] = edgeOrAny(random);
      bytes[at + 1] = edgeOrAny(random);
    }
    return bytes;
  },
  /** IPv4 options, well counted and full of anything. */
  options: (bytes, random) => {
    const words = bytes[14] & 15;
    if (!isIpv4(bytes) || words !== 5) return bytes;
    const more = 1 + random(10);
    const result = inserted(bytes, 34, Array.from({ length: 4 * more }, () => edgeOrAny(random)));
    result[14] = 0x40 | (5 + more);
    addTo16(result, 16, 4 * more);
    return result;
  },
  /** IPv6 extension headers of any kind in front of the upper layer. */
  extensions: (bytes, random) => {
    if (!isIpv6(bytes)) return bytes;
    const kinds = [0, 43, 44, 50, 51, 60, 135, 59];
    const body = Array.from({ length: 8 }, () => edgeOrAny(random));
    body[0] = bytes[20];
    if (random(2) === 0) body[1] = 0;
    const result = inserted(bytes, 54, body);
    result[20] = kinds[random(kinds.length)];
    addTo16(result, 18, 8);
    return result;
  },
  fragment: (bytes, random) => {
    if (!isIpv4(bytes)) return bytes;
    const flags = (random(2) << 13) | (random(3) === 0 ? random(0x2000) : random(4));
    bytes[20] = flags >> 8;
    bytes[21] = flags;
    return bytes;
  },
  tags: (bytes, random) => {
    let result = bytes;
    for (let k = 1 + random(9); k > 0 && result.length >= 12; k--) {
      const [high, low] = [[0x81, 0], [0x88, 0xa8], [0x91, 0]][random(3)];
      result = inserted(result, 12, [high, low, random(256), random(256)]);
    }
    return result;
  },
  /** TCP options, and what follows the header. */
  upper: (bytes, random) => {
    const at = LINK_BYTES + (isIpv6(bytes) ? 40 : 20) + random(44);
    if (at < bytes.length) bytes[at] = edgeOrAny(random);
    return bytes;
  },
  /** An ICMP error of the other end, with as much of the packet as there is luck for. */
  error: (bytes, random) => {
    if (!isIpv4(bytes)) return bytes;
    const quote = bytes.slice(LINK_BYTES, LINK_BYTES + random(bytes.length));
    const types = [3, 4, 5, 11, 12];
    const header = [...bytes.subarray(0, LINK_BYTES), 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, ...bytes.subarray(30, 34), ...bytes.subarray(26, 30)];
    const result = Uint8Array.from([...header, types[random(types.length)], random(16), 0, 0, 0, 0, 0, 0, ...quote]);
    addTo16(result, 16, result.length - LINK_BYTES);
    return result;
  },
  linkType: (bytes, random) => {
    const types = [0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 0x8864, 0x0600, 4];
    const type = types[random(types.length)];
    if (bytes.length >= LINK_BYTES) bytes.set([type >> 8, type & 255], 12);
    return bytes;
  },
};
const NAMES = Object.keys(CHANGES);

/** Some of the records, changed, doubled, out of order, and with times of any kind. */
export function mutateRecords(source: readonly CapturedRecord[], seed: number, count: number): CapturedRecord[] {
  const random = randomOf(seed);
  const first = random(Math.max(1, source.length - count));
  const records: CapturedRecord[] = [];
  for (const record of source.slice(first, first + count)) {
    let bytes = Uint8Array.from(record.bytes);
    for (let k = random(4); k > 1; k--) bytes = Uint8Array.from(CHANGES[NAMES[random(NAMES.length)]](bytes, random));
    const changed = { ...record, bytes, originalLength: random(20) === 0 ? random(70_000) : bytes.length };
    if (random(200) === 0) changed.seconds = random(2 ** 32);
    records.push(changed);
    if (random(10) === 0) records.push({ ...changed, bytes: bytes.slice() });
  }
  for (let k = random(count); k > 0; k--) {
    const [one, other] = [random(records.length), random(records.length)];
    [records[one], records[other]] = [records[other], records[one]];
  }
  return records;
}

/** A file with bytes changed, cut out and put in. Its first four say what it is, and stay. */
export function mutateFile(source: Uint8Array, seed: number): Uint8Array {
  const random = randomOf(seed);
  let bytes = Uint8Array.from(source);
  const place = (): number => 4 + random(random(2) === 0 ? Math.min(bytes.length - 4, 400) : bytes.length - 4);
  for (let k = 1 + random(30); k > 0; k--) bytes[place()] = edgeOrAny(random);
  if (random(4) === 0) bytes = Uint8Array.from(bytes.subarray(0, place()));
  if (random(4) === 0 && bytes.length > 8) bytes = inserted(bytes, place(), Array.from({ length: random(50) }, () => random(256))) as Uint8Array<ArrayBuffer>;
  return bytes;
}
