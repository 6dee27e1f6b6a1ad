/** Hot: no allocation. MQTT 3.1, 3.1.1 and 5: the CONNECT packet. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, matchAny } from '../text.js';

const CONNECT = 0x10;
const NAMES = [literal('\0\x04MQTT'), literal('\0\x06MQIsdp')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (bytes[start] !== CONNECT) return Outcome.no;
  let at = start + 1;
  while (at < end && at - start < 4 && (bytes[at] & 0x80) !== 0) at++;
  at++; // the last byte of the remaining length
  const found = matchAny(bytes, at, end, NAMES);
  if (at >= end || found === Match.partly) return Outcome.more;
  if (found === Match.no) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const mqtt: Dissector = { name: 'MQTT', over: 'tcp', firstBytes: [CONNECT], inspect };
