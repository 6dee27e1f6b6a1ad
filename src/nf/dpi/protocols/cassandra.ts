/**
 * Hot: no allocation. Cassandra (CQL binary protocol, 3 to 5): a frame's header, and what a connection begins with; and the
 * magic number with which a node begins a connection to another.
 */
import { read16, read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfFolded, literal } from '../text.js';

const HEADER_BYTES = 9;
const RESPONSE = 0x80;
const NODES_MAGIC = 0xca552dfa;
const STARTUP = 1;
const OPTIONS = 5;
const SUPPORTED = 6;
const CQL = literal('cql_version');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + HEADER_BYTES) return Outcome.no;
  if (read32(bytes, start) === NODES_MAGIC) {
    finding.sender = Sender.client;
    return Outcome.done;
  }
  const version = bytes[start] & ~RESPONSE;
  const operation = bytes[start + 4];
  if (version < 3 || version > 5 || bytes[start + 1] > 0x1f || read32(bytes, start + 5) !== end - start - HEADER_BYTES) return Outcome.no;
  const isAnswer = (bytes[start] & RESPONSE) !== 0;
  finding.sender = isAnswer ? Sender.server : Sender.client;
  if (operation === (isAnswer ? SUPPORTED : STARTUP)) return indexOfFolded(bytes, CQL, start + HEADER_BYTES, end) >= 0 ? Outcome.done : Outcome.no;
  // A question without a body: only the answer says what it was.
  finding.token = read16(bytes, start + 2) + 1;
  return !isAnswer && operation === OPTIONS && end === start + HEADER_BYTES ? Outcome.maybe : Outcome.no;
}

export const cassandra: Dissector = { name: 'Cassandra', over: 'tcp', firstBytes: [3, 4, 5, 0x83, 0x84, 0x85, 0xca], leastBytes: HEADER_BYTES, inspect };
