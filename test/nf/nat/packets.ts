/** Builds and reads Ethernet frames with IPv4, apart from the code under test: checksums are summed up anew. */

export interface Ipv4Fields {
  source: string;
  destination: string;
  protocol: number;
  identification?: number;
  /** In bytes. */
  fragmentOffset?: number;
  moreFragments?: boolean;
  /** IPv4 options, a multiple of 4 bytes. */
  options?: Uint8Array;
}

export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;
const TCP = 6;
const UDP = 17;
const ICMP = 1;

export function ip(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s+/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** One's complement sum of 16-bit words, complemented (RFC 1071). */
export function sum16(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let k = 0; k < part.length; k += 2) sum += (part[k] << 8) | (k + 1 < part.length ? part[k + 1] : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const word = (value: number): [number, number] => [(value >>> 8) & 255, value & 255];
const address = (text: string): number[] => text.split('.').map(Number);

function pseudoHeader(source: string, destination: string, protocol: number, length: number): Uint8Array {
  return Uint8Array.from([...address(source), ...address(destination), 0, protocol, ...word(length)]);
}

/** An IPv4 packet around a payload. */
export function ipv4(fields: Ipv4Fields, payload: Uint8Array): Uint8Array {
  const options = fields.options ?? new Uint8Array(0);
  const headerLength = 20 + options.length;
  const fragment = ((fields.moreFragments ?? false) ? 0x2000 : 0) | ((fields.fragmentOffset ?? 0) >>> 3);
  const header = Uint8Array.from([
    0x40 | (headerLength / 4), 0, ...word(headerLength + payload.length), ...word(fields.identification ?? 0x1234), ...word(fragment),
    64, fields.protocol, 0, 0, ...address(fields.source), ...address(fields.destination), ...options,
  ]);
  header.set(word(sum16(header)), 10);
  return Uint8Array.from([...header, ...payload]);
}

export function ethernet(packet: Uint8Array, etherType = 0x0800): Uint8Array {
  return Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...word(etherType), ...packet]);
}

export type Ends = Pick<Ipv4Fields, 'source' | 'destination' | 'options' | 'identification'> & { sourcePort: number; destinationPort: number };

export function udpSegment(ends: Ends, data: Uint8Array, withChecksum = true): Uint8Array {
  const segment = Uint8Array.from([...word(ends.sourcePort), ...word(ends.destinationPort), ...word(8 + data.length), 0, 0, ...data]);
  if (withChecksum) segment.set(word(sum16(pseudoHeader(ends.source, ends.destination, UDP, segment.length), segment) || 0xffff), 6);
  return segment;
}

export function tcpSegment(ends: Ends, flags: number, data: Uint8Array, options: Uint8Array): Uint8Array {
  const segment = Uint8Array.from([
    ...word(ends.sourcePort), ...word(ends.destinationPort), 0, 0, 0, 1, 0, 0, 0, 2,
    ((20 + options.length) / 4) << 4, flags, 0x20, 0, 0, 0, 0, 0, ...options, ...data,
  ]);
  segment.set(word(sum16(pseudoHeader(ends.source, ends.destination, TCP, segment.length), segment)), 16);
  return segment;
}

/** An ICMP message: `rest` is what follows the checksum. */
export function icmpMessage(type: number, code: number, rest: Uint8Array): Uint8Array {
  const message = Uint8Array.from([type, code, 0, 0, ...rest]);
  message.set(word(sum16(message)), 2);
  return message;
}

const NOTHING = new Uint8Array(0);
const text = new TextEncoder();

export function udp(ends: Ends, data: string | Uint8Array = '', withChecksum = true): Uint8Array {
  const payload = typeof data === 'string' ? text.encode(data) : data;
  return ethernet(ipv4({ ...ends, protocol: UDP }, udpSegment(ends, payload, withChecksum)));
}

export function tcp(ends: Ends, flags: number = Flag.ack, data: Uint8Array = NOTHING, options: Uint8Array = NOTHING): Uint8Array {
  return ethernet(ipv4({ ...ends, protocol: TCP }, tcpSegment(ends, flags, data, options)));
}

/** An ICMP query or answer with an identifier. */
export function echo(type: number, source: string, destination: string, identifier: number, data: Uint8Array = NOTHING): Uint8Array {
  return ethernet(ipv4({ source, destination, protocol: ICMP }, icmpMessage(type, 0, Uint8Array.from([...word(identifier), 0, 7, ...data]))));
}

/** An ICMP error that quotes a frame's IPv4 packet, up to `quotedBytes` of it. */
export function icmpError(source: string, destination: string, type: number, code: number, frame: Uint8Array, quotedBytes = 576): Uint8Array {
  const quotation = frame.slice(14, 14 + quotedBytes);
  return ethernet(ipv4({ source, destination, protocol: ICMP }, icmpMessage(type, code, Uint8Array.from([0, 0, 0, 0, ...quotation]))));
}

/** Replies to a frame: ends exchanged. */
export function reversed(ends: Ends): Ends {
  return { ...ends, source: ends.destination, destination: ends.source, sourcePort: ends.destinationPort, destinationPort: ends.sourcePort };
}

export interface Seen {
  source: string;
  destination: string;
  protocol: number;
  /** Ports, or the ICMP identifier twice; 0 where there is none. */
  sourcePort: number;
  destinationPort: number;
  /** What a receiver's sum over header, and over segment, comes to: 0 when the checksum is right. */
  ipError: number;
  l4Error: number;
  /** The L4 segment. */
  payload: Uint8Array;
}

/** Takes an IPv4 packet apart, from `at` on; a shortened one is taken as it is. */
export function see(bytes: Uint8Array, at = 14): Seen {
  const headerLength = (bytes[at] & 15) * 4;
  const header = bytes.slice(at, at + headerLength);
  const protocol = header[9];
  const source = header.slice(12, 16).join('.');
  const destination = header.slice(16, 20).join('.');
  const total = (header[2] << 8) | header[3];
  const payload = bytes.slice(at + headerLength, at + total);
  const u16 = (offset: number): number => (payload[offset] << 8) | payload[offset + 1];
  const hasPorts = protocol === TCP || protocol === UDP;
  const pseudo = hasPorts ? pseudoHeader(source, destination, protocol, payload.length) : NOTHING;
  const isUnchecked = protocol === UDP && u16(6) === 0;
  return {
    source,
    destination,
    protocol,
    sourcePort: hasPorts ? u16(0) : protocol === ICMP ? u16(4) : 0,
    destinationPort: hasPorts ? u16(2) : protocol === ICMP ? u16(4) : 0,
    ipError: sum16(header),
    l4Error: isUnchecked ? 0 : sum16(pseudo, payload),
    payload,
  };
}

/** `source:port > destination:port`, with a mark when a checksum is wrong. */
export function ends(bytes: Uint8Array, at = 14): string {
  const seen = see(bytes, at);
  const wrong = seen.ipError !== 0 ? ' !ip' : '';
  const wrongL4 = seen.l4Error !== 0 ? ' !l4' : '';
  return `${seen.source}:${seen.sourcePort} > ${seen.destination}:${seen.destinationPort}${wrong}${wrongL4}`;
}
