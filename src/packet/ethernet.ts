/**
 * Hot: no allocation. Ethernet II (IEEE 802.3 section 3.2). There is no checksum to mend: the frame check sequence is not
 * part of the packet.
 *
 *   0           6           12      14
 *   | destination | source  | type  | …
 */
import { readU16, readU48, writeU48 } from './bytes.js';
import { HeaderView } from './header-view.js';

const DESTINATION = 0;
const SOURCE = 6;
const ETHER_TYPE = 12;

export class EthernetView extends HeaderView {
  /** 48 bits. */
  get destination(): number {
    return readU48(this.bytes, this.at + DESTINATION);
  }

  /** 48 bits. */
  get source(): number {
    return readU48(this.bytes, this.at + SOURCE);
  }

  /** Of what follows these 14 bytes: the first VLAN tag's when there is one. Below 0x600 it is a length (IEEE 802.3). */
  get etherType(): number {
    return readU16(this.bytes, this.at + ETHER_TYPE);
  }

  rewriteDestination(address: number): void {
    writeU48(this.bytes, this.at + DESTINATION, address);
  }

  rewriteSource(address: number): void {
    writeU48(this.bytes, this.at + SOURCE, address);
  }
}
