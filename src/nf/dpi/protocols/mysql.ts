/** Hot: no allocation. MySQL and MariaDB: the server's greeting (protocol version 10). */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { indexOfByte, isPrintable } from '../text.js';

const PROTOCOL_VERSION = 10;
const MAX_VERSION_BYTES = 80;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + 6 || bytes[start + 2] !== 0 || bytes[start + 3] !== 0 || bytes[start + 4] !== PROTOCOL_VERSION) return Outcome.no;
  const length = bytes[start] | (bytes[start + 1] << 8);
  if (start + 4 + length !== end || bytes[start + 5] < 0x33 || bytes[start + 5] > 0x39) return Outcome.no;
  const versionEnd = indexOfByte(bytes, 0, start + 5, end);
  if (versionEnd < 0 || versionEnd - start > MAX_VERSION_BYTES) return Outcome.no;
  for (let at = start + 5; at < versionEnd; at++) if (!isPrintable(bytes[at])) return Outcome.no;
  finding.sender = Sender.server;
  return Outcome.done;
}

export const mysql: Dissector = { name: 'MySQL', over: 'tcp', leastBytes: 6, inspect };
