/**
 * Hot: no allocation. The short way of what firewalls see most: a plain segment of an established TCP connection that the rules
 * in force allow, and a datagram of an allowed UDP flow. It does what filter.ts and tcp-window.ts would, and nothing else; for
 * any other packet it changes nothing, and the long way is taken.
 *
 * Written out in one function without calls and with constants of its own, because the compiler inlines only so much: the long
 * way, which asks packet, views, connection and windows one after the other, costs two to three times as much.
 */
import { Direction } from '../../memory/slot-layout.js';
import { TcpFlag, IpProtocol } from '../../packet/protocols.js';
import type { Packet } from '../../packet/packet.js';
import type { PerFlowTable } from '../tables.js';
import { End, StateBit, TCP_STATE_MASK, TCP_STATE_SHIFT, Word } from './layout.js';
import type { FirewallOptions } from './options.js';
import { highestAck, SACK_TAKEN, SCALE_GIVEN, SCALE_MASK } from './tcp-options.js';
import { TcpKind, TcpState } from './tcp-state.js';
import { LAST_BITS, LAST_IS_REPLY, LAST_KIND_SHIFT, LENIENT, MAX_ACK_KNOWN_OF_OPENER, MAX_ACK_KNOWN_OF_OTHER, MAX_ACK_WINDOW, SAID_BITS } from './tcp-window.js';

// Short names for what the lines below read most.
const TCP: number = IpProtocol.tcp;
const UDP: number = IpProtocol.udp;
const REVERSE: number = Direction.reverse;
const [GENERATION, DEADLINE, STATE, OPTIONS, LAST_END] = [Word.generation, Word.deadline, Word.state, Word.options, Word.lastEnd];
const [OPENER, OTHER] = [Word.opener, Word.other];
const [MAX_END, MAX_WINDOW, MAX_ACK] = [End.maxEnd, End.maxWindow, End.maxAck];
const [PRESENT, OPENED_IN_REVERSE, ANSWERED] = [StateBit.present, StateBit.openedInReverse, StateBit.answered];
const STATE_BITS = TCP_STATE_MASK << TCP_STATE_SHIFT;
const ESTABLISHED = TcpState.established << TCP_STATE_SHIFT;
const LOOKED_AT = TcpFlag.fin | TcpFlag.syn | TcpFlag.rst | TcpFlag.ack | TcpFlag.urg;
const ONLY_ACK: number = TcpFlag.ack;
const TAKES_SACK: number = SACK_TAKEN;
const SCALED: number = SCALE_GIVEN | (SCALE_GIVEN << SAID_BITS);
const SHIFT_MASK: number = SCALE_MASK;
const SAID: number = SAID_BITS;
const NOT_JUDGED: number = LENIENT;
const LAST: number = LAST_BITS;
const LAST_WAS_ACK = TcpKind.ack << LAST_KIND_SHIFT;
const LAST_WAS_REPLY: number = LAST_IS_REPLY;
const KNOWN_OF_OPENER: number = MAX_ACK_KNOWN_OF_OPENER;
const KNOWN_OF_OTHER: number = MAX_ACK_KNOWN_OF_OTHER;
const ACK_WINDOW: number = MAX_ACK_WINDOW;
const TCP_BYTES = 20;
const IPV6_BYTES = 40;
/** NOP, NOP, timestamps of 10 bytes: what most segments carry (RFC 7323 appendix A), and no SACK. */
const TIMESTAMPS_BYTES = 32;
const TIMESTAMPS = 0x0101080a;

export class ShortWay {
  /** Words of the flow that the latest packet to be taken belongs to. */
  at = 0;
  readonly #flows: PerFlowTable;
  readonly #words: Uint32Array;
  #tcp = 0;
  #udp = 0;
  #udpUnanswered = 0;

  constructor(flows: PerFlowTable) {
    this.#flows = flows;
    this.#words = flows.words;
  }

  /** How long connections live on. */
  update(timeouts: Pick<FirewallOptions['timeouts'], 'tcpSeconds' | 'udpSeconds' | 'udpUnansweredSeconds'>): void {
    this.#tcp = timeouts.tcpSeconds;
    this.#udp = timeouts.udpSeconds;
    this.#udpUnanswered = timeouts.udpUnansweredSeconds ?? timeouts.udpSeconds;
  }

