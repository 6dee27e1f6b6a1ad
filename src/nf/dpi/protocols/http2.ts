/** Hot: no allocation. HTTP/2 without TLS (RFC 9113, 3.4): the preface of a client. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { literal, Match, match } from '../text.js';

const PREFACE = literal('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function inspect(bytes: Uint8Array, start: number, end: number, _facts: Facts, finding: Finding): Outcome {
  const preface = match(bytes, start, end, PREFACE);
  if (preface !== Match.yes) return preface === Match.partly ? Outcome.more : Outcome.no;
  finding.sender = Sender.client;
  return Outcome.done;
}

export const http2: Dissector = { name: 'HTTP2', over: 'tcp', firstBytes: [PREFACE[0]], inspect };
