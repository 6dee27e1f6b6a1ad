/**
 * Hot: no allocation. The VXLAN header (RFC 7348 section 5):
 *
 *   |R|R|R|R|I|R|R|R|            Reserved                           |
 *   |                VXLAN Network Identifier (VNI) |   Reserved    |
 *
 * The I flag must be set; reserved bits are sent as zero and ignored on receipt.
 */
import { LinkType } from '../../memory/slot-layout.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import type { Encapsulation } from './encapsulation.js';

const HEADER_BYTES = 8;
const VNI_VALID = 0x08;
/** Inside lies an Ethernet frame: its header at least. */
const MIN_INNER_BYTES = 14;
const TUNNEL_MALFORMED = builtInDrop('tunnel-malformed');
const TUNNEL_VNI = builtInDrop('tunnel-vni');

export const MAX_VNI = 0xffffff;
/** Assigned by IANA. */
export const VXLAN_UDP_PORT = 4789;

export class Vxlan implements Encapsulation {
  readonly headerBytes = HEADER_BYTES;
  readonly linkType = LinkType.ethernet;
  readonly #vni: number;

  constructor(vni: number) {
    this.#vni = vni;
  }

  write(bytes: Uint8Array, at: number): void {
    bytes[at] = VNI_VALID;
    bytes[at + 1] = 0;
    bytes[at + 2] = 0;
    bytes[at + 3] = 0;
    bytes[at + 4] = this.#vni >>> 16;
    bytes[at + 5] = this.#vni >>> 8;
    bytes[at + 6] = this.#vni;
    bytes[at + 7] = 0;
  }

  read(datagram: Uint8Array, length: number): number {
    if (length < HEADER_BYTES + MIN_INNER_BYTES || (datagram[0] & VNI_VALID) === 0) return -TUNNEL_MALFORMED;
    const vni = (datagram[4] << 16) | (datagram[5] << 8) | datagram[6];
    return vni === this.#vni ? HEADER_BYTES : -TUNNEL_VNI;
  }
}
