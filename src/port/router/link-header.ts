/** Hot: no allocation. The link header of a leg, in front of packets that came with another one, or none: in the headroom. */
import { HeaderOffset, LinkType } from '../../memory/slot-layout.js';
import type { Region } from '../../memory/region.js';
import type { SlotHeaders } from '../../memory/slot-headers.js';
import { writeU16, writeU48 } from '../../packet/bytes.js';
import { EtherType } from '../../packet/protocols.js';
import { RESERVED_BYTES } from './headroom.js';
import { ETHERNET_BYTES } from './messages.js';
import type { NeighbourTable } from './neighbour-table.js';

export class LinkHeader {
  /** Of this link: 14, or 0 where packets go without. */
  readonly bytes: number;
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #linkType: number;
  readonly #mac: number;

  constructor(region: Region, headers: SlotHeaders, linkType: number, mac: number) {
    this.bytes = linkType === LinkType.ethernet ? ETHERNET_BYTES : 0;
    this.#region = region;
    this.#headers = headers;
    this.#linkType = linkType;
    this.#mac = mac;
  }

  /** The packet begins with this link's header from now on, and ends where its IP length says. False: no room in front. */
  place(address: number, slot: number, at: number, wireBytes: number, isIpv4: boolean): boolean {
    const { u8, u16, u32 } = this.#headers;
    const linkBytes = this.bytes;
    const dataOffset = at - linkBytes - address;
    if (dataOffset < RESERVED_BYTES) return false;
    const at16 = slot << 5;
    const moved = linkBytes - u16[at16 + (HeaderOffset.l3Offset >> 1)];
    u32[slot << 4] = dataOffset;
    u32[(slot << 4) + 1] = linkBytes + wireBytes;
    u8[(slot << 6) + HeaderOffset.linkType] = this.#linkType;
    if (linkBytes > 0) writeU16(this.#region.bytes, at - 2, isIpv4 ? EtherType.ipv4 : EtherType.ipv6);
    if (moved === 0) return true;
    u8[(slot << 6) + HeaderOffset.vlanCount] = 0;
    u16[at16 + (HeaderOffset.l3Offset >> 1)] = linkBytes;
    if (u16[at16 + (HeaderOffset.l4Offset >> 1)] !== 0) u16[at16 + (HeaderOffset.l4Offset >> 1)] += moved;
    u16[at16 + (HeaderOffset.payloadOffset >> 1)] += moved;
    return true;
  }

  /** The packet goes to a neighbour that is known. */
  address(address: number, neighbours: NeighbourTable, entry: number): void {
    const { bytes } = this.#region;
    const slot = this.#region.slotIndex(address);
    const start = address + this.#headers.u32[slot << 4];
    neighbours.writeMac(entry, bytes, start);
    writeU48(bytes, start + 6, this.#mac);
  }
}
