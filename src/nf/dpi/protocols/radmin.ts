/** Hot: no allocation. Radmin 3: messages of version 1, a length that fills them and a kind that is said twice, on its port. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 4899;
const VERSION = 1;
const HEADER_BYTES = 9;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || end < start + HEADER_BYTES + 1 || bytes[start] !== VERSION) return Outcome.no;
  return read32(bytes, start + 1) === end - start - HEADER_BYTES ? Outcome.done : Outcome.no;
}

export const radmin: Dissector = { name: 'Radmin', over: 'tcp', firstBytes: [VERSION], ports: [PORT], inspect };
