/** Hot: no allocation. HTTP/1 (RFC 9112): a request with its Host, or an answer. */
import { Outcome, Sender } from '../dissector.js';
import type { Dissector, Facts, Finding } from '../dissector.js';
import { findHeader, hasHeadersEnd, headersAreWhole, indexOfByte, literal, Match, match, matchAny, valueEnd } from '../text.js';
import { describeAnswer, describeRequest } from './http-details.js';

// The methods of RFC 9110, 5789, 4918 (WebDAV), 3253, 3744, 5323, 4791 and a few that UPnP and Windows use.
const METHODS = [
  'GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'PATCH', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE',
  'LOCK', 'UNLOCK', 'REPORT', 'SEARCH', 'MKCALENDAR', 'ACL', 'SUBSCRIBE', 'UNSUBSCRIBE', 'NOTIFY', 'M-POST', 'RPC_IN_DATA',
  'RPC_OUT_DATA', 'BITS_POST', 'CCM_POST', 'VERSION-CONTROL', 'CHECKOUT', 'CHECKIN', 'MERGE', 'MKACTIVITY', 'PURGE',
].map((method) => literal(`${method} `));
/** By their first byte. */
const METHODS_OF = Array.from({ length: 256 }, (_, byte) => METHODS.filter(([first]) => first === byte));
const CONNECT = literal('CONNECT ');
const STATUS = [literal('HTTP/1.0 '), literal('HTTP/1.1 ')];
const VERSION = literal(' HTTP/1.');
const ABSOLUTE = [literal('http://'), literal('https://'), literal('ftp://')];
const HOST = literal('host:');
const SPACE = 0x20;
const SLASH = 0x2f;
/** Of the status, in a status line. */
const STATUS_AT = 9;
const INFORMATIONAL = 0x31;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function inspect(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  const status = matchAny(bytes, start, end, STATUS);
  if (status === Match.yes) return inspectAnswer(bytes, start, end, facts, finding);
  const method = matchAny(bytes, start, end, METHODS_OF[bytes[start]]);
  if (method !== Match.yes) return method === Match.partly || status === Match.partly ? Outcome.more : Outcome.no;

  const target = indexOfByte(bytes, SPACE, start, end) + 1;
  const lineFeed = indexOfByte(bytes, LINE_FEED, target, end);
  const present = lineFeed < 0 ? end : lineFeed;
  const lineEnd = present > target && bytes[present - 1] === CARRIAGE_RETURN ? present - 1 : present;
  for (let at = target; at < lineEnd; at++) if (bytes[at] < SPACE) return Outcome.no;
  const isConnect = match(bytes, start, end, CONNECT) === Match.yes;
  const isAbsolute = !isConnect && matchAny(bytes, target, end, ABSOLUTE) === Match.yes;

  if (lineFeed < 0) {
    // A long target may fill all there is to see. One in origin form is enough to go by; others could be RTSP or SIP.
    const isOrigin = !isConnect && target < end && bytes[target] === SLASH;
    if (!isOrigin && !isAbsolute) return Outcome.more;
    name(finding, isConnect, isAbsolute);
    return facts.isFinal ? Outcome.doneHere : Outcome.namedMore;
  }
  if (!hasVersion(bytes, target, lineEnd)) return Outcome.no;
  name(finding, isConnect, isAbsolute);
  finding.tell(describeRequest, bytes, start, end);
  const host = findHeader(bytes, lineFeed + 1, end, HOST);
  if (isConnect) finding.setAuthority(bytes, target, indexOfByte(bytes, SPACE, target, lineEnd));
  else if (host >= 0) finding.setAuthority(bytes, host, valueEnd(bytes, host, end));
  return facts.isFinal || headersAreWhole ? Outcome.doneHere : Outcome.namedMore;
}

function inspectAnswer(bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding): Outcome {
  finding.sender = Sender.server;
  finding.name = facts.name.startsWith('HTTP_') ? facts.name : '';
  // 1xx is not yet the answer (RFC 9110, 15.2).
  if (start + STATUS_AT < end && bytes[start + STATUS_AT] === INFORMATIONAL) return Outcome.named;
  finding.tell(describeAnswer, bytes, start, end);
  return facts.isFinal || hasHeadersEnd(bytes, start, end) ? Outcome.doneHere : Outcome.namedMore;
}

function name(finding: Finding, isConnect: boolean, isAbsolute: boolean): void {
  finding.sender = Sender.client;
  if (isConnect) finding.name = 'HTTP_Connect';
  else if (isAbsolute) finding.name = 'HTTP_Proxy';
}

/** The request line ends in ` HTTP/1.x`. */
function hasVersion(bytes: Uint8Array, target: number, lineEnd: number): boolean {
  const at = lineEnd - VERSION.length - 1;
  return at > target && match(bytes, at, lineEnd, VERSION) === Match.yes;
}

export const http: Dissector = { name: 'HTTP', variants: ['HTTP_Proxy', 'HTTP_Connect'], over: 'tcp', firstBytes: [0x48, ...METHODS.map(([first]) => first)], inspect };
