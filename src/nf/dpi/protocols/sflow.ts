/** Hot: no allocation. sFlow version 5 (sflow.org, 5): on its port the version, the agent's address, and a number of samples. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 6343;
const VERSION = 5;
const [IPV4, IPV6] = [1, 2];
/** Version, address, sub-agent, sequence, uptime, samples. */
const BYTES_IPV4 = 28;
const BYTES_IPV6 = 40;
const MAX_SAMPLES = 256;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + BYTES_IPV4 || !facts.hasPort(PORT) || read32(bytes, start) !== VERSION) return Outcome.no;
  const family = read32(bytes, start + 4);
  const header = family === IPV4 ? BYTES_IPV4 : family === IPV6 ? BYTES_IPV6 : 0;
  if (header === 0 || end < start + header) return Outcome.no;
  return read32(bytes, start + header - 4) <= MAX_SAMPLES ? Outcome.done : Outcome.no;
}

export const sflow: Dissector = { name: 'sFlow', over: 'udp', firstBytes: [0], ports: [PORT], leastBytes: BYTES_IPV4, inspect };
