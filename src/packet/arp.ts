/**
 * Hot: no allocation. ARP for IPv4 over Ethernet (RFC 826). Other hardware and protocols have no view.
 *
 *    0          2          4      5      6          8                14
 *   | hardware | protocol | hlen | plen | operation | sender hardware | …
 *   14               18                24               28
 *   | sender address | target hardware | target address |
 */
import { readU16, readU32, readU48 } from './bytes.js';
import { HeaderView } from './header-view.js';
import { EtherType } from './protocols.js';

const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
const SENDER_HARDWARE = 8;
const SENDER_ADDRESS = 14;
const TARGET_HARDWARE = 18;
const TARGET_ADDRESS = 24;
const FIXED_BYTES = 8;
const ETHERNET_HARDWARE = 1;
export const ARP_BYTES = 28;

/** Whether all four addresses, as long as the message says they are, lie before `end`. */
export function isArpComplete(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + FIXED_BYTES > end) return false;
  return at + FIXED_BYTES + 2 * (bytes[at + HARDWARE_LENGTH] + bytes[at + PROTOCOL_LENGTH]) <= end;
}

/** Whether a complete message is about IPv4 over Ethernet. */
export function isArpForIpv4(bytes: Uint8Array, at: number): boolean {
  return readU16(bytes, at + HARDWARE_TYPE) === ETHERNET_HARDWARE && readU16(bytes, at + PROTOCOL_TYPE) === EtherType.ipv4
    && bytes[at + HARDWARE_LENGTH] === 6 && bytes[at + PROTOCOL_LENGTH] === 4;
}

export class ArpView extends HeaderView {
  /** 1 request, 2 reply. */
  get operation(): number {
    return readU16(this.bytes, this.at + OPERATION);
  }

  /** 48 bits. */
  get senderHardware(): number {
    return readU48(this.bytes, this.at + SENDER_HARDWARE);
  }

  get senderAddress(): number {
    return readU32(this.bytes, this.at + SENDER_ADDRESS);
  }

  /** 48 bits; 0 in a request. */
  get targetHardware(): number {
    return readU48(this.bytes, this.at + TARGET_HARDWARE);
  }

  get targetAddress(): number {
    return readU32(this.bytes, this.at + TARGET_ADDRESS);
  }
}
