/**
 * Literal packets for tests, built from named fields with right lengths and checksums. The checksums are computed here by
 * a plain sum, apart from the code under test.
 */
import { parseIpv4, parseIpv6 } from '../../src/packet/address.js';

export interface LinkFields {
  /** 48 bits. */
  destinationMac?: number;
  /** 48 bits. */
  sourceMac?: number;
  /** VLAN ids, the outermost first, or whole tags. */
  vlans?: readonly (number | { id: number; priority?: number; type?: number })[];
  /** False: the packet starts with its IP header (link type raw). */
  ethernet?: boolean;
  /** Bytes after the IP packet, as a link layer pads. */
  padding?: number;
}

export interface IpFields extends LinkFields {
  source: string;
  destination: string;
  /** Hop limit in IPv6. 64 by default. */
  ttl?: number;
  dscp?: number;
  ecn?: number;
}

export interface Ip4Fields extends IpFields {
  identification?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Bytes, a multiple of 8. */
  fragmentOffset?: number;
  /** IPv4 options, padded with zeros to whole words. */
  options?: readonly number[] | Uint8Array;
}

export interface Ip6Fields extends IpFields {
  flowLabel?: number;
  /** Extension headers in order: the number and the bytes of each, whose first one is filled in. */
  extensions?: readonly { protocol: number; bytes: readonly number[] }[];
}

export type Payload = string | readonly number[] | Uint8Array;

export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  /** Bits of TcpFlag; ACK by default. */
  flags?: number;
  sequenceNumber?: number;
  acknowledgementNumber?: number;
  window?: number;
  urgentPointer?: number;
  /** TCP options, padded with zeros to whole words. */
  tcpOptions?: readonly number[];
  payload?: Payload;
}

export interface UdpFields {
  sourcePort: number;
  destinationPort: number;
  payload?: Payload;
  /** 0: the sender made no checksum. */
  udpChecksum?: 0;
}

export interface EchoFields {
  /** False: a reply. */
  request?: boolean;
  identifier?: number;
  sequenceNumber?: number;
  payload?: Payload;
}

