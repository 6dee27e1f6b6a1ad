/** Hot: no allocation. MQTT 3.1, 3.1.1 and 5: the CONNECT packet; of a connection that began before, two packets that fill their segments. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, matchAny } from '../text.js';

const CONNECT = 0x10;
const CONNECT_ANSWER = 0x20;
const PUBLISH = 0x30;
const [PING, PONG] = [0xc0, 0xd0];
const MAX_TOPIC_BYTES = 255;
/** In which the packets of a connection agree. */
const TOKEN = 0x4d515454;
const NAMES = [literal('\0\x04MQTT'), literal('\0\x06MQIsdp')];

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  if (bytes[start] !== CONNECT) return inspectOther(bytes, start, end, finding);
  let at = start + 1;
  while (at < end && at - start < 4 && (bytes[at] & 0x80) !== 0) at++;
  at++; // the last byte of the remaining length
  const found = matchAny(bytes, at, end, NAMES);
  if (at >= end || found === Match.partly) return Outcome.more;
  if (found === Match.no) return Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

/** A whole packet (3.1.1, 2 and 3): what else begins so and has its length by chance, does not do so twice. */
function inspectOther(bytes: Uint8Array, start: number, end: number, finding: Finding): Outcome {
  if (end < start + 2) return Outcome.no;
  const type = bytes[start];
  finding.token = TOKEN;
  if (type === PING || type === PONG) return end === start + 2 && bytes[start + 1] === 0 ? Outcome.maybe : Outcome.no;
  if (type === CONNECT_ANSWER) {
    const isAnswer = end === start + 4 && bytes[start + 1] === 2 && bytes[start + 2] <= 1 && bytes[start + 3] <= 5;
    return isAnswer ? Outcome.maybe : Outcome.no;
  }
  if (type >> 4 !== PUBLISH >> 4 || (type & 0x06) === 0x06) return Outcome.no;
  let at = start + 1;
  let length = bytes[at] & 0x7f;
  for (let shift = 7; (bytes[at] & 0x80) !== 0; shift += 7) {
    if (++at >= end || shift > 21) return Outcome.no;
    length |= (bytes[at] & 0x7f) << shift;
  }
  const topic = at + 3;
  if (topic > end || at + 1 + length !== end) return Outcome.no;
  const topicBytes = (bytes[at + 1] << 8) | bytes[at + 2];
  if (topicBytes === 0 || topicBytes > MAX_TOPIC_BYTES || topic + topicBytes > end) return Outcome.no;
  for (let k = 0; k < topicBytes; k++) if (bytes[topic + k] < 0x20) return Outcome.no;
  return Outcome.maybe;
}

const PUBLISHES = Array.from({ length: 16 }, (_, flags) => PUBLISH | flags);

export const mqtt: Dissector = { name: 'MQTT', over: 'tcp', firstBytes: [CONNECT, CONNECT_ANSWER, ...PUBLISHES, PING, PONG], inspect };
