/**
 * Hot: no allocation. What a leg answers from where it receives. The question is rewritten into its answer where it lies,
 * and the frame is sent at once; its slot was never the chain's.
 */
import { LinkType } from '../../memory/slot-layout.js';
import { readU32, readU48, writeU16, writeU32, writeU48 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { ICMP_CHECKSUM } from '../../packet/l4-checksum.js';
import { IpProtocol } from '../../packet/protocols.js';
import { turnEcho4, turnEcho6 } from './echo.js';
import type { LegSpec } from './leg.js';
import { ALL_NODES, ARP_BYTES, ArpOperation, ETHERNET_BYTES, MESSAGE_BYTES, ND_BYTES, ND_HOP_LIMIT, NdFlag, NdOption, NdType, groupMac, writeWords } from './messages.js';

const IPV6_BYTES = 40;
const TTL = 64;

/** Sends frames of a leg's own. */
export interface FrameOutlet {
  /** Sends the frame in `bytes[start, start + length)` at once, or loses it. The bytes are the caller's again. */
  send(bytes: Uint8Array, start: number, length: number): void;
  /** Sends a part of a packet: the first bytes of `head`, and a piece of the region behind them. False when it was lost. */
  sendPieces(head: Uint8Array, headBytes: number, region: Uint8Array, start: number, length: number): boolean;
}

export class Responder {
  readonly #bytes: Uint8Array;
  readonly #linkBytes: number;
  readonly #mac: number;
  readonly #outlet: FrameOutlet;

  constructor(bytes: Uint8Array, linkType: number, leg: LegSpec, outlet: FrameOutlet) {
    this.#bytes = bytes;
    this.#linkBytes = linkType === LinkType.ethernet ? ETHERNET_BYTES : 0;
    this.#mac = leg.mac;
    this.#outlet = outlet;
  }

  /** The echo request over IPv4 at `ip`, whose ICMP message of `length` bytes is at `icmp`. */
  echo4(ip: number, icmp: number, length: number): void {
    turnEcho4(this.#bytes, ip, icmp, TTL);
    this.#send(ip, icmp + length);
  }

  /** The echo request over IPv6 at `ip`, whose ICMP message has `length` bytes and follows at once. */
  echo6(ip: number, length: number): void {
    const icmp = ip + IPV6_BYTES;
    turnEcho6(this.#bytes, ip, icmp, TTL);
    this.#send(ip, icmp + length);
  }

  /** The ARP request at `at` for one of our addresses. */
  arp(at: number): void {
    const bytes = this.#bytes;
    const target = readU32(bytes, at + 24);
    writeU16(bytes, at + 6, ArpOperation.reply);
    writeU48(bytes, at + 18, readU48(bytes, at + 8));
    writeU32(bytes, at + 24, readU32(bytes, at + 14));
    writeU48(bytes, at + 8, this.#mac);
    writeU32(bytes, at + 14, target);
    this.#send(at, at + ARP_BYTES);
  }

  /** The solicitation at `ip` for our address at `target`. To who has no address yet, all are told (RFC 4861 section 7.2.4). */
  advertise(ip: number, target: number, isProbe: boolean): void {
    const bytes = this.#bytes;
    if (isProbe) {
      writeWords(bytes, ip + 24, ALL_NODES);
      writeU48(bytes, ip - 8, groupMac(ALL_NODES));
    } else for (let k = 0; k < 16; k += 4) writeU32(bytes, ip + 24 + k, readU32(bytes, ip + 8 + k));
    for (let k = 0; k < 16; k += 4) writeU32(bytes, ip + 8 + k, readU32(bytes, target + k));
    writeU32(bytes, ip + 4, (ND_BYTES << 16) | (IpProtocol.icmpv6 << 8) | ND_HOP_LIMIT);
    const nd = ip + IPV6_BYTES;
    writeU32(bytes, nd, NdType.advertisement << 24);
    writeU32(bytes, nd + 4, (NdFlag.router | NdFlag.override | (isProbe ? 0 : NdFlag.solicited)) << 24);
    // A question without the option was shorter than its answer: there is room behind it in any slot.
    writeU16(bytes, nd + 24, (NdOption.target << 8) | 1);
    writeU48(bytes, nd + 26, this.#mac);
    writeU16(bytes, nd + ICMP_CHECKSUM, checksum(bytes, nd, ND_BYTES, pseudoHeaderSum(bytes, ip + 8, 32, IpProtocol.icmpv6, ND_BYTES)));
    this.#send(ip, ip - ETHERNET_BYTES + MESSAGE_BYTES);
  }

  /** Back to who asked; for all nodes the frame has its destination already. */
  #send(l3: number, end: number): void {
    const bytes = this.#bytes;
    const start = l3 - this.#linkBytes;
    if (this.#linkBytes > 0) {
      // Group addresses of IPv6 begin with 33:33: what is answered to all was written where the source had been.
      writeU48(bytes, start, readU48(bytes, start + 6));
      writeU48(bytes, start + 6, this.#mac);
    }
    this.#outlet.send(bytes, start, end - start);
  }
}
