/** Hot: no allocation. Beckhoff's ADS (AMS over TCP): a length that fills the message, addresses, a command. */
import { little16, little32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const PORT = 48_898;
const TCP_HEADER_BYTES = 6;
const AMS_HEADER_BYTES = 32;
const LAST_COMMAND = 9;
const COMMAND_FLAG = 0x0004;
const ANSWER_FLAG = 0x0001;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (!facts.hasPort(PORT) || end < start + TCP_HEADER_BYTES + AMS_HEADER_BYTES || little16(bytes, start) !== 0) return Outcome.no;
  const length = little32(bytes, start + 2);
  const ams = start + TCP_HEADER_BYTES;
  const flags = little16(bytes, ams + 18);
  if (length < AMS_HEADER_BYTES || little16(bytes, ams + 16) > LAST_COMMAND || (flags & COMMAND_FLAG) === 0) return Outcome.no;
  finding.sender = (flags & ANSWER_FLAG) !== 0 ? Sender.server : Sender.client;
  return little32(bytes, ams + 20) === length - AMS_HEADER_BYTES ? Outcome.done : Outcome.no;
}

export const ads: Dissector = { name: 'BeckhoffADS', over: 'tcp', firstBytes: [0], ports: [PORT], inspect };
