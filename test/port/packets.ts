/** Ethernet frames as literal bytes with right checksums, and what reads them back, written apart from the product's. */
import { join8, pack } from './support.js';

export function onesSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let k = 0; k < bytes.length; k++) sum += k % 2 === 0 ? bytes[k] * 256 : bytes[k];
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return sum;
}
export const checksumOf = (bytes: Uint8Array): number => onesSum(bytes) ^ 0xffff;

/** Dotted IPv4, or IPv6 as eight groups. */
export function addressBytes(text: string): Uint8Array {
  if (text.includes('.')) return Uint8Array.from(text.split('.').map(Number));
  return Uint8Array.from(text.split(':').flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]));
}
const textOf = (bytes: Uint8Array): string =>
  bytes.length === 4 ? bytes.join('.') : Array.from({ length: 8 }, (_, k) => (bytes[2 * k] * 256 + bytes[2 * k + 1]).toString(16)).join(':');

const withChecksum = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const out = bytes.slice();
  out[at] = value >> 8;
  out[at + 1] = value & 0xff;
  return out;
};

export interface IpShape {
  id?: number;
  fragment?: number;
  more?: boolean;
}

export function ip(source: string, destination: string, protocol: number, payload: Uint8Array, { id = 1, fragment = 0, more = false }: IpShape = {}): Uint8Array {
  const ends = join8(addressBytes(source), addressBytes(destination));
  if (ends.length === 32) {
    return join8(pack('big', [0x60000000, 4], [payload.length, 2], [protocol, 1], [64, 1]), ends, payload);
  }
  const header = join8(pack('big', [0x4500, 2], [20 + payload.length, 2], [id, 2], [(more ? 0x2000 : 0) + fragment / 8, 2], [64, 1], [protocol, 1], [0, 2]), ends);
  return join8(withChecksum(header, 10, checksumOf(header)), payload);
}

const pseudo = (source: string, destination: string, protocol: number, length: number): Uint8Array =>
  join8(addressBytes(source), addressBytes(destination), pack('big', [length, 4], [protocol, 4]));

function sealed(source: string, destination: string, protocol: number, segment: Uint8Array, at: number): Uint8Array {
  return withChecksum(segment, at, checksumOf(join8(pseudo(source, destination, protocol, segment.length), segment)));
}

/** An end: address and port. */
export type End = readonly [address: string, port: number];

export const udpSegment = (from: End, to: End, payload: Uint8Array): Uint8Array =>
  sealed(from[0], to[0], 17, join8(pack('big', [from[1], 2], [to[1], 2], [8 + payload.length, 2], [0, 2]), payload), 6);
export const udp = (from: End, to: End, payload: string, shape: IpShape = {}): Uint8Array =>
  ip(from[0], to[0], 17, udpSegment(from, to, Buffer.from(payload)), shape);
export const tcp = (from: End, to: End, flags: number, payload = ''): Uint8Array =>
  ip(from[0], to[0], 6, sealed(from[0], to[0], 6, join8(pack('big', [from[1], 2], [to[1], 2], [1, 4], [2, 4], [0x5000 + flags, 2], [65535, 2], [0, 4]), Buffer.from(payload)), 16));

export function icmp(source: string, destination: string, type: number, code: number, rest: number, payload: Uint8Array): Uint8Array {
  const message = join8(pack('big', [type, 1], [code, 1], [0, 2], [rest, 4]), payload);
  if (source.includes('.')) return ip(source, destination, 1, withChecksum(message, 2, checksumOf(message)));
  return ip(source, destination, 58, sealed(source, destination, 58, message, 2));
}
export const echo = (source: string, destination: string, type: number, id: number): Uint8Array => icmp(source, destination, type, 0, id * 65536 + 1, Buffer.from('ping'));

export const ethernet = (packet: Uint8Array, mac = 1): Uint8Array =>
  join8(pack('big', [0x020000000000, 6], [0x020000000000 + mac, 6], [packet[0] >> 4 === 4 ? 0x0800 : 0x86dd, 2]), packet);

export interface Read {
  from: string;
  to: string;
  ports: [number, number];
  /** What is behind the upper header, as text. */
  payload: string;
  /** Whether every checksum that can be checked is right. */
  sound: boolean;
  quoted: Read | null;
}

/** Takes an IP packet apart. `whole` is false for a quoted packet, whose upper checksum cannot be checked. */
export function readIp(packet: Uint8Array, whole = true): Read {
  const v4 = packet[0] >> 4 === 4;
  const header = v4 ? 20 : 40;
  const addresses = v4 ? 12 : 8;
  const width = v4 ? 4 : 16;
  const from = textOf(packet.subarray(addresses, addresses + width));
  const to = textOf(packet.subarray(addresses + width, addresses + 2 * width));
  const protocol = packet[v4 ? 9 : 6];
  const end = v4 ? packet[2] * 256 + packet[3] : 40 + packet[4] * 256 + packet[5];
  const segment = packet.subarray(header, whole ? end : packet.length);
  const fragment = v4 ? ((packet[6] & 0x3f) << 8) | packet[7] : 0;
  let sound = !v4 || onesSum(packet.subarray(0, 20)) === 0xffff;
  let ports: [number, number] = [0, 0];
  let quoted: Read | null = null;
  if (fragment % 0x2000 === 0) {
    const icmpLike = protocol === 1 || protocol === 58;
    ports = icmpLike ? [segment[4] * 256 + segment[5], 0] : [segment[0] * 256 + segment[1], segment[2] * 256 + segment[3]];
    const summed = protocol === 1 ? segment : join8(pseudo(from, to, protocol, segment.length), segment);
    const unused = protocol === 17 && segment[6] === 0 && segment[7] === 0;
    if (whole && fragment === 0 && !unused) sound &&= onesSum(summed) === 0xffff;
    const type = segment[0];
    if ((protocol === 1 && (type === 3 || type === 11)) || (protocol === 58 && type < 128)) quoted = readIp(segment.subarray(8), false);
  }
  if (quoted !== null) sound &&= quoted.sound;
  const offset = fragment % 0x2000 !== 0 ? 0 : protocol === 6 ? 20 : 8;
  return { from, to, ports, payload: Buffer.from(segment.subarray(offset)).toString('latin1'), sound, quoted };
}
