/** Hot: no allocation. Discord's voice: the IP discovery by which a client learns its own address, and what keeps a channel alive. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const KEEP_ALIVE = 0x1337cafe;
const KEEP_ALIVE_BYTES = 8;
const DISCOVERY_BYTES = 74;
/** Bytes after the type and the length itself. */
const BODY_BYTES = 70;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  if (end - start === KEEP_ALIVE_BYTES) return read32(bytes, start) === KEEP_ALIVE ? Outcome.done : Outcome.no;
  if (end - start !== DISCOVERY_BYTES || bytes[start] !== 0 || bytes[start + 2] !== 0 || bytes[start + 3] !== BODY_BYTES) return Outcome.no;
  return bytes[start + 1] === 1 || bytes[start + 1] === 2 ? Outcome.done : Outcome.no;
}

export const discord: Dissector = { name: 'Discord', over: 'udp', firstBytes: [0, 0x13], inspect };
