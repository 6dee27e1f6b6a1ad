/** Hot: no allocation. ONC RPC (RFC 5531, 9): calls of NFS (RFC 1813), of the mount protocol and of the port mapper that goes before them. */
import { read32 } from '../bytes.js';
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

const CALL = 0;
const RPC_VERSION = 2;
const PORT_MAPPER = 100_000;
const NFS = 100_003;
const MOUNT = 100_005;
const LOCK = 100_021;
const LAST_FLAVOR = 6;
/** Over TCP a record mark goes before, whose upper bit says that it is the last fragment. */
const LAST_FRAGMENT = 0x80;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  if (facts.isStream && (bytes[start] & LAST_FRAGMENT) === 0) return Outcome.no;
  const at = facts.isStream ? start + 4 : start;
  // Number, direction, version of RPC, program, its version and procedure, then credentials.
  if (end < at + 40 || read32(bytes, at + 4) !== CALL || read32(bytes, at + 8) !== RPC_VERSION) return Outcome.no;
  const program = read32(bytes, at + 12);
  const isKnown = program === NFS || program === MOUNT || program === LOCK || program === PORT_MAPPER;
  if (!isKnown || read32(bytes, at + 16) > 5 || read32(bytes, at + 20) > 50 || read32(bytes, at + 24) > LAST_FLAVOR) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const rpc: Dissector = { name: 'NFS', over: 'both', overTcp: { firstBytes: Array.from({ length: 128 }, (_, k) => LAST_FRAGMENT | k) }, leastBytes: 40, inspect };
