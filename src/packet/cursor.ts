/**
 * Hot: no allocation. Where a packet is, and what its slot header says of it. One cursor is moved from slot to slot, and
 * the views of a packet share it. Offsets count from the packet's first byte.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, Layer3, ParseFlag } from '../memory/slot-layout.js';
import { ipv4End, ipv6End, udpEnd } from './packet-end.js';
import { IpProtocol } from './protocols.js';

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
const L3_OFFSET = HeaderOffset.l3Offset >> 1;
const L4_OFFSET = HeaderOffset.l4Offset >> 1;
const PAYLOAD_OFFSET = HeaderOffset.payloadOffset >> 1;
const DATA_OFFSET = HeaderOffset.dataOffset >> 2;
const LENGTH = HeaderOffset.length >> 2;
const ORIGINAL_LENGTH = HeaderOffset.originalLength >> 2;
const FLOW_HASH = HeaderOffset.flowHash >> 2;
const FLOW_ID = HeaderOffset.flowId >> 2;
const MARK = HeaderOffset.mark >> 2;
const SCRATCH = HeaderOffset.scratch >> 2;
const SECONDS = HeaderOffset.timestampSeconds >> 2;
const NANOS = HeaderOffset.timestampNanos >> 2;

export class PacketCursor {
  /** The region, or a private buffer in copy mode. */
  bytes: Uint8Array = NO_BYTES;
  /** The same bytes: fields in network order are read at once. */
  view: DataView = NO_VIEW;
  /** Index of the packet's first byte in `bytes`. */
  start = 0;
  slotIndex = 0;
  protected readonly headers: SlotHeaders;

  constructor(headers: SlotHeaders) {
    this.headers = headers;
  }

  /** Puts the cursor on another packet. Views that were asked for before are void. */
  moveTo(bytes: Uint8Array, start: number, slotIndex: number): void {
    if (this.bytes !== bytes) this.#look(bytes); // a reference costs more to store than to compare
    this.start = start;
    this.slotIndex = slotIndex;
  }

  /** Elsewhere than before: seldom, as all packets lie in one region. */
  #look(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes present. */
  get length(): number {
    return this.headers.u32[(this.slotIndex << 4) + LENGTH];
  }

  /** Bytes on the wire: more than `length` when the capture kept only the front. */
  get originalLength(): number {
    return this.headers.u32[(this.slotIndex << 4) + ORIGINAL_LENGTH];
  }

  /** 0 forward, from inside to outside; 1 reverse. */
  get direction(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.direction];
  }

  /** Index of the port it came in by. */
  get ingressPort(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.ingressPort];
  }

  /** Index of the port it leaves by, when it comes to the end of its path. */
  get egressPort(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.egressPort];
  }

  /** Bytes free in front of the packet: as many can be prepended. */
  get headroom(): number {
    return this.headers.u32[(this.slotIndex << 4) + DATA_OFFSET];
  }

  /** Index and reuse generation of the connection's row; 0 when the packet has no flow. */
  get flowId(): number {
    return this.headers.u32[(this.slotIndex << 4) + FLOW_ID];
  }

  get flowHash(): number {
    return this.headers.u32[(this.slotIndex << 4) + FLOW_HASH];
  }

  /** 32 bits for network functions, kept from hop to hop. */
  get mark(): number {
    return this.headers.u32[(this.slotIndex << 4) + MARK];
  }

  set mark(value: number) {
    this.headers.u32[(this.slotIndex << 4) + MARK] = value;
  }

  /** 32 more bits for network functions, kept from hop to hop. */
  get scratch0(): number {
    return this.headers.u32[(this.slotIndex << 4) + SCRATCH];
  }

  set scratch0(value: number) {
    this.headers.u32[(this.slotIndex << 4) + SCRATCH] = value;
  }

  /** The last 32 bits for network functions, kept from hop to hop. */
  get scratch1(): number {
    return this.headers.u32[(this.slotIndex << 4) + SCRATCH + 1];
  }

  set scratch1(value: number) {
    this.headers.u32[(this.slotIndex << 4) + SCRATCH + 1] = value;
  }

  /** When the packet was captured: milliseconds since 1970, with a fraction. */
  get timestampMs(): number {
    const at = this.slotIndex << 4;
    return this.headers.u32[at + SECONDS] * 1000 + this.headers.u32[at + NANOS] / 1e6;
  }

  /** The same in whole seconds. */
  get timestampSeconds(): number {
    return this.headers.u32[(this.slotIndex << 4) + SECONDS];
  }

  /** LinkType of the first byte. */
  get linkType(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.linkType];
  }

  /** Layer3 of what lies at `l3Offset`, also when that header is malformed. */
  get l3(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.l3];
  }

  /** IP protocol number of the upper layer, known also for later fragments; 0 when there is none. */
  get l4(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.l4];
  }

  /** A header ends beyond the bytes present, or a length in it cannot be true. */
  get isMalformed(): boolean {
    return (this.headers.u8[(this.slotIndex << 6) + HeaderOffset.parseFlags] & ParseFlag.malformed) !== 0;
  }

  /** An IP fragment, first or later. */
  get isFragment(): boolean {
    return (this.headers.u8[(this.slotIndex << 6) + HeaderOffset.parseFlags] & ParseFlag.fragment) !== 0;
  }

  /** An IP fragment that does not carry the L4 header. */
  get isLaterFragment(): boolean {
    return (this.headers.u8[(this.slotIndex << 6) + HeaderOffset.parseFlags] & ParseFlag.laterFragment) !== 0;
  }

  get l3Offset(): number {
    return this.headers.u16[(this.slotIndex << 5) + L3_OFFSET];
  }

  /** 0 when there is no L4 header that could be read: another protocol, a later fragment, or malformed. */
  get l4Offset(): number {
    return this.headers.u16[(this.slotIndex << 5) + L4_OFFSET];
  }

  /** First byte after the last header that could be read; 0 when the L3 header itself could not. */
  get payloadOffset(): number {
    return this.headers.u16[(this.slotIndex << 5) + PAYLOAD_OFFSET];
  }

  /** Bytes from `payloadOffset` on that are present and belong to the packet: padding of the link layer does not. */
  get payloadLength(): number {
    const payloadOffset = this.payloadOffset;
    if (payloadOffset === 0) return 0;
    const from = this.start + payloadOffset;
    let end = this.start + this.length;
    const at = this.start + this.l3Offset;
    const l3 = this.l3;
    let l3End = end;
    if (l3 === Layer3.ipv4) l3End = ipv4End(this.bytes, at, end);
    else if (l3 === Layer3.ipv6) l3End = ipv6End(this.bytes, at, end);
    else if (l3 === Layer3.arp) l3End = from;
    if (l3End < end) end = l3End;
    const l4Offset = this.l4Offset;
    if (l4Offset !== 0 && this.l4 === IpProtocol.udp) {
      const datagramEnd = udpEnd(this.bytes, this.start + l4Offset);
      if (datagramEnd < end) end = datagramEnd;
    }
    return end > from ? end - from : 0;
  }

  /** VLAN tags in front of `l3Offset`. */
  get vlanCount(): number {
    return this.headers.u8[(this.slotIndex << 6) + HeaderOffset.vlanCount];
  }
}
