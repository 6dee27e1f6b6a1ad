/**
 * Hot: no allocation. Reads a neighbour solicitation or advertisement, as far as RFC 4861 sections 7.1.1 and 7.1.2 let it be
 * believed.
 */
import { readU16, readU32 } from '../../packet/bytes.js';
import { checksum, pseudoHeaderSum } from '../../packet/checksum.js';
import { IpProtocol } from '../../packet/protocols.js';
import { ND_HOP_LIMIT, NdFlag, NdOption, NdType } from './messages.js';

const IPV6_BYTES = 40;
/** Without options. */
const MIN_BYTES = 24;
const MAC_OPTION_BYTES = 8;

export class NeighbourMessage {
  isSolicitation = false;
  /** Index of the target's address. */
  target = 0;
  /** Index of the hardware address that it tells, or -1. */
  mac = -1;
  /** A solicitation without a source: somebody wants the address for itself (RFC 4862 section 5.4). */
  isProbe = false;
  isSolicited = false;
  overrides = false;
}

/** Reads the message in the IPv6 packet at `ip`, whose payload is wholly there. False when it must not be believed. */
export function readNeighbourMessage(into: NeighbourMessage, bytes: Uint8Array, ip: number): boolean {
  const length = readU16(bytes, ip + 4);
  const at = ip + IPV6_BYTES;
  if (bytes[ip + 7] !== ND_HOP_LIMIT || length < MIN_BYTES || bytes[at + 1] !== 0 || bytes[at + 8] === 0xff) return false;
  if (checksum(bytes, at, length, pseudoHeaderSum(bytes, ip + 8, 32, IpProtocol.icmpv6, length)) !== 0) return false;
  into.isSolicitation = bytes[at] === NdType.solicitation;
  into.target = at + 8;
  into.mac = -1;
  const kind = into.isSolicitation ? NdOption.source : NdOption.target;
  for (let option = at + MIN_BYTES; option < at + length; ) {
    const optionBytes = option + 1 < at + length ? bytes[option + 1] << 3 : 0;
    if (optionBytes === 0 || option + optionBytes > at + length) return false;
    if (bytes[option] === kind && optionBytes === MAC_OPTION_BYTES) into.mac = option + 2;
    option += optionBytes;
  }
  into.isProbe = (readU32(bytes, ip + 8) | readU32(bytes, ip + 12) | readU32(bytes, ip + 16) | readU32(bytes, ip + 20)) === 0;
  const isToGroup = bytes[ip + 24] === 0xff;
  const flags = bytes[at + 4];
  into.isSolicited = (flags & NdFlag.solicited) !== 0;
  into.overrides = (flags & NdFlag.override) !== 0;
  if (into.isSolicitation) return !into.isProbe || (isToGroup && into.mac === -1);
  return !into.isProbe && !(isToGroup && into.isSolicited);
}
