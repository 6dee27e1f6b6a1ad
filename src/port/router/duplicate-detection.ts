/**
 * Duplicate address detection (RFC 4862 section 5.4): before a leg uses its IPv6 addresses it asks its link for them, once, and listens
 * for a second. Who answers, or asks for the same address for itself, has it.
 */
import { formatIpv6, formatMac } from '../../packet/address.js';
import { readU16, readU32, readU48 } from '../../packet/bytes.js';
import { EtherType, IpProtocol } from '../../packet/protocols.js';
import { isMapped, type AddressWords, type LegSpec } from './leg.js';
import { ETHERNET_BYTES, MESSAGE_BYTES, NdType, UNSPECIFIED, groupMac, solicitedNode, writeNd } from './messages.js';
import { NeighbourMessage, readNeighbourMessage } from './neighbour-message.js';
import type { FrameOutlet } from './responder.js';

/** RFC 4861 section 10: RETRANS_TIMER, which is waited after the last of DupAddrDetectTransmits questions, one by default. */
export const LISTEN_MS = 1000;

const IPV6_BYTES = 40;

export class DuplicateDetection {
  /** What was found: an address of the leg that somebody else has. Null: nothing so far. */
  conflict: string | null = null;
  readonly #mac: number;
  readonly #addresses: readonly AddressWords[];
  readonly #message = new NeighbourMessage();

  constructor({ mac, addresses }: LegSpec) {
    this.#mac = mac;
    this.#addresses = addresses.map(({ words }) => words).filter((words) => !isMapped(words));
  }

  /** Nothing to be asked: all addresses are IPv4. */
  get isEmpty(): boolean {
    return this.#addresses.length === 0;
  }

  /** Asks for each address. */
  ask(outlet: FrameOutlet): void {
    const frame = new Uint8Array(MESSAGE_BYTES);
    for (const target of this.#addresses) {
      const destination = solicitedNode(target);
      const length = writeNd(frame, 0, {
        type: NdType.solicitation, flags: 0, target, source: UNSPECIFIED, destination, sourceMac: this.#mac, destinationMac: groupMac(destination),
      });
      outlet.send(frame, 0, length);
    }
  }

  /** Looks at a frame that has arrived, in `bytes[start, start + length)`. */
  hear(bytes: Uint8Array, start: number, length: number): void {
    const ip = start + ETHERNET_BYTES;
    const isIpv6 = length >= ETHERNET_BYTES + IPV6_BYTES && readU16(bytes, ip - 2) === EtherType.ipv6 && bytes[ip] >>> 4 === 6;
    if (!isIpv6 || bytes[ip + 6] !== IpProtocol.icmpv6 || ip + IPV6_BYTES + readU16(bytes, ip + 4) > start + length) return;
    const type = bytes[ip + IPV6_BYTES];
    const from = readU48(bytes, start + 6);
    // A question of ours that came back by a loop of the link is nobody's claim.
    if ((type !== NdType.solicitation && type !== NdType.advertisement) || from === this.#mac) return;
    const message = this.#message;
    if (!readNeighbourMessage(message, bytes, ip) || (message.isSolicitation && !message.isProbe)) return;
    const { target } = message;
    const found = this.#addresses.find((words) => words.every((word, k) => word === readU32(bytes, target + 4 * k) >>> 0));
    if (found !== undefined) this.conflict ??= `${formatIpv6(found[0], found[1], found[2], found[3])} is in use on its link, by the host with the hardware address ${formatMac(from)}`;
  }
}
