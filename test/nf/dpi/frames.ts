/** Packets for the tests of the DPI: Ethernet, IPv4, TCP or UDP, without checksums, which the DPI does not look at. */
import { LinkType } from '../../../src/memory/slot-layout.js';
import type { Harness, HarnessResult } from '../../../src/nf/harness.js';

export const CLIENT = [10, 0, 0, 1] as const;
export const SERVER = [192, 0, 2, 7] as const;

export interface Ends {
  clientPort?: number;
  serverPort?: number;
}

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s+/g, ''), 'hex'));
export const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

function frame(fromClient: boolean, protocol: number, l4: Uint8Array): Uint8Array {
  const length = 20 + l4.length;
  const [source, destination] = fromClient ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const ip = Uint8Array.from([0x45, 0, length >> 8, length & 255, 0, 1, 0x40, 0, 64, protocol, 0, 0, ...source, ...destination]);
  return concat(hex('020000000002 020000000001 0800'), ip, l4);
}

export function udpFrame(payload: Uint8Array, fromClient: boolean, { clientPort = 40_000, serverPort = 9999 }: Ends = {}): Uint8Array {
  const [from, to] = fromClient ? [clientPort, serverPort] : [serverPort, clientPort];
  const length = 8 + payload.length;
  return frame(fromClient, 17, concat(Uint8Array.from([from >> 8, from & 255, to >> 8, to & 255, length >> 8, length & 255, 0, 0]), payload));
}

export function tcpFrame(payload: Uint8Array, fromClient: boolean, sequence: number, flags = 0x18, { clientPort = 40_000, serverPort = 9999 }: Ends = {}): Uint8Array {
  const [from, to] = fromClient ? [clientPort, serverPort] : [serverPort, clientPort];
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint32(4, sequence >>> 0);
  header[12] = 0x50;
  header[13] = flags;
  return frame(fromClient, 6, concat(header, payload));
}

/** One TCP connection, driven by hand: bytes are given at their position in the stream of their direction. */
export class Connection {
  readonly #nf: Harness;
  readonly #ends: Ends;
  /** Sequence number of byte 0 of either direction: close to where the numbers wrap. */
  readonly base = 0xfffffff0;

  constructor(nf: Harness, ends: Ends = {}) {
    this.#nf = nf;
    this.#ends = ends;
  }

  open(): this {
    this.#send(new Uint8Array(0), true, -1, 0x02);
    this.#send(new Uint8Array(0), false, -1, 0x12);
    return this;
  }

  client(payload: Uint8Array, position = 0): HarnessResult {
    return this.#send(payload, true, position, 0x18);
  }

  server(payload: Uint8Array, position = 0): HarnessResult {
    return this.#send(payload, false, position, 0x18);
  }

  #send(payload: Uint8Array, fromClient: boolean, position: number, flags: number): HarnessResult {
    const bytes = tcpFrame(payload, fromClient, this.base + position, flags, this.#ends);
    return this.#nf.process(bytes, { direction: fromClient ? 'forward' : 'reverse', linkType: LinkType.ethernet });
  }
}

/** What a flow was said to be, in the end. */
export function described(nf: Harness): { protocol: string; host: string } {
  const last = { protocol: '', host: '' };
  for (const { protocol, host } of nf.flows) {
    if (protocol !== '') last.protocol = protocol;
    if (host !== '') last.host = host;
  }
  return last;
}
