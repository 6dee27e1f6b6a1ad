/** Details of a TLS ClientHello (RFC 8446, 4.1.2), with its JA4: for TLS, DTLS and QUIC. Not hot: once a flow. */
import { hash } from 'node:crypto';
import type { DetailValue } from '../../contract.js';
import { read16 } from '../bytes.js';
import { detailText, hex16 } from '../detail-text.js';

/** What carries the hello: the first letter of a JA4. */
export type HelloCarrier = 't' | 'q' | 'd';

type HelloDetails = Record<string, DetailValue>;

const Extension = { serverName: 0, signatureAlgorithms: 13, alpn: 16, supportedVersions: 43 } as const;
/** Names of versions, and how a JA4 writes them. */
const VERSIONS: ReadonlyMap<number, readonly [name: string, ja4: string]> = new Map([
  [0x0304, ['TLS 1.3', '13']], [0x0303, ['TLS 1.2', '12']], [0x0302, ['TLS 1.1', '11']], [0x0301, ['TLS 1.0', '10']],
  [0x0300, ['SSL 3.0', 's3']], [0x0002, ['SSL 2.0', 's2']], [0xfeff, ['DTLS 1.0', 'd1']], [0xfefd, ['DTLS 1.2', 'd2']], [0xfefc, ['DTLS 1.3', 'd3']],
]);
const NOTHING_HASHED = '000000000000';
const HASH_DIGITS = 12;
const MAX_PROTOCOLS = 16;

export function versionName(version: number): string {
  return VERSIONS.get(version)?.[0] ?? `0x${hex16(version)}`;
}

/** Values that clients make up, so that servers stay tolerant (RFC 8701): no part of what a client is. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/**
 * Reads `bytes[start, end)`, the body of a ClientHello after the handshake header, which readClientHello found whole.
 * What does not fit its own lengths is left out, and so is a JA4 of it.
 */
export function describeClientHello(bytes: Uint8Array, start: number, end: number, carrier: HelloCarrier): HelloDetails {
  const legacyVersion = read16(bytes, start);
  let at = start + 34;
  at += 1 + bytes[at];
  if (carrier === 'd') at += 1 + bytes[at];
  if (!(at + 2 <= end)) return {};
  const ciphers = list16(bytes, at + 2, Math.min(end, at + 2 + read16(bytes, at))).filter((value) => !isGrease(value));
  at += 2 + read16(bytes, at);
  at += 1 + bytes[at];

  const extensions: number[] = [];
  let algorithms: number[] = [];
  let versions: number[] = [];
  let protocols: [from: number, to: number][] = [];
  let name = '';
  let isWhole = at <= end;
  const extensionsEnd = at + 2 <= end ? at + 2 + read16(bytes, at) : end;
  if (extensionsEnd > end) isWhole = false;
  for (at += 2; at + 4 <= Math.min(end, extensionsEnd); ) {
    const type = read16(bytes, at);
    const from = at + 4;
    const to = from + read16(bytes, at + 2);
    if (to > end) {
      isWhole = false;
      break;
    }
    if (!isGrease(type)) extensions.push(type);
    if (type === Extension.serverName && to >= from + 5) name = detailText(bytes, from + 5, Math.min(to, from + 5 + read16(bytes, from + 3))).toLowerCase();
    else if (type === Extension.signatureAlgorithms) algorithms = list16(bytes, from + 2, Math.min(to, from + 2 + read16(bytes, from)));
    else if (type === Extension.supportedVersions && to > from) versions = list16(bytes, from + 1, Math.min(to, from + 1 + bytes[from]));
    else if (type === Extension.alpn && to >= from + 2) protocols = alpnNames(bytes, from + 2, to);
    at = to;
  }
  const offered = versions.filter((value) => !isGrease(value) && VERSIONS.has(value));
  // DTLS counts its versions down.
  const highest = carrier === 'd' ? Math.min(...offered) : Math.max(...offered);
  const version = offered.length > 0 ? highest : legacyVersion;
  const details: HelloDetails = { version: versionName(version) };
  if (name !== '') details.sni = name;
  if (protocols.length > 0) details.alpn = protocols.map(([from, to]) => detailText(bytes, from, to));
  if (isWhole) {
    const first = protocols.length > 0 ? ja4Protocol(bytes, protocols[0][0], protocols[0][1]) : '00';
    const usable = algorithms.filter((value) => !isGrease(value));
    details.ja4 = ja4(carrier, VERSIONS.get(version)?.[1] ?? '00', ciphers, extensions, usable, first);
  }
  return details;
}

