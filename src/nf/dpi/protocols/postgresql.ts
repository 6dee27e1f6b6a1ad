/** Hot: no allocation. PostgreSQL (frontend/backend protocol 3.0): the first message of a client. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { isLetter } from '../text.js';

/** Requests before the startup message: cancel, SSL and GSSAPI encryption, 1234.5678 to 1234.5680. */
const REQUEST = 1234;
const CANCEL = 5678;
const GSS_ENCRYPTION = 5680;
const MAX_STARTUP_BYTES = 10_000;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (bytes[start] !== 0) return Outcome.no;
  if (end < start + 8) return Outcome.no;
  const length = (bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3];
  const high = (bytes[start + 4] << 8) | bytes[start + 5];
  const low = (bytes[start + 6] << 8) | bytes[start + 7];
  const isRequest = high === REQUEST && low >= CANCEL && low <= GSS_ENCRYPTION && (length === 8 || length === 16);
  const isStartup = high === 3 && low <= 2 && length > 8 && length <= MAX_STARTUP_BYTES && (end < start + 9 || isLetter(bytes[start + 8]));
  if (!isRequest && !isStartup) return Outcome.no;
  finding.sender = Sender.client;
  return isStartup ? Outcome.done : Outcome.named;
}

export const postgresql: Dissector = { name: 'PostgreSQL', over: 'tcp', firstBytes: [0], inspect };
