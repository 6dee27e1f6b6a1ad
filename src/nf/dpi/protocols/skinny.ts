/** Hot: no allocation. Cisco's Skinny (SCCP): messages of a length, a version and a type, on its port. */
import { little32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 2000;
const MAX_BYTES = 2000;
/** Versions of the header: 0 for the first phones, then those of their protocol. */
const LAST_VERSION = 32;
const LAST_TYPE = 0x0200;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT)) return Outcome.no;
  let at = start;
  while (at + 12 <= end) {
    const length = little32(bytes, at);
    if (length < 4 || length > MAX_BYTES || little32(bytes, at + 4) > LAST_VERSION || little32(bytes, at + 8) > LAST_TYPE) return Outcome.no;
    at += 8 + length;
  }
  return at === end ? Outcome.done : Outcome.no;
}

export const skinny: Dissector = { name: 'CiscoSkinny', over: 'tcp', ports: [PORT], inspect };
