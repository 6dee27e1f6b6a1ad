/**
 * Hot: no allocation. Which TCP packets can belong to a connection, by sequence and acknowledgement numbers: the four bounds
 * of Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter" (2001), with window scaling (RFC 7323), SACK (RFC
 * 2018) and the care with RST of RFC 5961. Numbers are int32 and compared modulo 2^32; windows are u32.
 *
 * Of each end: `end` is behind the last byte it has sent, `maxEnd` how far the other end's window allows it to send,
 * `maxWindow` the largest window it has offered, `maxAck` the highest number it has acknowledged. For a packet of S to R:
 *
 *   I    sequence       <= S.maxEnd                      not beyond R's window
 *   II   sequence + len >= S.end - R.maxWindow           not older than what R may still be asked to take
 *   III  ack            <= R.end                         acknowledges nothing that R has not sent
 *   IV   ack            >= R.end - max(S.maxWindow, MAX_ACK_WINDOW)
 *
 * A packet that offends against I or III could only harm: it is impossible. One that is merely old (II, IV) is what its
 * receiver drops and answers with an ACK: it passes, and says nothing about the connection. So does one that goes beyond the
 * window by no more than the window is wide: some ends send so, and some take it.
 *
 * Word 3 of the flow's entry: bits 0 … 7 what the opener's SYN said (tcp-options.ts), 8 … 15 that of the other end,
 * 16, 17: the opener's, the other end's maxAck is known; 18: windows are not known well enough to judge by them;
 * 19 … 21: kind of the last packet; 22: it came from the other end.
 */
import type { Packet, TcpView } from '../../packet/packet.js';
import { TcpFlag } from '../../packet/protocols.js';
import { End, StateBit, TCP_STATE_MASK, TCP_STATE_SHIFT, Word } from './layout.js';
import { highestAck, SACK_TAKEN, SCALE_GIVEN, SCALE_MASK, synOptions } from './tcp-options.js';
import { BEGINS_ANEW, IMPOSSIBLE, nextState, PASSES, tcpKind, TcpKind, TcpState } from './tcp-state.js';
import { tcpPayloadBytes } from '../tcp-payload.js';

/** As van Rooij's: two windows of 32 KiB and a little, so that an acknowledgement that was overtaken still passes. */
export const MAX_ACK_WINDOW = 66_000;
/** An end without window scaling can have this much on its way. */
const PLAIN_WINDOW = 0xffff;

export const SAID_BITS = 8;
export const MAX_ACK_KNOWN_OF_OPENER = 1 << 16;
export const MAX_ACK_KNOWN_OF_OTHER = 1 << 17;
export const LENIENT = 1 << 18;
export const LAST_KIND_SHIFT = 19;
const LAST_KIND_MASK = 7;
export const LAST_IS_REPLY = 1 << 22;
export const LAST_BITS = (LAST_KIND_MASK << LAST_KIND_SHIFT) | LAST_IS_REPLY;

/** The worse, the larger. */
export const TcpVerdict = {
  /** It belongs to the connection: `commit` says so. */
  belongs: 0,
  /** It may pass without changing anything. */
  passes: 1,
  /** It cannot belong to the connection. */
  impossible: 2,
  /** It begins a new connection with the same ends. */
  beginsAnew: 3,
} as const;

/** Of two numbers 2^31 apart each is after the other, as in the kernel: RFC 1982 section 3.2 leaves it open. */
const isAfter = (a: number, b: number): boolean => ((b - a) | 0) < 0;

/** Looks at one packet at a time: `check` it, then `commit` it if it passes. */
export class TcpWindows {
  readonly #words: Int32Array;
  // The packet that was checked last.
  #entry = 0;
  #isReply = false;
  #flags = 0;
  #kind = 0;
  #state = 0;
  #sequence = 0;
  #segmentEnd = 0;
  #ack = 0;
  #highestAck = 0;
  #window = 0;
  #options = 0;
  #isFirst = false;
  /** It goes beyond the window, by less than the window is wide. */
  #isBeyond = false;
  /** A SYN that begins where none has begun: the opener tries again. */
  #isNewSyn = false;

