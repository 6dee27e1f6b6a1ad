/**
 * What the system dropped in front of a UDP socket, whose buffer was full. Node does not tell, but the system's table of sockets
 * does (proc(5), `/proc/net/udp`): it needs no privilege, and has a line for each socket, with its local address and port, and in the
 * last column how many datagrams were dropped, modulo 2^32.
 */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { endianness } from 'node:os';
import { parsePrefix } from '../../packet/address.js';

/** How often the system is asked. */
const ASK_PERIOD_MS = 1000;
/** Its table has every socket of the network namespace, and a name server has many: it is read this share of the time at most. */
const MAX_SHARE = 0.02;

export class SocketDrops {
  readonly #file: string;
  readonly #line: RegExp;
  #dropped = 0;
  #nextAskMs = 0;

  /** @param bound where the socket is bound. @param file the system's table, instead of that of the address's family. */
  constructor({ address, port, family }: AddressInfo, file = family === 'IPv6' ? '/proc/self/net/udp6' : '/proc/self/net/udp') {
    this.#file = file;
    this.#line = new RegExp(String.raw`^ *\d+: ${asInTable(address)}:${port.toString(16).toUpperCase().padStart(4, '0')} .* (\d+) *$`, 'gm');
  }

  /** Datagrams that were dropped since the last call, when it is time to ask; else, and where the system does not tell, 0. */
  take(nowMs: number): number {
    return nowMs < this.#nextAskMs ? 0 : this.takeAll();
  }

  /** The same, at any time. */
  takeAll(): number {
    const beganMs = performance.now();
    const now = this.#read();
    const endedMs = performance.now();
    this.#nextAskMs = endedMs + Math.max(ASK_PERIOD_MS, (endedMs - beganMs) / MAX_SHARE);
    // A table that is read while sockets come and go may leave one out: what it says next time has all of it.
    if (now === null) return 0;
    const dropped = (now - this.#dropped) >>> 0;
    this.#dropped = now;
    return dropped;
  }

  #read(): number | null {
    let text: string;
    try {
      text = readFileSync(this.#file, 'latin1');
    } catch {
      return null;
    }
    // Systems that are like Linux may have a table without that column.
    if (!/^.* drops *\n/.test(text)) return null;
    const lines = [...text.matchAll(this.#line)];
    // Link-local addresses on two interfaces look alike, and so do sockets that share a port: nobody can say whose loss it is.
    return lines.length === 1 ? Number(lines[0][1]) : null;
  }
}

/** An address as the table has it: words of 32 bits, each as a number of this machine's byte order, in hexadecimal digits. */
function asInTable(address: string): string {
  const { words } = parsePrefix(address.split('%')[0])!;
  const bytes = new DataView(new ArrayBuffer(4));
  return [...words].map((word) => {
    bytes.setUint32(0, word);
    return bytes.getUint32(0, endianness() === 'LE').toString(16).toUpperCase().padStart(8, '0');
  }).join('');
}
