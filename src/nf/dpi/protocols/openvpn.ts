/** Hot: no allocation. OpenVPN: the packet that resets a connection, in the clear, signed (tls-auth) or encrypted (tls-crypt). */
import { read16, read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

/** Operation and key number: resets of client and server, version 2, and of a client, version 3. */
const CLIENT_RESET = 0x38;
const SERVER_RESET = 0x40;
const CLIENT_RESET_3 = 0x50;
const FIRST_BYTES = [CLIENT_RESET, SERVER_RESET, CLIENT_RESET_3];
const SESSION_BYTES = 8;
/** After operation and session: a packet's number and time, with tls-auth behind a signature of 16 to 64 bytes. */
const SIGNATURE_BYTES = [16, 20, 28, 32, 48, 64];
const REPLAY_BYTES = 8;
const MAX_RESET_BYTES = 400;

/** The number of a first packet is 1, and a time of this century or none follows it. */
function isFirstNumber(bytes: Uint8Array, at: number): boolean {
  const time = read32(bytes, at + 4);
  return read32(bytes, at) === 1 && time > 0x40000000 && time < 0xf0000000;
}

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  let at = start;
  if (facts.isStream) {
    if (end < start + 3 || read16(bytes, start) !== end - start - 2) return Outcome.no;
    at += 2;
  }
  const length = end - at;
  const operation = bytes[at];
  if (!FIRST_BYTES.includes(operation) || length < 14 || length > MAX_RESET_BYTES) return Outcome.no;
  const isServer = operation === SERVER_RESET;
  finding.sender = isServer ? Sender.server : Sender.client;
  const afterSession = at + 1 + SESSION_BYTES;
  // In the clear: what is acknowledged (nothing by a client), then the message's number, 0.
  const acknowledged = bytes[afterSession];
  if (!isServer && length === 14) return acknowledged === 0 && read32(bytes, afterSession + 1) === 0 ? Outcome.done : Outcome.no;
  if (isServer && length === 26) return acknowledged === 1 && read32(bytes, afterSession + 1) === 0 && read32(bytes, at + 22) === 0 ? Outcome.done : Outcome.no;
  if (length < 14 + REPLAY_BYTES + SIGNATURE_BYTES[0]) return Outcome.no;
  if (isFirstNumber(bytes, afterSession)) return Outcome.done;
  for (let k = 0; k < SIGNATURE_BYTES.length; k++) {
    const number = afterSession + SIGNATURE_BYTES[k];
    if (number + REPLAY_BYTES <= end && isFirstNumber(bytes, number)) return Outcome.done;
  }
  return Outcome.no;
}

export const openvpn: Dissector = { name: 'OpenVPN', over: 'both', firstBytes: [0, 1, ...FIRST_BYTES], leastBytes: 14, inspect };
