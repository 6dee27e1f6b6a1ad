/** Hot: no allocation. RTMP (Adobe, 5.2): on its port the version and the first block of a handshake, whose time is followed by zeros. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 1935;
const VERSION = 3;
/** Version, time and zeros. */
const LEAST_BYTES = 9;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + LEAST_BYTES || !facts.isFirst || !facts.hasPort(PORT) || bytes[start] !== VERSION) return Outcome.no;
  // Adobe's own clients and servers have their version there instead, whose last bytes are zero or not.
  return !facts.fromClient || read32(bytes, start + 5) === 0 || bytes[start + 5] >= 9 ? Outcome.done : Outcome.no;
}

export const rtmp: Dissector = { name: 'RTMP', over: 'tcp', firstBytes: [VERSION], ports: [PORT], leastBytes: LEAST_BYTES, inspect };
