/** Hot: no allocation. FastCGI (its specification, 3.3 and 5.1): the record that begins a request. */
import { read16 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const VERSION = 1;
const BEGIN_REQUEST = 1;
const BODY_BYTES = 8;
/** Responder, authorizer, filter. */
const LAST_ROLE = 3;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (end < start + 16 || bytes[start] !== VERSION || bytes[start + 1] !== BEGIN_REQUEST || read16(bytes, start + 4) !== BODY_BYTES) return Outcome.no;
  const role = read16(bytes, start + 8);
  if (bytes[start + 7] !== 0 || role < 1 || role > LAST_ROLE || bytes[start + 10] > 1) return Outcome.no;
  for (let at = start + 11; at < start + 16; at++) if (bytes[at] !== 0) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const fastcgi: Dissector = { name: 'FastCGI', over: 'tcp', firstBytes: [VERSION], inspect };
