/** Frames built from named fields, byte by byte, and a packet placed over them. Checksums are left zero. */
import { SlotHeaders } from '../../../src/memory/slot-headers.js';
import { HEADER_BYTES, HeaderOffset, LinkType } from '../../../src/memory/slot-layout.js';
import { Packet } from '../../../src/packet/packet.js';
import { parsePacket } from '../../../src/packet/parse.js';

export interface Frame {
  destinationMac?: number;
  sourceMac?: number;
  vlans?: readonly number[];
  etherType?: number;
  version?: 4 | 6;
  dscp?: number;
  identification?: number;
  moreFragments?: boolean;
  /** Units of 8 bytes. */
  fragmentOffset?: number;
  protocol?: number;
  source?: readonly number[];
  destination?: readonly number[];
  sourcePort?: number;
  destinationPort?: number;
  tcpFlags?: number;
  icmp?: { type: number; code?: number; identifier?: number; quoted?: readonly number[] };
  payload?: readonly number[];
}

const u16 = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const u32 = (n: number): number[] => [...u16(n >>> 16), ...u16(n & 0xffff)];
const u48 = (n: number): number[] => [...u16(Math.floor(n / 2 ** 32)), ...u32(n >>> 0)];

function l4(frame: Frame): readonly number[] {
  const { sourcePort = 0, destinationPort = 0, tcpFlags = 0x10, icmp, payload = [], protocol = 6 } = frame;
  if (protocol === 6) return [...u16(sourcePort), ...u16(destinationPort), ...u32(1), ...u32(1), 0x50, tcpFlags, ...u16(0xffff), 0, 0, 0, 0, ...payload];
  if (protocol === 17) return [...u16(sourcePort), ...u16(destinationPort), ...u16(8 + payload.length), 0, 0, ...payload];
  if (icmp !== undefined) return [icmp.type, icmp.code ?? 0, 0, 0, ...u16(icmp.identifier ?? 0), 0, 1, ...(icmp.quoted ?? payload)];
  if (protocol === 132) return [...u16(sourcePort), ...u16(destinationPort), ...u32(7), ...u32(0), ...payload];
  return payload;
}

/** The IP packet of a frame, without the link layer. */
export function ipPacket(frame: Frame): number[] {
  const { version = 4, dscp = 0, identification = 0, moreFragments = false, fragmentOffset = 0, protocol = 6 } = frame;
  const { source = version === 4 ? [0] : [0, 0, 0, 0], destination = source } = frame;
  const later = fragmentOffset > 0;
  const body = later ? (frame.payload ?? [1, 2, 3, 4, 5, 6, 7, 8]) : l4(frame);
  const fragment = (fragmentOffset << 3) | (moreFragments ? 1 : 0);
  if (version === 4) {
    const flags = (moreFragments ? 0x2000 : 0) | fragmentOffset;
    const total = 20 + body.length;
    const header = [0x45, dscp << 2, ...u16(total), ...u16(identification), ...u16(flags), 64, protocol, 0, 0];
    return [...header, ...u32(source[0]), ...u32(destination[0]), ...body];
  }
  const extension = fragment === 0 ? [] : [protocol, 0, ...u16(fragment), ...u32(identification)];
  const next = fragment === 0 ? protocol : 44;
  const header = [...u32(((6 << 28) | (dscp << 22)) >>> 0), ...u16(extension.length + body.length), next, 64];
  return [...header, ...source.flatMap(u32), ...destination.flatMap(u32), ...extension, ...body];
}

export function frameBytes(frame: Frame): number[] {
  const { vlans = [], destinationMac = 0x020000000002, sourceMac = 0x020000000001 } = frame;
  const type = frame.etherType ?? (frame.version === 6 ? 0x86dd : 0x0800);
  const tags = vlans.flatMap((id) => [0x81, 0x00, ...u16(id)]);
  const body = frame.etherType === undefined ? ipPacket(frame) : (frame.payload ?? []);
  return [...u48(destinationMac), ...u48(sourceMac), ...tags, ...u16(type), ...body];
}

/** Bytes in front of and behind a placed packet: never to be read. */
const MARGIN = 64;

/** One slot to look at frames through. The bytes around the frame are poison. */
export class Bench {
  readonly headers = new SlotHeaders(new ArrayBuffer(HEADER_BYTES), 0, 1);
  readonly packet = new Packet(this.headers);

  place(frame: Frame | readonly number[], ingressPort = 0): Packet {
    const bytes = 'length' in frame ? frame : frameBytes(frame);
    const region = new Uint8Array(bytes.length + 2 * MARGIN).fill(0xa5);
    region.set(bytes, MARGIN);
    this.headers.u8.fill(0);
    this.headers.u32[HeaderOffset.length >> 2] = bytes.length;
    this.headers.u32[HeaderOffset.originalLength >> 2] = bytes.length;
    this.headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
    this.headers.u8[HeaderOffset.ingressPort] = ingressPort;
    parsePacket(region, MARGIN, bytes.length, this.headers, 0);
    this.packet.moveTo(region, MARGIN, 0);
    return this.packet;
  }
}