  /**
   * @param generation of the rules in force
   * @returns whether the packet passes, and has been noted.
   */
  takes(packet: Packet, generation: number, nowSeconds: number): boolean {
    const entry = this.#flows.find(packet.flowId);
    if (entry < 0) return false;
    const words = this.#words;
    const bits = words[entry + STATE];
    if ((bits & PRESENT) === 0 || words[entry + GENERATION] !== generation || words[entry + DEADLINE] <= nowSeconds) return false;
    const l4At = packet.l4Offset;
    if (l4At === 0 || packet.isFragment || packet.isMalformed) return false;
    const isReply = (packet.direction === REVERSE) !== ((bits & OPENED_IN_REVERSE) !== 0);
    const { l4 } = packet;
    if (l4 === TCP) {
      if ((bits & STATE_BITS) !== ESTABLISHED || !this.#segment(packet, entry, l4At, isReply)) return false;
      words[entry + DEADLINE] = nowSeconds + this.#tcp;
      if (isReply && (bits & ANSWERED) === 0) words[entry + STATE] = bits | ANSWERED;
    } else if (l4 === UDP) {
      words[entry + DEADLINE] = nowSeconds + (isReply || (bits & ANSWERED) !== 0 ? this.#udp : this.#udpUnanswered);
      if (isReply && (bits & ANSWERED) === 0) words[entry + STATE] = bits | ANSWERED;
    } else return false;
    this.at = entry;
    return true;
  }

  /** `check` and `commit` of TcpWindows, for an ACK without SYN, FIN, RST and URG between ends that both have spoken. */
  #segment(packet: Packet, entry: number, l4At: number, isReply: boolean): boolean {
    const { bytes, start } = packet;
    const words = this.#words;
    const at = start + l4At;
    if ((bytes[at + 13] & LOOKED_AT) !== ONLY_ACK) return false;
    const sender = entry + (isReply ? OTHER : OPENER);
    const receiver = entry + (isReply ? OPENER : OTHER);
    const senderWindow = words[sender + MAX_WINDOW];
    const receiverWindow = words[receiver + MAX_WINDOW];
    if (senderWindow === 0 || receiverWindow === 0) return false;

    // What segmentation offload left open is for the long way.
    const ip = start + packet.l3Offset;
    const isIpv4 = bytes[ip] >>> 4 === 4;
    const ipLength = isIpv4 ? (bytes[ip + 2] << 8) | bytes[ip + 3] : (bytes[ip + 4] << 8) | bytes[ip + 5];
    if (ipLength === 0) return false;
    const headerBytes = (bytes[at + 12] >>> 4) << 2;
    let payload = ip + ipLength + (isIpv4 ? 0 : IPV6_BYTES) - at - headerBytes;
    if (payload < 0) payload = 0;

    const options = words[entry + OPTIONS];
    const sequence = (bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7];
    const ack = (bytes[at + 8] << 24) | (bytes[at + 9] << 16) | (bytes[at + 10] << 8) | bytes[at + 11];
    const end = (sequence + payload) | 0;
    let highest = ack;
    if (headerBytes > TCP_BYTES && ((options >>> (isReply ? 0 : SAID)) & TAKES_SACK) !== 0) {
      const isPlain = headerBytes === TIMESTAMPS_BYTES && ((bytes[at + 20] << 24) | (bytes[at + 21] << 16) | (bytes[at + 22] << 8) | bytes[at + 23]) === TIMESTAMPS;
      if (!isPlain) highest = highestAck(bytes, at, Math.min(at + headerBytes, start + packet.length), ack >>> 0) | 0;
    }

    const senderMaxEnd = words[sender + MAX_END] | 0;
    if ((options & NOT_JUDGED) === 0) {
      const receiverEnd = words[receiver] | 0;
      if (((receiverEnd - highest) | 0) < 0) return false;
      if (((highest - receiverEnd + (senderWindow > ACK_WINDOW ? senderWindow : ACK_WINDOW) + 1) | 0) <= 0) return false;
      if (((senderMaxEnd - sequence) | 0) < 0) return false;
      if (((end - words[sender] + receiverWindow + 1) | 0) <= 0) return false;
    }

    const shift = (options & SCALED) === SCALED ? (options >>> (isReply ? SAID : 0)) & SHIFT_MASK : 0;
    const window = ((bytes[at + 14] << 8) | bytes[at + 15]) << shift;
    const offered = window + ((highest - ack) >>> 0);
    if (offered > senderWindow) words[sender + MAX_WINDOW] = offered;
    if (((words[sender] - end) | 0) < 0) words[sender] = end;
    const known = isReply ? KNOWN_OF_OTHER : KNOWN_OF_OPENER;
    if ((options & known) === 0 || ((words[sender + MAX_ACK] - ack) | 0) < 0) words[sender + MAX_ACK] = ack;
    words[entry + OPTIONS] = (options & ~LAST) | known | LAST_WAS_ACK | (isReply ? LAST_WAS_REPLY : 0);
    words[entry + LAST_END] = end;
    if (((senderMaxEnd - end) | 0) < 0) words[receiver + MAX_WINDOW] = receiverWindow + ((end - senderMaxEnd) >>> 0);
    const allowed = (highest + window) | 0;
    if (((allowed - words[receiver + MAX_END]) | 0) >= 0) words[receiver + MAX_END] = allowed + (window === 0 ? 1 : 0);
    return true;
  }
}
