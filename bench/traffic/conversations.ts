/**
 * Made-up traffic in both directions: UDP connections, each of which sends a packet of 64 B and gets one back, again and again.
 * Answers are addressed to the end that the NAT gives out, which is known beforehand: hosts are chosen by what they are paired
 * with, and no two that share an external address share a port, so ports are preserved.
 */
import { hashIpv4Key } from '../../src/flow/flow-hash.js';
import { PROBE_WINDOW } from '../../src/flow/connection-layout.js';
import { Layer3 } from '../../src/memory/slot-layout.js';
import { checksum, pseudoHeaderSum } from '../../src/packet/checksum.js';
import { externalAddresses, InsideHosts } from '../functions/edge.js';
import { PAYLOAD_AT, PayloadHash, writePayload } from '../payload.js';
import type { ReplayOptions } from '../ports/port-options.js';
import { MOST_CONNECTIONS } from '../settings.js';
import { packedRoom } from './pack.js';

export const FRAME_BYTES = 64;
/** Packets of one direction before it is the other's turn. */
const TURN = 1024;
const UDP = 17;
const FIRST_PORT = 1024;
const PORTS = 65_536 - FIRST_PORT;
/** Inside hosts for each external address. */
const HOSTS = 64;
/** 198.18.0.0/15 is for benchmarks (RFC 2544, appendix C.2.2). */
const FIRST_SERVER = 0xc6120000;
const SERVERS = 251;
const SERVER_PORT = 5001;
const [IP_AT, UDP_AT] = [14, 34];

/** A translated one has two keys there. */
export const MOST_TRANSLATED = MOST_CONNECTIONS / 2;

export interface Conversations {
  readonly packets: Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths' | 'sides' | 'phases'>;
  readonly externals: readonly number[];
  readonly flows: number;
  /** Of the table of connections, as `Configuration.flows`. */
  readonly tableFlows: number;
  /** Of all payloads, once. */
  readonly payloads: () => PayloadHash;
}

/** A table of twice as many keys as there are, so that a quarter of its buckets are in use: as far as tables go. */
function tableFor(flows: number, isTranslated: boolean): number {
  return Math.min(MOST_CONNECTIONS, Math.max(1024, 2 ** Math.ceil(Math.log2(flows * (isTranslated ? 2 : 1))) * 2));
}

export function conversations(flows: number, isTranslated: boolean, seed: number): Conversations {
  const externals = externalAddresses(Math.ceil(flows / PORTS) + 1);
  const hosts = new InsideHosts(externals);
  const insides = externals.map((_, external) => Array.from({ length: HOSTS }, () => hosts.pairedWith(external)));
  const tableFlows = tableFor(flows, isTranslated);
  const table = new Places(2 * tableFlows);
  const packed = packedRoom(2 * flows, 2 * flows * FRAME_BYTES);
  packed.lengths.fill(FRAME_BYTES);
  const phases = new Uint32Array(2 * Math.ceil(flows / TURN) + 1);
  for (let candidate = 0, flow = 0; flow < flows; candidate++) {
    const external = Math.floor(candidate / PORTS);
    const [inside, port] = [insides[external][candidate % HOSTS], FIRST_PORT + (candidate % PORTS)];
    const server = FIRST_SERVER + (candidate % SERVERS);
    const outside = isTranslated ? externals[external] : inside;
    if (!table.take(inside, port, server) || (isTranslated && !table.take(outside, port, server))) continue;
    const turn = Math.floor(flow / TURN);
    const begin = turn * 2 * TURN;
    const size = Math.min(TURN, flows - turn * TURN);
    phases.set([begin + size, begin + 2 * size], 2 * turn + 1);
    const there = begin + (flow % TURN);
    const back = there + size;
    writeFrame(packed.bytes, there, [inside, port], [server, SERVER_PORT], seed);
    writeFrame(packed.bytes, back, [server, SERVER_PORT], [outside, port], seed);
    packed.sides[back] = 1;
    flow++;
  }
  packed.offsets.forEach((_, at) => {
    packed.offsets[at] = at * FRAME_BYTES;
  });
  const payloads = (): PayloadHash => {
    const hash = new PayloadHash();
    for (const offset of packed.offsets) hash.add(packed.bytes, offset + PAYLOAD_AT, offset + FRAME_BYTES);
    return hash;
  };
  return { packets: { ...packed, phases }, externals, flows, tableFlows, payloads };
}

type End = readonly [address: number, port: number];

/** The frame at place `at`, whose payload depends on seed and place. */
function writeFrame(all: Uint8Array, at: number, [source, sourcePort]: End, [destination, destinationPort]: End, seed: number): void {
  const from = at * FRAME_BYTES;
  const view = new DataView(all.buffer, from, FRAME_BYTES);
  all.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45], from);
  const udpBytes = FRAME_BYTES - UDP_AT;
  view.setUint16(IP_AT + 2, FRAME_BYTES - IP_AT);
  view.setUint16(IP_AT + 6, 0x4000); // don't fragment
  view.setUint16(IP_AT + 8, (64 << 8) | UDP);
  view.setUint32(IP_AT + 12, source);
  view.setUint32(IP_AT + 16, destination);
  view.setUint16(IP_AT + 10, checksum(all, from + IP_AT, UDP_AT - IP_AT));
  view.setUint16(UDP_AT, sourcePort);
  view.setUint16(UDP_AT + 2, destinationPort);
  view.setUint16(UDP_AT + 4, udpBytes);
  writePayload(all, from + PAYLOAD_AT, from + FRAME_BYTES, at, seed);
  view.setUint16(UDP_AT + 6, checksum(all, from + UDP_AT, udpBytes, pseudoHeaderSum(all, from + IP_AT + 12, 8, UDP, udpBytes)) || 0xffff);
}

/**
 * Which buckets of the table of connections are taken. A key that would stand far from its place is left out, and another one
 * takes its turn: a table that has to forget connections is another measurement than one of connections that it knows.
 */
class Places {
  readonly #taken: Uint8Array;

  constructor(buckets: number) {
    this.#taken = new Uint8Array(buckets);
  }

  take(address: number, port: number, server: number): boolean {
    const isFromFirst = address < server;
    const [first, second] = isFromFirst ? [address, server] : [server, address];
    const ports = isFromFirst ? (port << 16) | SERVER_PORT : (SERVER_PORT << 16) | port;
    const hash = hashIpv4Key((Layer3.ipv4 << 20) | (UDP << 12), ports, first | 0, second | 0);
    for (let k = 0; k < PROBE_WINDOW / 2; k++) {
      const place = (hash + k) & (this.#taken.length - 1);
      if (this.#taken[place] === 0) return (this.#taken[place] = 1) === 1;
    }
    return false;
  }
}
