/** Hot: no allocation. CIP over UDP (ODVA, EtherNet/IP): two items, an address with a sequence and connected data, which fill the datagram. */
import { little16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const ITEMS = 2;
const SEQUENCED_ADDRESS = 0x8002;
const CONNECTED_DATA = 0x00b1;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  if (end < start + 18 || little16(bytes, start) !== ITEMS || little16(bytes, start + 2) !== SEQUENCED_ADDRESS || little16(bytes, start + 4) !== 8) return Outcome.no;
  const isData = little16(bytes, start + 14) === CONNECTED_DATA;
  return isData && (start + 18 + little16(bytes, start + 16) === end || !facts.isWhole) ? Outcome.done : Outcome.no;
}

export const cip: Dissector = { name: 'CIP', over: 'udp', firstBytes: [ITEMS], inspect };
