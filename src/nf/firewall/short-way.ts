/**
 * Hot: no allocation. The short way of what firewalls see most: a plain segment of an established TCP connection that the rules
 * in force allow, and a datagram of an allowed UDP flow. It does what filter.ts and tcp-window.ts would, and nothing else; for
 * any other packet it changes nothing, and the long way is taken.
 *
 * Written out in two functions without calls, closures over constants (docs/hot-code.md), because the compiler inlines only so
 * much: the long way, which asks packet, views, connection and windows one after the other, costs several times as much.
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
/** Bytes of a TCP header that are looked at here. */
const READ_BYTES = 24;

type Timeouts = Pick<FirewallOptions['timeouts'], 'tcpSeconds' | 'udpSeconds' | 'udpUnansweredSeconds'>;

export interface ShortWay {
  /** Words of the flow that the latest packet to be taken belongs to. */
  at: number;
  /** How long connections live on. */
  update(timeouts: Timeouts): void;
  /**
   * @param generation of the rules in force
   * @returns whether the packet passes, and has been noted.
   */
  takes(packet: Packet, generation: number, nowSeconds: number): boolean;
}

export function shortWayOf(flows: PerFlowTable): ShortWay {
  const itsWords = flows.words;
  let tcpSeconds = 0;
  let udpSeconds = 0;
  let udpUnansweredSeconds = 0;

  /** `check` and `commit` of TcpWindows, for an ACK without SYN, FIN, RST and URG between ends that both have spoken. */
  function segment(packet: Packet, entry: number, l4At: number, isReply: boolean): boolean {
    const { bytes, view, start } = packet;
    const words = itsWords;
    const at = start + l4At;
    const ip = start + packet.l3Offset;
    // Any thread can write headers, and a view throws where an array would read nothing.
    if (ip > at || at + READ_BYTES > bytes.length) return false;
    const offsetAndFlags = view.getUint16((at + 12) >>> 0);
    if ((offsetAndFlags & LOOKED_AT) !== ONLY_ACK) return false;
    const sender = entry + (isReply ? OTHER : OPENER);
    const receiver = entry + (isReply ? OPENER : OTHER);
    const senderWindow = words[sender + MAX_WINDOW];
    const receiverWindow = words[receiver + MAX_WINDOW];
    if (senderWindow === 0 || receiverWindow === 0) return false;

    // What segmentation offload left open is for the long way.
    const isIpv4 = view.getUint8(ip) >>> 4 === 4;
    const ipLength = view.getUint16((ip + (isIpv4 ? 2 : 4)) >>> 0);
    if (ipLength === 0) return false;
    const headerBytes = (offsetAndFlags >>> 12) << 2;
    let payload = ip + ipLength + (isIpv4 ? 0 : IPV6_BYTES) - at - headerBytes;
    if (payload < 0) payload = 0;

    const options = words[entry + OPTIONS];
    const sequence = view.getInt32((at + 4) >>> 0);
    const ack = view.getInt32((at + 8) >>> 0);
    const end = (sequence + payload) | 0;
    let highest = ack;
    if (headerBytes > TCP_BYTES && ((options >>> (isReply ? 0 : SAID)) & TAKES_SACK) !== 0) {
      const isPlain = headerBytes === TIMESTAMPS_BYTES && view.getInt32((at + 20) >>> 0) === TIMESTAMPS;
      if (!isPlain) highest = highestAck(bytes, at, Math.min(at + headerBytes, start + packet.length), ack);
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
    const window = view.getUint16((at + 14) >>> 0) << shift;
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

  const way: ShortWay = {
    at: 0,

    update(timeouts) {
      tcpSeconds = timeouts.tcpSeconds;
      udpSeconds = timeouts.udpSeconds;
      udpUnansweredSeconds = timeouts.udpUnansweredSeconds ?? timeouts.udpSeconds;
    },

    takes(packet, generation, nowSeconds) {
      const entry = flows.find(packet.flowId);
      if (entry < 0) return false;
      const words = itsWords;
      const bits = words[entry + STATE];
      if ((bits & PRESENT) === 0 || words[entry + GENERATION] !== generation || words[entry + DEADLINE] <= nowSeconds) return false;
      const l4At = packet.l4Offset;
      if (l4At === 0 || packet.isFragment || packet.isMalformed) return false;
      const isReply = (packet.direction === REVERSE) !== ((bits & OPENED_IN_REVERSE) !== 0);
      const { l4 } = packet;
      if (l4 === TCP) {
        if ((bits & STATE_BITS) !== ESTABLISHED || !segment(packet, entry, l4At, isReply)) return false;
        words[entry + DEADLINE] = nowSeconds + tcpSeconds;
        if (isReply && (bits & ANSWERED) === 0) words[entry + STATE] = bits | ANSWERED;
      } else if (l4 === UDP) {
        words[entry + DEADLINE] = nowSeconds + (isReply || (bits & ANSWERED) !== 0 ? udpSeconds : udpUnansweredSeconds);
        if (isReply && (bits & ANSWERED) === 0) words[entry + STATE] = bits | ANSWERED;
      } else return false;
      way.at = entry;
      return true;
    },
  };
  return way;
}
