/**
 * Hot: no allocation. TFTP (RFC 1350, 2347): a request with its file and its mode. What follows comes from another port, and is a flow of
 * its own: there a block and what acknowledges it must agree.
 */
import { read16 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, literal, Match, matchAnyFolded } from '../text.js';

const READ = 1;
const WRITE = 2;
const DATA = 3;
const ACKNOWLEDGEMENT = 4;
const OPTIONS = 6;
const HEADER_BYTES = 4;
/** Of a block, when no options say otherwise; RFC 2348 allows 65464. */
const BLOCK_BYTES = 512;
const FIRST_BLOCKS = 8;
const OPTION_NAMES = [literal('blksize\0'), literal('tsize\0'), literal('timeout\0'), literal('windowsize\0')];
const MODES = [literal('octet\0'), literal('netascii\0'), literal('mail\0')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  const operation = end < start + HEADER_BYTES ? 0 : read16(bytes, start);
  if (operation === OPTIONS) return matchAnyFolded(bytes, start + 2, end, OPTION_NAMES) === Match.yes && bytes[end - 1] === 0 ? Outcome.done : Outcome.no;
  if (operation === DATA || operation === ACKNOWLEDGEMENT) {
    // The first blocks are there to see; a short one is the last.
    const block = read16(bytes, start + 2);
    if (end - start > HEADER_BYTES + (operation === DATA ? BLOCK_BYTES : 0) || block > FIRST_BLOCKS) return Outcome.no;
    finding.token = 1 + block;
    return Outcome.maybe;
  }
  if (end < start + 9 || (read16(bytes, start) !== READ && read16(bytes, start) !== WRITE)) return Outcome.no;
  const nameEnd = indexOfByte(bytes, 0, start + 2, end);
  if (nameEnd <= start + 2 || matchAnyFolded(bytes, nameEnd + 1, end, MODES) !== Match.yes) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const tftp: Dissector = { name: 'TFTP', over: 'udp', firstBytes: [0], inspect };