  constructor(words: Uint32Array) {
    this.#words = new Int32Array(words.buffer, words.byteOffset, words.length);
  }

  /** Starts a connection with the packet, in the entry at `entry`. @returns its state; `none`: it can start nothing. */
  begin(entry: number, packet: Packet, tcp: TcpView): number {
    const kind = tcpKind(tcp.flags);
    if (kind !== TcpKind.syn && kind !== TcpKind.ack) return TcpState.none;
    const words = this.#words;
    words.fill(0, entry + Word.options, entry + Word.lastEnd + 1);
    const isSyn = kind === TcpKind.syn;
    const end = (tcp.sequenceBits + tcpPayloadBytes(packet, tcp) + (isSyn ? 1 : 0)) | 0;
    const window = Math.max(tcp.window, 1);
    const opener = entry + Word.opener;
    words[opener + End.end] = end;
    words[opener + End.maxEnd] = isSyn ? end : end + window;
    words[opener + End.maxWindow] = window;
    const at = packet.start + packet.l4Offset;
    const said = isSyn ? synOptions(packet.bytes, at, headerEnd(packet, tcp)) : LENIENT | SACK_TAKEN | (SACK_TAKEN << SAID_BITS);
    words[entry + Word.options] = said | (kind << LAST_KIND_SHIFT);
    words[entry + Word.lastEnd] = end;
    return isSyn ? TcpState.synSent : TcpState.established;
  }

  /** @returns one of `TcpVerdict`. */
  check(entry: number, packet: Packet, tcp: TcpView, isReply: boolean): number {
    const words = this.#words;
    const flags = tcp.flags;
    const kind = tcpKind(flags);
    if (kind === TcpKind.invalid) return TcpVerdict.impossible;
    const bits = words[entry + Word.state];
    let state = (bits >>> TCP_STATE_SHIFT) & TCP_STATE_MASK;
    let options = words[entry + Word.options];
    const isSecondFin = (bits & (isReply ? StateBit.finOfOpener : StateBit.finOfOther)) !== 0;
    const isReset = ((options >>> LAST_KIND_SHIFT) & LAST_KIND_MASK) === TcpKind.rst && ((options & LAST_IS_REPLY) !== 0) === isReply;
    const isOver = isReset || (bits & (StateBit.finOfOpener | StateBit.finOfOther)) !== 0;
    let next = nextState(state, kind, isReply, isSecondFin, isOver);
    this.#entry = entry;
    this.#isReply = isReply;
    this.#isBeyond = false;
    this.#flags = flags;
    this.#kind = kind;
    this.#sequence = tcp.sequenceBits;
    const extra = (flags & TcpFlag.syn) !== 0 || (flags & TcpFlag.fin) !== 0 ? 1 : 0;
    this.#segmentEnd = (this.#sequence + tcpPayloadBytes(packet, tcp) + extra) | 0;
    this.#ack = tcp.acknowledgementBits;
    this.#window = tcp.window;
    this.#options = (flags & TcpFlag.syn) !== 0 ? synOptions(packet.bytes, packet.start + packet.l4Offset, headerEnd(packet, tcp)) : 0;
    if (next === IMPOSSIBLE) return TcpVerdict.impossible;
    if (next === BEGINS_ANEW) return TcpVerdict.beginsAnew;
    if (next === PASSES) {
      if (kind === TcpKind.synAck && this.#answersPassedSyn(options)) {
        this.#resume();
        state = TcpState.synSent;
        next = TcpState.synReceived;
        options = words[entry + Word.options];
      } else return TcpVerdict.passes;
    }
    this.#state = next;
    const within = this.#isWithin(packet, tcp, options, state);
    if (kind !== TcpKind.rst) return within;
    return this.#answersPassed(options, state) ? TcpVerdict.belongs : Math.max(within, this.#checkReset(options, state));
  }

  /** A fragment does not say how much its packet holds: from here on nobody knows how far the ends may go. */
  relax(entry: number): void {
    this.#words[entry + Word.options] |= LENIENT;
  }

