/** Hot: no allocation. Syncthing (local discovery, version 4): its magic number, then an announcement. */
import { read32 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const MAGIC = 0x2ea7d90b;
/** Field 1 of the announcement: the device, 32 bytes. */
const DEVICE = 0x0a;
const DEVICE_BYTES = 32;

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const isOne = end >= start + 6 + DEVICE_BYTES && read32(bytes, start) === MAGIC && bytes[start + 4] === DEVICE && bytes[start + 5] === DEVICE_BYTES;
  return isOne ? Outcome.done : Outcome.no;
}

export const syncthing: Dissector = { name: 'Syncthing', over: 'udp', firstBytes: [0x2e], inspect };