/** FoxIO's JA4: who is the client, by what it offers in its hello, in whatever order it offers it. */
function ja4(
  carrier: HelloCarrier, version: string, ciphers: readonly number[], extensions: readonly number[], algorithms: readonly number[], protocol: string,
): string {
  const two = (count: number): string => String(Math.min(count, 99)).padStart(2, '0');
  const isNamed = extensions.includes(Extension.serverName);
  const others = extensions.filter((type) => type !== Extension.serverName && type !== Extension.alpn);
  const head = `${carrier}${version}${isNamed ? 'd' : 'i'}${two(ciphers.length)}${two(extensions.length)}${protocol}`;
  return `${head}_${digestOf(ciphers, [])}_${extensions.length === 0 ? NOTHING_HASHED : digestOf(others, algorithms)}`;
}

/** First and last character of the first protocol offered; of its hexadecimal digits where these are no letters or digits. */
function ja4Protocol(bytes: Uint8Array, from: number, to: number): string {
  if (to <= from) return '00';
  const [first, last] = [bytes[from], bytes[to - 1]];
  const isPlain = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte));
  if (isPlain(first) && isPlain(last)) return String.fromCharCode(first, last);
  return (first >> 4).toString(16) + (last & 0x0f).toString(16);
}

/** Digests by what was hashed: the few programs of a network send the same lists again and again. */
const knownDigests = new Map<string, string>();
/** Where there are more, all are forgotten; whoever makes up lists gains nothing but a hash for each. */
const MAX_KNOWN_DIGESTS = 512;
/** Longer lists are no program's. */
const MAX_KNOWN_VALUES = 256;

/** First digits of the hash of `values` in rising order, and behind them `signed` as it stands. */
function digestOf(values: readonly number[], signed: readonly number[]): string {
  const sorted = Uint16Array.from(values).sort();
  if (sorted.length + signed.length > MAX_KNOWN_VALUES) return hashed(sorted, signed);
  // A character for each value: nobody reads it.
  const key = String.fromCharCode(sorted.length, ...sorted, ...signed);
  let digest = knownDigests.get(key);
  if (digest === undefined) {
    digest = hashed(sorted, signed);
    if (knownDigests.size >= MAX_KNOWN_DIGESTS) knownDigests.clear();
    knownDigests.set(key, digest);
  }
  return digest;
}

function hashed(sorted: Uint16Array, signed: readonly number[]): string {
  const text = Array.from(sorted, hex16).join() + (signed.length === 0 ? '' : `_${signed.map(hex16).join()}`);
  return text === '' ? NOTHING_HASHED : hash('sha256', text, 'hex').slice(0, HASH_DIGITS);
}

function list16(bytes: Uint8Array, from: number, to: number): number[] {
  const values: number[] = [];
  for (let at = from; at + 2 <= to; at += 2) values.push(read16(bytes, at));
  return values;
}

/** Names that a client offers by ALPN (RFC 7301, 3.1), each after a byte for its length. */
function alpnNames(bytes: Uint8Array, from: number, to: number): [number, number][] {
  const names: [number, number][] = [];
  for (let at = from; at < to && names.length < MAX_PROTOCOLS; at += 1 + bytes[at]) {
    if (at + 1 + bytes[at] <= to) names.push([at + 1, at + 1 + bytes[at]]);
  }
  return names;
}