/** Sum of 16-bit words with the carries added back, complemented: RFC 1071, word by word. */
export function plainChecksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let k = 0; k < bytes.length; k += 2) {
    sum += bytes[k] * 256 + (bytes[k + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

export const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value)];
export const u48 = (value: number): number[] => [...u16(Math.floor(value / 2 ** 32)), ...u32(value % 2 ** 32)];

function payloadBytes(payload: Payload = []): number[] {
  return typeof payload === 'string' ? [...new TextEncoder().encode(payload)] : [...payload];
}

function address4(text: string): number[] {
  const address = parseIpv4(text);
  if (address === null) throw new TypeError(`not an IPv4 address: ${text}`);
  return u32(address);
}

function address6(text: string): number[] {
  const words = parseIpv6(text);
  if (words === null) throw new TypeError(`not an IPv6 address: ${text}`);
  return [...words].flatMap(u32);
}

function toWords(bytes: readonly number[] | Uint8Array): number[] {
  return [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(0)];
}

function put16(bytes: number[], at: number, value: number): void {
  bytes.splice(at, 2, ...u16(value));
}

/** An Ethernet frame, its tags and what `fields` says of padding, around `body`. */
export function frame(fields: LinkFields, etherType: number, body: readonly number[]): Uint8Array {
  const padded = [...body, ...new Array<number>(fields.padding ?? 0).fill(0)];
  if (fields.ethernet === false) return Uint8Array.from(padded);
  const tags = (fields.vlans ?? []).map((tag) => (typeof tag === 'number' ? { id: tag } : tag)).flatMap((tag: { id: number; priority?: number; type?: number }) => [
    ...u16(tag.type ?? 0x8100), ...u16(((tag.priority ?? 0) << 13) | tag.id),
  ]);
  const addresses = [...u48(fields.destinationMac ?? 0x020000000002), ...u48(fields.sourceMac ?? 0x020000000001)];
  return Uint8Array.from([...addresses, ...tags, ...u16(etherType), ...padded]);
}

/** An IPv4 packet with any upper layer. */
export function ip4(fields: Ip4Fields, protocol: number, body: readonly number[]): Uint8Array {
  const options = toWords(fields.options ?? []);
  const headerLength = 20 + options.length;
  const flags = (fields.dontFragment === true ? 0x4000 : 0) | (fields.moreFragments === true ? 0x2000 : 0) | ((fields.fragmentOffset ?? 0) >>> 3);
  const header = [
    0x40 | (headerLength >>> 2), ((fields.dscp ?? 0) << 2) | (fields.ecn ?? 0), ...u16(headerLength + body.length),
    ...u16(fields.identification ?? 0), ...u16(flags), fields.ttl ?? 64, protocol, 0, 0,
    ...address4(fields.source), ...address4(fields.destination), ...options,
  ];
  put16(header, 10, plainChecksum(header));
  return frame(fields, 0x0800, [...header, ...body]);
}

/** An IPv6 packet with any upper layer. */
export function ip6(fields: Ip6Fields, protocol: number, body: readonly number[]): Uint8Array {
  const extensions = fields.extensions ?? [];
  const chain = extensions.flatMap(({ bytes }, k) => [extensions[k + 1]?.protocol ?? protocol, ...bytes.slice(1)]);
  const trafficClass = ((fields.dscp ?? 0) << 2) | (fields.ecn ?? 0);
  const header = [
    ...u32((0x60000000 | (trafficClass << 20) | (fields.flowLabel ?? 0)) >>> 0), ...u16(chain.length + body.length),
    extensions[0]?.protocol ?? protocol, fields.ttl ?? 64, ...address6(fields.source), ...address6(fields.destination),
  ];
  return frame(fields, 0x86dd, [...header, ...chain, ...body]);
}

/** Bytes of an L4 message with its checksum at `at`, which covers a pseudo-header when there are addresses. */
function withChecksum(message: number[], at: number, protocol: number, addresses: readonly number[]): number[] {
  const pseudo = addresses.length === 0 ? [] : [...addresses, ...u32(message.length), ...u32(protocol)];
  const sum = plainChecksum([...pseudo, ...message]);
  put16(message, at, sum === 0 && protocol === 17 ? 0xffff : sum);
  return message;
}

function tcpMessage(fields: TcpFields, addresses: readonly number[]): number[] {
  const options = toWords(fields.tcpOptions ?? []);
  const message = [
    ...u16(fields.sourcePort), ...u16(fields.destinationPort), ...u32(fields.sequenceNumber ?? 1), ...u32(fields.acknowledgementNumber ?? 0),
    (5 + (options.length >>> 2)) << 4, fields.flags ?? 0x10, ...u16(fields.window ?? 0xffff), 0, 0, ...u16(fields.urgentPointer ?? 0),
    ...options, ...payloadBytes(fields.payload),
  ];
  return withChecksum(message, 16, 6, addresses);
}

function udpMessage(fields: UdpFields, addresses: readonly number[]): number[] {
  const payload = payloadBytes(fields.payload);
  const message = [...u16(fields.sourcePort), ...u16(fields.destinationPort), ...u16(8 + payload.length), 0, 0, ...payload];
  return fields.udpChecksum === 0 ? message : withChecksum(message, 6, 17, addresses);
}

const addresses4 = (fields: IpFields): number[] => [...address4(fields.source), ...address4(fields.destination)];
const addresses6 = (fields: IpFields): number[] => [...address6(fields.source), ...address6(fields.destination)];

export function tcp4(fields: Ip4Fields & TcpFields): Uint8Array {
  return ip4(fields, 6, tcpMessage(fields, addresses4(fields)));
}

export function tcp6(fields: Ip6Fields & TcpFields): Uint8Array {
  return ip6(fields, 6, tcpMessage(fields, addresses6(fields)));
}

export function udp4(fields: Ip4Fields & UdpFields): Uint8Array {
  return ip4(fields, 17, udpMessage(fields, addresses4(fields)));
}

export function udp6(fields: Ip6Fields & UdpFields): Uint8Array {
  return ip6(fields, 17, udpMessage(fields, addresses6(fields)));
}

export function icmpEcho4(fields: Ip4Fields & EchoFields): Uint8Array {
  const type = fields.request === false ? 0 : 8;
  const message = [type, 0, 0, 0, ...u16(fields.identifier ?? 1), ...u16(fields.sequenceNumber ?? 1), ...payloadBytes(fields.payload)];
  return ip4(fields, 1, withChecksum(message, 2, 1, []));
}

export function icmpEcho6(fields: Ip6Fields & EchoFields): Uint8Array {
  const type = fields.request === false ? 129 : 128;
  const message = [type, 0, 0, 0, ...u16(fields.identifier ?? 1), ...u16(fields.sequenceNumber ?? 1), ...payloadBytes(fields.payload)];
  return ip6(fields, 58, withChecksum(message, 2, 58, addresses6(fields)));
}

/** An ICMP error from `fields.source` about `quoted`, a packet from its IP header on (build it with `ethernet: false`). */
export function icmpError4(fields: Ip4Fields, type: number, code: number, quoted: ArrayLike<number>): Uint8Array {
  return ip4(fields, 1, withChecksum([type, code, 0, 0, 0, 0, 0, 0, ...Array.from(quoted)], 2, 1, []));
}

/** An ICMPv6 error from `fields.source` about `quoted`, a packet from its IP header on. */
export function icmpError6(fields: Ip6Fields, type: number, code: number, quoted: ArrayLike<number>): Uint8Array {
  return ip6(fields, 58, withChecksum([type, code, 0, 0, 0, 0, 0, 0, ...Array.from(quoted)], 2, 58, addresses6(fields)));
}

export interface ArpFields extends LinkFields {
  senderMac?: number;
  senderAddress: string;
  targetMac?: number;
  targetAddress: string;
  /** 1 request, 2 reply. */
  operation?: number;
}

export function arpRequest(fields: ArpFields): Uint8Array {
  const body = [
    ...u16(1), ...u16(0x0800), 6, 4, ...u16(fields.operation ?? 1), ...u48(fields.senderMac ?? 0x020000000001), ...address4(fields.senderAddress),
    ...u48(fields.targetMac ?? 0), ...address4(fields.targetAddress),
  ];
  return frame({ destinationMac: 0xffffffffffff, ...fields }, 0x0806, body);
}