  /** The packet that was checked last passes, though it says nothing about the connection: only what it was is kept. */
  note(): void {
    const words = this.#words;
    const entry = this.#entry;
    if (this.#kind === TcpKind.syn) {
      words[entry + Word.synEnd] = this.#segmentEnd;
      words[entry + Word.synOptions] = (this.#window << SAID_BITS) | this.#options;
    }
    // An ACK of an older connection: who has sent the SYN answers it with a RST of the number that it acknowledges.
    if (this.#kind === TcpKind.ack) words[entry + Word.synEnd] = this.#ack;
    // Its receiver may acknowledge what was sent beyond its window.
    if (this.#isBeyond) words[entry + (this.#isReply ? Word.other : Word.opener) + End.end] = this.#segmentEnd;
    this.#remember();
  }

  /** The packet that was checked last belongs to the connection, and passes. @returns the connection's state. */
  commit(): number {
    const words = this.#words;
    const entry = this.#entry;
    const isReply = this.#isReply;
    let bits = words[entry + Word.state];
    const before = (bits >>> TCP_STATE_SHIFT) & TCP_STATE_MASK;
    // Once an end has closed, a RST says nothing of windows.
    if (this.#kind !== TcpKind.rst || before <= TcpState.established) this.#advance();
    if (this.#kind === TcpKind.fin) bits |= isReply ? StateBit.finOfOther : StateBit.finOfOpener;
    if (this.#state === TcpState.closing && this.#areFinsAcknowledged()) this.#state = TcpState.timeWait;
    words[entry + Word.state] = (bits & ~(TCP_STATE_MASK << TCP_STATE_SHIFT)) | (this.#state << TCP_STATE_SHIFT);
    this.#remember();
    return this.#state;
  }

  #remember(): void {
    const words = this.#words;
    const at = this.#entry + Word.options;
    words[at] = (words[at] & ~LAST_BITS) | (this.#kind << LAST_KIND_SHIFT) | (this.#isReply ? LAST_IS_REPLY : 0);
    words[this.#entry + Word.lastEnd] = this.#segmentEnd;
  }

  /** Bounds I to IV. What an end has not said yet is taken from its first packet. */
  #isWithin(packet: Packet, tcp: TcpView, options: number, state: number): number {
    const words = this.#words;
    const entry = this.#entry;
    const isReply = this.#isReply;
    const sender = entry + (isReply ? Word.other : Word.opener);
    const receiver = entry + (isReply ? Word.opener : Word.other);
    const flags = this.#flags;
    let ack = this.#ack;
    let highest = ack;
    if ((flags & TcpFlag.ack) !== 0 && ((options >>> (isReply ? 0 : SAID_BITS)) & SACK_TAKEN) !== 0 && tcp.headerLength > 20) {
      highest = highestAck(packet.bytes, packet.start + packet.l4Offset, headerEnd(packet, tcp), ack);
    }
    this.#isFirst = words[sender + End.maxWindow] === 0;
    let senderEnd = words[sender + End.end];
    let senderMaxEnd = words[sender + End.maxEnd];
    let receiverEnd = words[receiver + End.end];
    const receiverWindow = words[receiver + End.maxWindow] >>> 0;
    let senderWindow = words[sender + End.maxWindow] >>> 0;
    this.#isNewSyn = this.#kind === TcpKind.syn && state === TcpState.synSent && !isReply && isAfter(this.#segmentEnd, senderEnd);
    if (this.#isFirst || this.#isNewSyn) {
      senderEnd = this.#segmentEnd;
      senderWindow = Math.max(this.#window, 1);
      senderMaxEnd = senderEnd;
      if ((flags & TcpFlag.syn) === 0) {
        senderMaxEnd = (senderEnd + senderWindow) | 0;
        if (receiverWindow === 0) receiverEnd = highest;
        else if (highest === ((receiverEnd + 1) | 0)) receiverEnd = highest; // the answer to a keep-alive
      }
    }
    if ((flags & TcpFlag.ack) === 0 || (ack === 0 && this.#kind === TcpKind.rst)) {
      ack = receiverEnd;
      highest = receiverEnd;
    }
    // A RST that answers a SYN has the sequence number 0 (RFC 9293 section 3.10.7.1).
    if (this.#kind === TcpKind.rst && this.#sequence === 0 && state === TcpState.synSent) {
      this.#sequence = senderEnd;
      this.#segmentEnd = senderEnd;
    }
    this.#ack = ack;
    this.#highestAck = highest;
    // Of a connection that is over, nothing can be told by numbers: its ends may have forgotten it.
    if ((options & LENIENT) !== 0 || (this.#kind === TcpKind.rst && state >= TcpState.closing)) return TcpVerdict.belongs;
    if (isAfter(highest, receiverEnd)) return TcpVerdict.impossible;
    const isAckRecent = isAfter(highest, (receiverEnd - Math.max(senderWindow, MAX_ACK_WINDOW) - 1) | 0);
    if (isAfter(this.#sequence, senderMaxEnd)) {
      const beyond = (this.#segmentEnd - senderMaxEnd + 1) >>> 0;
      if (!isAckRecent || beyond > receiverWindow) return TcpVerdict.impossible;
      this.#isBeyond = true;
      return TcpVerdict.passes;
    }
    if (receiverWindow !== 0 && !isAfter(this.#segmentEnd, (senderEnd - receiverWindow - 1) | 0)) return TcpVerdict.passes;
    return isAckRecent ? TcpVerdict.belongs : TcpVerdict.passes;
  }

  /** A RST ends a connection only where its receiver would take it (RFC 5961 section 3.2). */
  #checkReset(options: number, state: number): number {
    const words = this.#words;
    const isReply = this.#isReply;
    if (state >= TcpState.closing || (options & (isReply ? MAX_ACK_KNOWN_OF_OPENER : MAX_ACK_KNOWN_OF_OTHER)) === 0) return TcpVerdict.belongs;
    const expected = words[this.#entry + (isReply ? Word.opener : Word.other) + End.maxAck];
    const sequence = this.#sequence;
    if (sequence === 0 && state !== TcpState.established) return TcpVerdict.belongs;
    if (isAfter(expected, sequence)) return TcpVerdict.impossible;
    if (state !== TcpState.established || sequence === expected) return TcpVerdict.belongs;
    // Right behind a packet of the same end, the receiver has not acknowledged that one yet.
    const isBehindLast = ((options & LAST_IS_REPLY) !== 0) === isReply && sequence === words[this.#entry + Word.lastEnd];
    return isBehindLast ? TcpVerdict.belongs : TcpVerdict.passes;
  }

  /** Notes what the packet says of both ends. */
  #advance(): void {
    const words = this.#words;
    const entry = this.#entry;
    const isReply = this.#isReply;
    const sender = entry + (isReply ? Word.other : Word.opener);
    const receiver = entry + (isReply ? Word.opener : Word.other);
    const isSyn = (this.#flags & TcpFlag.syn) !== 0;
    if (isSyn && (this.#isFirst || this.#isNewSyn)) this.#takeSyn(sender);
    const options = words[entry + Word.options];
    const end = this.#segmentEnd;
    const areScaled = (options & SCALE_GIVEN) !== 0 && (options & (SCALE_GIVEN << SAID_BITS)) !== 0;
    const scale = areScaled && !isSyn ? (options >>> (isReply ? SAID_BITS : 0)) & SCALE_MASK : 0;
    const window = this.#window << scale;
    const acknowledged = this.#highestAck;
    if (this.#isFirst && !isSyn) {
      words[sender + End.end] = end;
      words[sender + End.maxEnd] = end + Math.max(window, 1);
      words[sender + End.maxWindow] = Math.max(window, 1);
      if (words[receiver + End.maxWindow] === 0) {
        words[receiver + End.end] = acknowledged;
        words[receiver + End.maxEnd] = acknowledged;
      }
    }
    const offered = window + ((acknowledged - this.#ack) >>> 0);
    if (offered > words[sender + End.maxWindow] >>> 0) words[sender + End.maxWindow] = offered;
    if (isAfter(end, words[sender + End.end])) words[sender + End.end] = end;
    if ((this.#flags & TcpFlag.ack) !== 0) {
      const known = isReply ? MAX_ACK_KNOWN_OF_OTHER : MAX_ACK_KNOWN_OF_OPENER;
      if ((options & known) === 0 || isAfter(this.#ack, words[sender + End.maxAck])) words[sender + End.maxAck] = this.#ack;
      words[entry + Word.options] = options | known;
    }
    if (words[receiver + End.maxWindow] !== 0 && isAfter(end, words[sender + End.maxEnd])) {
      words[receiver + End.maxWindow] += end - words[sender + End.maxEnd];
    }
    if (!isAfter(words[receiver + End.maxEnd], (acknowledged + window) | 0)) {
      words[receiver + End.maxEnd] = acknowledged + window + (window === 0 ? 1 : 0);
    }
  }

  /** An end's SYN says where it begins, and its options. */
  #takeSyn(sender: number): void {
    const words = this.#words;
    words[sender + End.end] = this.#segmentEnd;
    words[sender + End.maxEnd] = this.#segmentEnd;
    words[sender + End.maxWindow] = Math.max(this.#window, 1);
    const shift = this.#isReply ? SAID_BITS : 0;
    const at = this.#entry + Word.options;
    words[at] = (words[at] & ~(0xff << shift)) | (this.#options << shift);
  }

  /** The other end takes a SYN for a new connection that was let through as part of the old one: ours is out of date. */
  #answersPassedSyn(options: number): boolean {
    const last = (options >>> LAST_KIND_SHIFT) & LAST_KIND_MASK;
    return last === TcpKind.syn && (options & LAST_IS_REPLY) === 0 && this.#ack === this.#words[this.#entry + Word.synEnd];
  }

  /**
   * A RST that answers what was let through without changing the state: a SYN in the middle, or an ACK before the handshake
   * was complete. What it acknowledges says so.
   */
  #answersPassed(options: number, state: number): boolean {
    const last = (options >>> LAST_KIND_SHIFT) & LAST_KIND_MASK;
    const hasAck = (this.#flags & TcpFlag.ack) !== 0;
    const isOfOther = (options & LAST_IS_REPLY) !== 0;
    if (state === TcpState.synSent && last === TcpKind.ack && isOfOther && !this.#isReply && this.#sequence === this.#words[this.#entry + Word.synEnd]) return true;
    const isAnswer = hasAck && isOfOther !== this.#isReply && this.#ack === this.#words[this.#entry + Word.lastEnd];
    return isAnswer && (last === TcpKind.syn || (last === TcpKind.ack && state < TcpState.established));
  }

  /** Begins with that SYN, as if it had opened the connection. */
  #resume(): void {
    const words = this.#words;
    const entry = this.#entry;
    const end = words[entry + Word.synEnd];
    const said = words[entry + Word.synOptions];
    const window = Math.max(said >>> SAID_BITS, 1);
    words.fill(0, entry + Word.opener, entry + Word.synEnd);
    words[entry + Word.opener + End.end] = end;
    words[entry + Word.opener + End.maxEnd] = end;
    words[entry + Word.opener + End.maxWindow] = Math.min(window, PLAIN_WINDOW);
    words[entry + Word.options] = said & 0xff;
    words[entry + Word.state] &= ~(StateBit.finOfOpener | StateBit.finOfOther);
  }

  #areFinsAcknowledged(): boolean {
    const words = this.#words;
    const opener = this.#entry + Word.opener;
    const other = this.#entry + Word.other;
    return words[opener + End.maxAck] === words[other + End.end] && words[other + End.maxAck] === words[opener + End.end];
  }
}

/** Where the TCP header ends, or the bytes present do. */
function headerEnd(packet: Packet, tcp: TcpView): number {
  return Math.min(packet.start + packet.l4Offset + tcp.headerLength, packet.start + packet.length);
}
