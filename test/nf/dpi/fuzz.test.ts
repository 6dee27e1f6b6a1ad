/**
 * Messages with bytes changed, cut, doubled, out of order and overlapping, through the whole DPI. A fixed number of seeds;
 * MILLRACE_FUZZ=<n> tries 100 n (60000 take some minutes), MILLRACE_FUZZ_FIRST=<n> begins at another seed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MAX_DETAIL_ENTRIES } from '../../../src/nf/contract.js';
import { MAX_TEXT_BYTES } from '../../../src/nf/dpi/detail-text.js';
import { MAX_HOST_BYTES } from '../../../src/nf/dpi/dissector.js';
import { dpi } from '../../../src/nf/dpi/index.js';
import { PROTOCOL_NAMES } from '../../../src/nf/dpi/protocol-table.js';
import { harness, type Harness } from '../../../src/nf/harness.js';
import { EXAMPLE_CAPTURE } from '../../support/captures.js';
import { randomOf } from '../../support/mutate.js';
import { sharedCaptures } from '../../support/requirements.js';
import { readCapture } from './capture-reader.js';
import { CERTIFICATE } from './certificate-bytes.js';
import { concat, Connection, hex, latin1, udpFrame } from './frames.js';
import { clientHello, clientHelloMessage, serverFlight } from './hellos.js';
import { cryptoFrame, initialPacket } from './quic-initial.js';

const SEEDS = Number(process.env['MILLRACE_FUZZ'] ?? 8) * 100;
const FIRST = Number(process.env['MILLRACE_FUZZ_FIRST'] ?? 1);
const PATIENCE_MS = 60_000 + SEEDS * 100;
/** The harness keeps 1024 flows: connections that share a DPI, before there is a new one. */
const FLOWS = 500;
const PORTS = [9999, 21, 25, 53, 80, 88, 110, 123, 137, 139, 143, 389, 443, 500, 646, 1812, 1985, 2152, 2427, 3389, 4500, 4789, 5060, 5094, 5353, 5355, 11_211];

const STREAMS: readonly (readonly [client: Uint8Array, server: Uint8Array])[] = [
  [clientHello('www.example.com', 40, 30), serverFlight(CERTIFICATE)],
  [clientHello('www.example.com'), hex('16 0303 0032 02 00002e 0303 1111111111111111111111111111111111111111111111111111111111111111 00 1301 00 0006 002b 0002 0304')],
  [latin1('GET /a HTTP/1.1\r\nHost: a.example\r\nUser-Agent: x\r\n\r\n'), latin1('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n')],
  [latin1('SSH-2.0-a\r\n'), latin1('SSH-2.0-b\r\n')],
  [latin1('EHLO a\r\nSTARTTLS\r\n'), latin1('220 mail.example ESMTP\r\n250 STARTTLS\r\n')],
  [hex('001d 1234 0100 0001 0000 0000 0000 0461626364 036e6574 00 0001 0001'), hex('002d 1234 8180 0001 0001 0000 0000 0461626364 036e6574 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000207')],
  [hex('30 0c 02 01 01 60 07 02 01 03 04 00 80 00'), hex('30 0c 02 01 01 61 07 0a 01 00 04 00 04 00')],
];
const DATAGRAMS: readonly Uint8Array[] = [
  initialPacket(1, hex('8394c8f03e515708'), [cryptoFrame(0, clientHelloMessage('www.example.com'))]),
  concat(hex('0d 8f9375d7886be353 51303339 01 000102030405060708090a0b a0 01 0004'), latin1('CHLO'), hex('0100 0000'), latin1('SNI'), hex('00 0b000000'), latin1('example.com')),
  hex('1234 8180 0001 0002 0000 0000 0461626364 036e6574 00 0001 0001 c00c 0005 0001 0000003c 0004 0162 c010 c00c 0001 0001 0000003c 0004 c0000207'),
  hex('0000 8400 0000 0001 0000 0000 055f69707073 045f746370 056c6f63616c 00 000c 0001 00000078 0002 c00c'),
];

/** Payloads of real packets: of our own capture, and of others where they are at hand. */
function realFrames(): readonly Uint8Array[] {
  const shared = sharedCaptures();
  const others = shared === null ? [] : readdirSync(shared).filter((name) => /\.pcap(ng)?$/.test(name)).map((name) => join(shared, name));
  // A few of each are enough: it is the beginnings that are dissected.
  return [EXAMPLE_CAPTURE, ...others].flatMap((path) => readCapture(readFileSync(path)).filter(({ linkType, bytes }) => linkType === 1 && bytes.length < 2000).slice(0, 40))
    .map(({ bytes }) => bytes);
}
const FRAMES = realFrames();

type Random = (below: number) => number;

