/** Hot: no allocation. IKE (RFC 7296, 3.1; RFC 2408) on any port, and ESP in UDP (RFC 3948): the keys of IPsec, and what they protect. */
import { read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const NAT_PORT = 4500;
const HEADER_BYTES = 28;
const VERSION_1 = 0x10;
const VERSION_2 = 0x20;
/** Exchanges of IKE 2 (IANA): INIT, AUTH, CHILD_SA, INFORMATIONAL, session resumption, and their intermediate kin. */
const FIRST_EXCHANGE_2 = 34;
const LAST_EXCHANGE_2 = 44;
/** A receiver's numbers below are reserved (RFC 4303, 2.1). */
const MIN_SPI = 256;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  // On the port of NAT traversal four zeros say that it is IKE; ESP has a number there. One byte keeps a mapping alive.
  const isMarked = facts.hasPort(NAT_PORT) && end >= start + 4 && read32(bytes, start) === 0;
  const at = isMarked ? start + 4 : start;
  if (end >= at + HEADER_BYTES && isHeader(bytes, at, end)) {
    finding.sender = read32(bytes, at + 8) === 0 && read32(bytes, at + 12) === 0 ? Sender.client : Sender.unknown;
    return Outcome.done;
  }
  if (!facts.hasPort(NAT_PORT) || isMarked || end < start + 16 || read32(bytes, start) < MIN_SPI) return Outcome.no;
  // ESP: two packets of one receiver's number; its sequence numbers begin at 1.
  finding.token = read32(bytes, start);
  return (end - start) % 4 === 0 && read32(bytes, start + 4) > 0 ? Outcome.maybe : Outcome.no;
}

function isHeader(bytes: Uint8Array, at: number, end: number): boolean {
  const version = bytes[at + 17];
  const exchange = bytes[at + 18];
  const isExchange = version === VERSION_2
    ? exchange >= FIRST_EXCHANGE_2 && exchange <= LAST_EXCHANGE_2 && (bytes[at + 19] & 0xc7) === 0
    : version === VERSION_1 && ((exchange >= 1 && exchange <= 6) || exchange === 32 || exchange === 33) && bytes[at + 19] < 8;
  return isExchange && read32(bytes, at) !== 0 && read32(bytes, at + 24) === end - at;
}

export const ike: Dissector = { name: 'IPSec', over: 'udp', leastBytes: 16, inspect };
