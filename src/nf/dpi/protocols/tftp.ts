/** Hot: no allocation. TFTP (RFC 1350, 2347): a request with its file and its mode; what follows comes from another port. */
import { read16 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, literal, Match, matchAnyFolded } from '../text.js';

const READ = 1;
const WRITE = 2;
const MODES = [literal('octet\0'), literal('netascii\0'), literal('mail\0')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + 9 || (read16(bytes, start) !== READ && read16(bytes, start) !== WRITE)) return Outcome.no;
  const nameEnd = indexOfByte(bytes, 0, start + 2, end);
  if (nameEnd <= start + 2 || matchAnyFolded(bytes, nameEnd + 1, end, MODES) !== Match.yes) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const tftp: Dissector = { name: 'TFTP', over: 'udp', firstBytes: [0], inspect };
