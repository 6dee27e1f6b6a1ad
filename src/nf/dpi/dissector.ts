/** Hot: no allocation. What a protocol's dissector is given, and what it says: the contract of src/nf/dpi/protocols. */
import type { FlowDetails } from '../contract.js';

/** What a dissector says of the bytes it was shown. */
export const Outcome = {
  /** Not this protocol. */
  no: 0,
  /** So far it could be: show me these bytes again, with what follows them. */
  more: 1,
  /** It looks like this protocol, but by chance other bytes would too: believed when a second packet agrees. */
  maybe: 2,
  /** It is this protocol. Another packet may tell more (a host name). */
  named: 3,
  /** It is this protocol, and these bytes with what follows them will tell more. */
  namedMore: 4,
  /** It is this protocol, and this direction has nothing more to tell; the other one may. */
  doneHere: 5,
  /** It is this protocol, and there is nothing more to find. */
  done: 6,
} as const;

export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Who sent the bytes, where a dissector can tell by their content. */
export const Sender = { unknown: 0, client: 1, server: 2 } as const;

export type Sender = (typeof Sender)[keyof typeof Sender];

/** What is known about the bytes beside the bytes. One object, filled anew for each packet. */
export class Facts {
  /** True over TCP: the bytes are a piece of a stream; false over UDP: they are one datagram. */
  isStream = false;
  /** The bytes are the first of their direction, as far as anyone can know: they follow a SYN, or nothing came before. */
  isFirst = false;
  /** No more bytes will be shown after these, so `more` is as good as `no`. */
  isFinal = false;
  /** The packet ends with the bytes shown, and nothing of it was cut off by the capture. */
  isWhole = true;
  /** Sent by whoever opened the flow. */
  fromClient = true;
  clientPort = 0;
  serverPort = 0;
  /** Name that the flow has so far, or the empty string. */
  name = '';

  /** The bytes turned out to be the other end's. */
  swapEnds(): void {
    const port = this.clientPort;
    this.clientPort = this.serverPort;
    this.serverPort = port;
    this.fromClient = !this.fromClient;
  }

  /** True when either end uses the port. */
  hasPort(port: number): boolean {
    return this.serverPort === port || this.clientPort === port;
  }
}

/**
 * Makes a flow's details of `bytes[start, end)`, which a dissector has looked at and found good. Runs when a message tells
 * something, a few times in a flow's life, so it may allocate. It reads bytes that anyone may have sent: it checks every
 * length, and bounds what it makes.
 */
export type Describer = (bytes: Uint8Array, start: number, end: number, facts: Facts) => FlowDetails;

/** Longest host name kept, in bytes: the longest that DNS knows. */
export const MAX_HOST_BYTES = 255;

const LOWER_CASE_OFFSET = 0x20;
const QUESTION_MARK = 0x3f;

const NO_BYTES = new Uint8Array(0);

/** What a dissector found. One object, reset before each dissector runs. */
export class Finding {
  /** Name of the protocol when it is not the dissector's own (`HTTP_Connect`), else the empty string. */
  name = '';
  sender: Sender = Sender.unknown;
  /** With `maybe`: the second packet must give the same number (an SSRC, a session id). */
  token = 0;
  /** Each message has a host of its own: this one counts, until one that `settlesHost` has come. */
  renewsHost = false;
  settlesHost = false;
  readonly host = Buffer.alloc(MAX_HOST_BYTES);
  hostLength = 0;
  /** What makes details of the bytes, or null when they tell none. */
  describer: Describer | null = null;
  /** The bytes for the describer: those that were shown, or what was put together or decrypted from them. */
  described: Uint8Array = NO_BYTES;
  describedStart = 0;
  describedEnd = 0;

  reset(): void {
    this.name = '';
    this.sender = Sender.unknown;
    this.token = 0;
    this.renewsHost = false;
    this.settlesHost = false;
    this.hostLength = 0;
    this.describer = null;
  }

  /** Has details made of `bytes[start, end)`, if the dissector's answer is believed. The bytes must stand until it returns. */
  tell(describer: Describer, bytes: Uint8Array, start: number, end: number): void {
    this.describer = describer;
    this.described = bytes;
    this.describedStart = start;
    this.describedEnd = end;
  }

  /** Adds one byte of a host name: lower-cased, and a question mark when no host name may contain it. */
  addHostByte(byte: number): void {
    if (this.hostLength >= MAX_HOST_BYTES) return;
    this.host[this.hostLength++] = hostByte(byte);
  }

  /** Adds a byte of a name for people (mDNS instances, NetBIOS): blanks and UTF-8 may be in it. */
  addNameByte(byte: number): void {
    if (this.hostLength >= MAX_HOST_BYTES) return;
    const isNameByte = byte >= 0x80 || (byte >= 0x20 && byte !== 0x7f);
    this.host[this.hostLength++] = byte >= 0x41 && byte <= 0x5a ? byte + LOWER_CASE_OFFSET : isNameByte ? byte : QUESTION_MARK;
  }

  /** Takes `bytes[start, end)` as the host name. */
  setHost(bytes: Uint8Array, start: number, end: number): void {
    this.hostLength = 0;
    for (let at = start; at < end; at++) this.addHostByte(bytes[at]);
  }

  /** Takes `bytes[start, end)`, an authority as in URIs: without user, port and a final dot, IPv6 without brackets. */
  setAuthority(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    let to = end;
    for (let at = start; at < end; at++) if (bytes[at] === 0x40) from = at + 1;
    if (from < end && bytes[from] === 0x5b) {
      from++;
      for (let at = from; at < end; at++) {
        if (bytes[at] === 0x5d) {
          to = at;
          break;
        }
      }
    } else {
      for (let at = from; at < end; at++) {
        if (bytes[at] === 0x3a) {
          to = at;
          break;
        }
      }
    }
    if (to > from && bytes[to - 1] === 0x2e) to--;
    this.setHost(bytes, from, to);
  }
}

function hostByte(byte: number): number {
  if (byte >= 0x41 && byte <= 0x5a) return byte + LOWER_CASE_OFFSET;
  if ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x2d && byte <= 0x3a && byte !== 0x2f) || byte === 0x5f) return byte;
  return QUESTION_MARK;
}

/** What bytes and ports must be like, so that a dissector is asked at all. */
interface Limits {
  /** Values that the first byte shown may have, where these are few: it is not asked about others. */
  readonly firstBytes?: readonly number[];
  /** Ports of which one end must have one, where it says no without: it is not asked about others. */
  readonly ports?: readonly number[];
}

/** One protocol: a row of the table in protocol-table.ts. */
export interface Dissector extends Limits {
  /** As nDPI names it at its top level. */
  readonly name: string;
  /** Other names that it may give: variants of the protocol that are told apart by content. */
  readonly variants?: readonly string[];
  readonly over: 'tcp' | 'udp' | 'both';
  /** Of those over both: the limits over TCP, and over UDP, where they differ. */
  readonly overTcp?: Limits;
  readonly overUdp?: Limits;
  /** Payload bytes below which it says no whatever they are: it is not asked about fewer. */
  readonly leastBytes?: number;
  /**
   * Looks at `bytes[start, end)`, at least one byte, and never outside. Never throws, keeps nothing, and says what it
   * found in `finding`. A stream is shown from a packet border on.
   */
  readonly inspect: (bytes: Uint8Array, start: number, end: number, facts: Facts, finding: Finding) => Outcome;
}
