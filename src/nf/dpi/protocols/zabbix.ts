/** Hot: no allocation. Zabbix: the header of its messages, between server, proxies and agents. */
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const HEADER = literal('ZBXD');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, _finding: Finding): Outcome {
  const header = match(bytes, start, end, HEADER);
  if (header !== Match.yes) return header === Match.partly ? Outcome.more : Outcome.no;
  if (end < start + 5) return Outcome.more;
  // Flags: the protocol, compression, large packets.
  return (bytes[start + 4] & 1) === 1 && bytes[start + 4] < 8 ? Outcome.done : Outcome.no;
}

export const zabbix: Dissector = { name: 'Zabbix', over: 'tcp', firstBytes: [0x5a], inspect };
