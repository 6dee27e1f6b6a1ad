/** Details of a QUIC connection: its version, and what the client's hello says. Not hot: once a flow. */
import type { DetailValue, FlowDetails } from '../../contract.js';
import { detailText, hex16 } from '../detail-text.js';
import { describeClientHello } from './hello-details.js';

const TAG_BYTES = 8;
const MAX_TAGS = 64;
/** Tags of Google's hello that are told. */
const TOLD: ReadonlyMap<string, string> = new Map([['SNI\0', 'sni'], ['UAID', 'userAgent']]);

let version = 0;

/** The version in the header of the packet whose hello is read next. */
export function versionToTell(number: number): void {
  version = number;
}

/** `bytes[start, end)`: the body of a ClientHello, put together from CRYPTO frames. */
export function describeHello(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const { version: _tls, ...hello } = describeClientHello(bytes, start, end, 'q');
  return { quic: { version: versionText(version), ...hello } };
}

/** `bytes[start, end)`: a CHLO, tags and values, as Google's versions before TLS have it. */
export function describeGoogleHello(bytes: Uint8Array, start: number, end: number): FlowDetails {
  const details: Record<string, DetailValue> = { version: versionText(version) };
  const count = Math.min(bytes[start + 4] | (bytes[start + 5] << 8), MAX_TAGS);
  const values = start + 8 + (bytes[start + 4] | (bytes[start + 5] << 8)) * TAG_BYTES;
  let from = 0;
  for (let k = 0, at = start + 8; k < count && at + TAG_BYTES <= end; k++, at += TAG_BYTES) {
    const to = bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16);
    const field = TOLD.get(String.fromCharCode(...bytes.subarray(at, at + 4)));
    if (field !== undefined && to > from && values + to <= end) details[field] = detailText(bytes, values + from, values + to);
    from = to;
  }
  return { quic: details };
}

/** `1`, `2`, `draft-29`, `Q050`, or the number. */
function versionText(number: number): string {
  if (number === 1) return '1';
  if (number === 0x6b3343cf) return '2';
  if (number >>> 8 === 0xff0000) return `draft-${number & 0xff}`;
  const letters = [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff];
  if (letters.every((byte) => byte >= 0x30 && byte <= 0x5a)) return String.fromCharCode(...letters);
  return `0x${hex16(number >>> 16)}${hex16(number & 0xffff)}`;
}