function changed(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes.subarray(0, random(4) === 0 ? 1 + random(bytes.length) : bytes.length));
  for (let k = random(6); k > 0; k--) result[random(result.length)] = random(3) === 0 ? [0, 1, 0x7f, 0x80, 0xff][random(5)] : random(256);
  return result;
}

/** Sends both streams in pieces: out of order, some twice, some overlapping with other bytes. */
function converse(nf: Harness, streams: readonly [Uint8Array, Uint8Array], random: Random, ends: { clientPort: number; serverPort: number }): void {
  const connection = new Connection(nf, ends);
  if (random(4) > 0) connection.open();
  const pieces: [isClient: boolean, at: number, bytes: Uint8Array][] = [];
  streams.forEach((stream, side) => {
    const bytes = changed(stream, random);
    for (let at = 0; at < bytes.length; ) {
      const length = 1 + random(random(2) === 0 ? 20 : 600);
      pieces.push([side === 0, at, bytes.slice(at, at + length)]);
      if (random(6) === 0) pieces.push([side === 0, Math.max(0, at - random(10)), changed(bytes.slice(at, at + length + random(10)), random)]);
      at += length;
    }
  });
  for (let k = random(4); k > 0; k--) {
    const [one, other] = [random(pieces.length), random(pieces.length)];
    [pieces[one], pieces[other]] = [pieces[other], pieces[one]];
  }
  for (const [isClient, at, bytes] of pieces) {
    if (bytes.length === 0) continue;
    if (isClient) connection.client(bytes, at);
    else connection.server(bytes, at);
  }
}

const CONTROL = /[\p{Cc}]/u;

/** What is wrong with what was said of flows; empty when nothing is. */
function wrongWith(nf: Harness, seed: number): string[] {
  const wrong: string[] = [];
  const perFlow = new Map<number, number>();
  const check = (value: unknown, where: string): void => {
    if (typeof value === 'string' && (value.length > MAX_TEXT_BYTES + 8 || CONTROL.test(value))) wrong.push(`seed ${seed}: ${where}: ${JSON.stringify(value)}`);
    if (Array.isArray(value) && value.length > MAX_DETAIL_ENTRIES) wrong.push(`seed ${seed}: ${where} has ${value.length} entries`);
    if (typeof value === 'object' && value !== null) for (const [key, inner] of Object.entries(value)) check(inner, `${where}.${key}`);
    if (typeof value === 'number' && !Number.isFinite(value)) wrong.push(`seed ${seed}: ${where} is ${value}`);
    if (value === undefined) wrong.push(`seed ${seed}: ${where} is undefined`);
  };
  for (const { flowId, protocol, host, details } of nf.flows) {
    perFlow.set(flowId, (perFlow.get(flowId) ?? 0) + 1);
    if (!PROTOCOL_NAMES.includes(protocol)) wrong.push(`seed ${seed}: ${protocol}`);
    if (host.length > MAX_HOST_BYTES || CONTROL.test(host)) wrong.push(`seed ${seed}: host ${JSON.stringify(host)}`);
    check(details, 'details');
  }
  // At most two looks for each of eight packets of a direction, and a guess.
  for (const [flow, count] of perFlow) if (count > 33) wrong.push(`seed ${seed}: flow ${flow} was described ${count} times`);
  return wrong;
}

it(`whatever is sent, nothing is thrown and everything said is bounded: ${SEEDS} seeds`, async () => {
  const wrong: string[] = [];
  const named = new Set<string>();
  for (let seed = FIRST; seed < FIRST + SEEDS; ) {
    const nf = await harness(dpi({ streams: { buffers: 4 } }));
    for (let flow = 0; flow < FLOWS && seed < FIRST + SEEDS; flow++, seed++) {
      const random = randomOf(seed);
      const ends = { clientPort: 20_000 + flow, serverPort: PORTS[random(PORTS.length)] };
      try {
        const kind = random(4);
        if (kind < 2) converse(nf, STREAMS[random(STREAMS.length)], random, ends);
        else if (kind === 2) for (let k = 0; k < 3; k++) nf.process(udpFrame(changed(DATAGRAMS[random(DATAGRAMS.length)], random), k !== 1, ends), { direction: k === 1 ? 'reverse' : 'forward' });
        else for (let at = random(FRAMES.length), k = 0; k < 6; k++) nf.process(changed(FRAMES[(at + k) % FRAMES.length], random), { flowId: 900 + random(50), direction: random(2) === 0 ? 'forward' : 'reverse' });
      } catch (thrown) {
        wrong.push(`seed ${seed}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
      }
    }
    wrong.push(...wrongWith(nf, seed));
    for (const { protocol } of nf.flows) named.add(protocol);
    nf.expire(1e9);
  }
  expect(wrong).toEqual([]);
  // The changes leave enough as it was that something is recognised.
  for (const name of ['TLS', 'HTTP', 'SSH', 'DNS', 'QUIC', 'SMTP', 'LDAP']) expect(named).toContain(name);
}, PATIENCE_MS);
