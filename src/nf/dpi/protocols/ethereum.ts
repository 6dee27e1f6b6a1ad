/** Hot: no allocation. Ethereum: the discovery of nodes (devp2p discv4), and the first message of RLPx, which is as long as it says (EIP-8). */
import { read16 } from '../bytes.js';
import { Outcome } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';

/** A hash, a signature with its recovery number, then the type: ping, pong, find, neighbours, and two for records. */
const RECOVERY_AT = 96;
const TYPE_AT = 97;
const LAST_TYPE = 6;
/** A list in RLP, longer than 55 bytes or not. */
const LIST = 0xc0;
const MAX_DATAGRAM_BYTES = 1280;
/** RLPx: a point of a curve, uncompressed, an IV, a body and a code of authenticity. */
const POINT = 4;
const MIN_HELLO_BYTES = 65 + 16 + 32;
const MAX_HELLO_BYTES = 1024;
/** Of the length. */
const HELLO_FIRST_BYTES = Array.from({ length: (MAX_HELLO_BYTES >> 8) + 1 }, (_, high) => high);

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, _finding: Finding): Outcome {
  const length = end - start;
  if (facts.isStream) {
    const says = length > 3 ? read16(bytes, start) : 0;
    return facts.isFirst && says === length - 2 && says >= MIN_HELLO_BYTES && says <= MAX_HELLO_BYTES && bytes[start + 2] === POINT ? Outcome.done : Outcome.no;
  }
  if (length <= TYPE_AT + 1 || length > MAX_DATAGRAM_BYTES || bytes[start + RECOVERY_AT] > 1) return Outcome.no;
  const type = bytes[start + TYPE_AT];
  const list = bytes[start + TYPE_AT + 1];
  if (type < 1 || type > LAST_TYPE || list < LIST) return Outcome.no;
  // The list fills the datagram; later versions may add to it, never take away.
  const isLong = list > 0xf7;
  const size = isLong ? list - 0xf7 : 0;
  if (size > 2 || start + TYPE_AT + 2 + size > end) return Outcome.no;
  const content = !isLong ? list - LIST : size === 1 ? bytes[start + TYPE_AT + 2] : read16(bytes, start + TYPE_AT + 2);
  return start + TYPE_AT + 2 + size + content === end ? Outcome.done : Outcome.no;
}

export const ethereum: Dissector = { name: 'ETHEREUM', over: 'both', overTcp: { firstBytes: HELLO_FIRST_BYTES }, leastBytes: TYPE_AT + 2, inspect };
