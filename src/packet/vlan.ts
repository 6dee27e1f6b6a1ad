/**
 * Hot: no allocation. A VLAN tag (IEEE 802.1Q section 9.6) after its tag protocol identifier.
 *
 *   0  3 4          16        32 bits
 *   |PCP|D| VLAN id |  type   |
 */
import { readU16 } from './bytes.js';
import { HeaderView } from './header-view.js';
import { EtherType } from './protocols.js';

const CONTROL = 0;
const ETHER_TYPE = 2;
export const VLAN_BYTES = 4;
/** Deepest stack of tags that is followed. Two are standard; beyond eight it is an attack or noise, and L3 is `other`. */
export const MAX_VLANS = 8;

export function isVlan(etherType: number): boolean {
  return etherType === EtherType.vlan || etherType === EtherType.serviceVlan || etherType === EtherType.doubleVlan;
}

export class VlanView extends HeaderView {
  /** 0 … 4095; 0 means that the tag carries only the priority. */
  get id(): number {
    return readU16(this.bytes, this.at + CONTROL) & 0xfff;
  }

  /** 0 … 7. */
  get priority(): number {
    return this.bytes[this.at + CONTROL] >>> 5;
  }

  get dropEligible(): boolean {
    return (this.bytes[this.at + CONTROL] & 0x10) !== 0;
  }

  /** Of what follows the tag. */
  get etherType(): number {
    return readU16(this.bytes, this.at + ETHER_TYPE);
  }
}
