/**
 * Hot: no allocation. TDS (MS-TDS, 2.2.6): PRELOGIN and what answers it, whose options begin with the version; LOGIN7; requests with their
 * transaction; on its port messages as long as their segments.
 */
import { little16, little32, read16 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 1433;
const HEADER_BYTES = 8;
const Type = { batch: 0x01, call: 0x03, answer: 0x04, transaction: 0x0e, login: 0x10, prelogin: 0x12 } as const;
const TYPES: readonly number[] = Object.values(Type);
/** The list of headers with the transaction alone (2.2.5.3): its length, then that of the header and its type. */
const [LIST_BYTES, TRANSACTION_BYTES, TRANSACTION_TYPE] = [22, 18, 2];
const END_OF_MESSAGE = 1;
/** Of the status: end of message, ignore, reset the connection in two ways. */
const UNUSED_STATUS = 0xe4;
/** Of the option VERSION: its token, place and length. */
const VERSION = 0;
const VERSION_BYTES = 6;
const LEAST_BYTES = HEADER_BYTES + 8;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const type = bytes[start];
  if (end < start + LEAST_BYTES || !TYPES.includes(type)) return Outcome.no;
  if (facts.hasPort(PORT) && (bytes[start + 1] & UNUSED_STATUS) === 0 && start + read16(bytes, start + 2) === end && bytes[start + 7] === 0) return Outcome.done;
  if (type === Type.batch || type === Type.call || type === Type.transaction) return inspectRequest(bytes, start, end, finding);
  // Length with the header; then a window that is not used.
  if (bytes[start + 1] !== END_OF_MESSAGE || start + read16(bytes, start + 2) !== end || bytes[start + 7] !== 0) return Outcome.no;
  const at = start + HEADER_BYTES;
  if (type === Type.login) {
    finding.sender = Sender.client;
    // 7.0 to 7.4, the last byte of a number that is little-endian.
    return at + little32(bytes, at) === end && bytes[at + 7] >= 0x70 && bytes[at + 7] <= 0x74 ? Outcome.done : Outcome.no;
  }
  const offset = read16(bytes, at + 1);
  finding.sender = type === Type.prelogin ? Sender.client : Sender.server;
  return bytes[at] === VERSION && read16(bytes, at + 3) === VERSION_BYTES && offset >= 6 && at + offset + VERSION_BYTES <= end ? Outcome.done : Outcome.no;
}

function inspectRequest(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  const at = start + HEADER_BYTES;
  if (end < at + LIST_BYTES || (bytes[start + 1] & UNUSED_STATUS) !== 0 || read16(bytes, start + 2) < HEADER_BYTES + LIST_BYTES) return Outcome.no;
  finding.sender = Sender.client;
  const isTransaction = little32(bytes, at) === LIST_BYTES && little32(bytes, at + 4) === TRANSACTION_BYTES && little16(bytes, at + 8) === TRANSACTION_TYPE;
  return isTransaction ? Outcome.done : Outcome.no;
}

export const tds: Dissector = { name: 'MsSQL-TDS', over: 'tcp', firstBytes: TYPES, leastBytes: LEAST_BYTES, inspect };
