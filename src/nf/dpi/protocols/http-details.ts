/** Details of an HTTP/1 request and of its answer (RFC 9110, 9112). Not hot: once a message. */
import type { DetailValue, FlowDetails } from '../../contract.js';
import { detailText } from '../detail-text.js';
import { headerValue, indexOfByte, isBlankLine, literal, valueEnd } from '../text.js';

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const VERSION_BYTES = 8;
const REQUEST_FIELDS = { host: 'host:', userAgent: 'user-agent:', referrer: 'referer:', requestContentType: 'content-type:' };
const ANSWER_FIELDS = { contentType: 'content-type:', server: 'server:', location: 'location:' };

type Fields = readonly (readonly [field: string, header: Uint8Array])[];
const headersOf = (fields: Readonly<Record<string, string>>): Fields => Object.entries(fields).map(([field, header]) => [field, literal(header)]);
const OF_REQUESTS = headersOf(REQUEST_FIELDS);
const OF_ANSWERS = headersOf(ANSWER_FIELDS);

/** `bytes[start, end)` begins with a request line. */
export function describeRequest(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const lineEnd = lineEndOf(bytes, start, end);
  const space = indexOfByte(bytes, SPACE, start, lineEnd);
  const method = detailText(bytes, start, space < 0 ? lineEnd : space);
  const last = detailText(bytes, Math.max(start, lineEnd - VERSION_BYTES), lineEnd);
  const version = /^HTTP\/1\.\d$/.test(last) ? last : '';
  const targetStart = start + method.length + 1;
  const targetEnd = version === '' ? lineEnd : Math.max(targetStart, lineEnd - VERSION_BYTES - 1);
  const details: Record<string, DetailValue> = { method, target: detailText(bytes, targetStart, targetEnd), version };
  return { http: addHeaders(details, OF_REQUESTS, bytes, lineEnd, end) };
}

/** `bytes[start, end)` begins with a status line. */
export function describeAnswer(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const lineEnd = lineEndOf(bytes, start, end);
  const status = /^HTTP\/1\.\d (\d{3})/.exec(detailText(bytes, start, lineEnd));
  const details: Record<string, DetailValue> = status === null ? {} : { status: Number(status[1]) };
  return { http: addHeaders(details, OF_ANSWERS, bytes, lineEnd, end) };
}

/** Where the first line ends, without its line break. */
function lineEndOf(bytes: Uint8Array, start: number, end: number): number {
  const lineFeed = indexOfByte(bytes, LINE_FEED, start, end);
  return lineFeed < 0 ? end : valueEnd(bytes, start, lineFeed + 1);
}

/** Where the values of the fields at hand begin, or -1. */
const found = new Int32Array(8);

/** One pass over the lines for all fields; of two lines with one name the first counts. */
function addHeaders(details: Record<string, DetailValue>, fields: Fields, bytes: Uint8Array, lineEnd: number, end: number): Record<string, DetailValue> {
  const from = indexOfByte(bytes, LINE_FEED, lineEnd, end) + 1;
  if (from === 0) return details;
  found.fill(-1);
  for (let at = from; at < end; ) {
    const lineFeed = indexOfByte(bytes, LINE_FEED, at, end);
    if (lineFeed < 0 || isBlankLine(bytes, at, lineFeed)) break;
    for (let k = 0; k < fields.length; k++) if (found[k] < 0) found[k] = headerValue(bytes, at, lineFeed, fields[k][1]);
    at = lineFeed + 1;
  }
  for (let k = 0; k < fields.length; k++) if (found[k] >= 0) details[fields[k][0]] = detailText(bytes, found[k], valueEnd(bytes, found[k], end));
  return details;
}
