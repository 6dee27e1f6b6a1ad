/**
 * Hot: no allocation. The packet that network functions see: one flyweight, moved from slot to slot, with one view of each
 * header. Parsing was done at ingress, so asking for a view costs a look into the slot header.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, Layer3, LinkType, ParseFlag } from '../memory/slot-layout.js';
import { ArpView } from './arp.js';
import { PacketCursor } from './cursor.js';
import { EthernetView } from './ethernet.js';
import { IcmpView } from './icmp.js';
import { Ipv4View } from './ipv4.js';
import { Ipv6View } from './ipv6.js';
import { ETHERNET_BYTES, linkBytes } from './link.js';
import { parsePacket } from './parse.js';
import { IpProtocol } from './protocols.js';
import { rewriteDestinationEnd, rewriteSourceEnd } from './rewrite-end.js';
import { TcpView } from './tcp.js';
import { UdpView } from './udp.js';
import { MAX_VLANS, VLAN_BYTES, VlanView } from './vlan.js';

export type { ArpView, EthernetView, IcmpView, Ipv4View, Ipv6View, TcpView, UdpView, VlanView };

const DATA_OFFSET = HeaderOffset.dataOffset >> 2;
const LENGTH = HeaderOffset.length >> 2;
const ORIGINAL_LENGTH = HeaderOffset.originalLength >> 2;

export class Packet extends PacketCursor {
  readonly #slotBytes: number;
  readonly #ethernet: EthernetView;
  readonly #vlans: readonly VlanView[];
  readonly #arp: ArpView;
  readonly #ipv4: Ipv4View;
  readonly #ipv6: Ipv6View;
  readonly #tcp: TcpView;
  readonly #udp: UdpView;
  readonly #icmp: IcmpView;
  readonly #icmpv6: IcmpView;

  /** `slotBytes` bounds `resize`; without it, only the end of `bytes` does. */
  constructor(headers: SlotHeaders, slotBytes = Number.MAX_SAFE_INTEGER) {
    super(headers);
    this.#slotBytes = slotBytes;
    this.#ethernet = new EthernetView(this);
    this.#vlans = Array.from({ length: MAX_VLANS }, () => new VlanView(this));
    this.#arp = new ArpView(this);
    this.#ipv4 = new Ipv4View(this);
    this.#ipv6 = new Ipv6View(this);
    this.#tcp = new TcpView(this);
    this.#udp = new UdpView(this);
    this.#icmp = new IcmpView(this, false);
    this.#icmpv6 = new IcmpView(this, true);
  }

  // Each view is null when the packet has no such header, or has one that cannot be read.

  ethernet(): EthernetView | null {
    return this.linkType === LinkType.ethernet && this.length >= ETHERNET_BYTES ? this.#ethernet.place(0) : null;
  }

  /** The tag at `depth`, the outermost being 0. */
  vlan(depth: number): VlanView | null {
    if (depth < 0 || depth >= this.vlanCount) return null;
    return this.#vlans[depth].place(linkBytes(this.linkType) + depth * VLAN_BYTES);
  }

  arp(): ArpView | null {
    return this.#hasL3(Layer3.arp) ? this.#arp.place(this.l3Offset) : null;
  }

  ipv4(): Ipv4View | null {
    return this.#hasL3(Layer3.ipv4) ? this.#ipv4.place(this.l3Offset) : null;
  }

  ipv6(): Ipv6View | null {
    return this.#hasL3(Layer3.ipv6) ? this.#ipv6.place(this.l3Offset) : null;
  }

  /** Null also for a later fragment: its TCP header travelled in the first one. */
  tcp(): TcpView | null {
    const offset = this.l4Offset;
    return offset !== 0 && this.l4 === IpProtocol.tcp ? this.#tcp.place(offset) : null;
  }

  /** Null also for a later fragment: its UDP header travelled in the first one. */
  udp(): UdpView | null {
    const offset = this.l4Offset;
    return offset !== 0 && this.l4 === IpProtocol.udp ? this.#udp.place(offset) : null;
  }

  /** ICMP for IPv4. */
  icmp(): IcmpView | null {
    const offset = this.l4Offset;
    return offset !== 0 && this.l4 === IpProtocol.icmp ? this.#icmp.place(offset) : null;
  }

  icmpv6(): IcmpView | null {
    const offset = this.l4Offset;
    return offset !== 0 && this.l4 === IpProtocol.icmpv6 ? this.#icmpv6.place(offset) : null;
  }

  #hasL3(layer: number): boolean {
    return this.l3 === layer && this.payloadOffset !== 0;
  }

  /**
   * Says that the packet now ends after `length` bytes. It is whole from then on, even if a capture had cut it.
   * @throws RangeError when the slot is shorter.
   */
  resize(length: number): void {
    const at = this.slotIndex << 4;
    const { u8, u32 } = this.headers;
    const room = Math.min(this.#slotBytes - u32[at + DATA_OFFSET], this.bytes.length - this.start);
    if (!(length >= 1 && length <= room)) throw new RangeError(`a packet must have 1 to ${room} B here, found ${length}`);
    u32[at + LENGTH] = length;
    u32[at + ORIGINAL_LENGTH] = length;
    u8[(this.slotIndex << 6) + HeaderOffset.parseFlags] &= ~ParseFlag.snapped;
  }

  /**
   * Begins the packet `count` bytes earlier, in the headroom; what these bytes hold is for the caller to write.
   * @throws RangeError when the headroom is shorter.
   */
  prepend(count: number): void {
    const room = this.headers.u32[(this.slotIndex << 4) + DATA_OFFSET];
    if (!(count >= 0 && count <= room)) throw new RangeError(`the headroom is ${room} B, found ${count}`);
    this.#moveFront(-count);
  }

  /**
   * Begins the packet `count` bytes later.
   * @throws RangeError when no byte would be left.
   */
  trimFront(count: number): void {
    const { length } = this;
    if (!(count >= 0 && count < length)) throw new RangeError(`the packet has ${length} B, found ${count}`);
    this.#moveFront(count);
  }

  #moveFront(by: number): void {
    const at = this.slotIndex << 4;
    const { u32 } = this.headers;
    this.start += by;
    u32[at + DATA_OFFSET] += by;
    u32[at + LENGTH] -= by;
    u32[at + ORIGINAL_LENGTH] -= by;
  }

  /** Finds the headers again, after a rewrite that moved them. Views that were asked for before are void. */
  reparse(): void {
    parsePacket(this.bytes, this.start, this.length, this.headers, this.slotIndex);
  }

  /**
   * Says that packets of the packet's present tuple, and of the same tuple the other way, belong to its flow. The manager
   * learns of it before the packet moves on.
   */
  publishTuple(): void {
    this.headers.u8[(this.slotIndex << 6) + HeaderOffset.parseFlags] |= ParseFlag.tuplePublished;
  }

  /**
   * Replaces source address and port and mends each checksum once, where the view's setters would mend the upper one twice.
   * For packets for which `ipv4()` and one of `tcp()` and `udp()` are not null.
   */
  rewriteSourceEnd(address: number, port: number): void {
    rewriteSourceEnd(this, address, port);
  }

  /** Replaces destination address and port; otherwise as `rewriteSourceEnd`. */
  rewriteDestinationEnd(address: number, port: number): void {
    rewriteDestinationEnd(this, address, port);
  }

  /**
   * The packet will leave by the port that it came in by. It goes on through the rest of its path in the same direction,
   * so that every function sees it once.
   */
  turnBack(): void {
    const at = this.slotIndex << 6;
    const { u8 } = this.headers;
    const ingress = u8[at + HeaderOffset.ingressPort];
    u8[at + HeaderOffset.egressPort] = ingress;
  }
}
