/** What follows a TCP connection and says of each packet what it is to it: two of them, ours and the kernel's, written for tests. */
import { place } from '../../support/bench-slot.js';
import type { Sent } from './kernel-firewall.js';

export type Direction = Sent['side'];

export interface TcpPacket {
  from: Direction;
  flags: number;
  sequence: number;
  acknowledgement: number;
  /** Behind the last number that the packet takes. */
  end: number;
  window: number;
  payload: number;
  /** Of a SYN: what its options say. */
  scale: number | null;
  takesSack: boolean;
  hasOptions: boolean;
  /** The acknowledgement, or the highest edge of its SACK blocks. */
  highestAck: number;
}

export interface Judged {
  /** `new again`: it is of a known connection, and the kernel asks the rules about it as about a new one. */
  state: 'new' | 'new again' | 'established' | 'invalid';
  /** The rules let it pass. */
  passed: () => void;
  /** To be called whatever the rules say. */
  seen?: () => void;
}

export const invalid: Judged = { state: 'invalid', passed: () => undefined };

export interface Tracker {
  readonly isKnown: boolean;
  judge(packet: TcpPacket): Judged;
}

/** Addresses and ports of a TCP packet as text, the same for both directions, with what it says; null for another packet. */
export function tcpPacketOf({ side, frame }: Sent): { ends: string; packet: TcpPacket } | null {
  const view = place(frame);
  const tcp = view.tcp();
  if (tcp === null) return null;
  const address = (at: number, length: number): string => Buffer.from(frame.slice(at, at + length)).toString('hex');
  const isIpv4 = view.ipv4() !== null;
  const [source, destination] = isIpv4 ? [address(26, 4), address(30, 4)] : [address(22, 16), address(38, 16)];
  const ends = [`${source} ${tcp.sourcePort}`, `${destination} ${tcp.destinationPort}`].sort().join(' ');
  const at = view.start + view.l4Offset;
  const ipBytes = isIpv4 ? view.ipv4()!.totalLength : 40 + view.ipv6()!.payloadLength;
  const payload = ipBytes - (view.l4Offset - view.l3Offset) - tcp.headerLength;
  const sequence = tcp.sequenceNumber;
  const found = readOptions(view.bytes.slice(at + 20, at + tcp.headerLength), tcp.acknowledgementNumber);
  return {
    ends,
    packet: {
      from: side, flags: tcp.flags, sequence, acknowledgement: tcp.acknowledgementNumber, window: tcp.window, payload, ...found,
      end: (sequence + payload + ((tcp.flags & 2) !== 0 ? 1 : 0) + ((tcp.flags & 1) !== 0 ? 1 : 0)) >>> 0,
    },
  };
}

function readOptions(bytes: Uint8Array, acknowledgement: number): Pick<TcpPacket, 'scale' | 'takesSack' | 'highestAck' | 'hasOptions'> {
  const found = { scale: null as number | null, takesSack: false, hasOptions: bytes.length > 0, highestAck: acknowledgement };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const length = bytes[at] === 1 ? 1 : bytes[at + 1];
    if (!(length >= 1) || at + length > bytes.length) break;
    if (bytes[at] === 3 && length === 3) found.scale = Math.min(bytes[at + 2], 14);
    if (bytes[at] === 4 && length === 2) found.takesSack = true;
    if (bytes[at] === 5) {
      for (let edge = at + 6; edge + 4 <= at + length; edge += 8) {
        const value = view.getUint32(edge);
        if (((found.highestAck - value) | 0) < 0) found.highestAck = value;
      }
    }
    at += length;
  }
  return found;
}

/** The packet inside an ICMP error, as a frame; an empty one when there is none, or too little of it. */
export function quotedBy({ side, frame }: Sent): Sent {
  const isIpv6 = frame[14] >>> 4 === 6;
  const at = 14 + (isIpv6 ? 40 : 20) + 8;
  const quoted = frame.slice(at);
  // The lengths of the quoted headers are those of the whole packet; so the quotation is filled up to be parsed.
  const filled = new Uint8Array(14 + 2000);
  filled.set(frame.slice(12, 14), 12);
  filled[14 + (isIpv6 ? 40 : 20) + 12] = 0x50; // length of a TCP header that was not quoted as far as that
  filled.set(quoted, 14);
  return { side, frame: quoted.length < (isIpv6 ? 48 : 28) ? new Uint8Array(14) : filled };
}
