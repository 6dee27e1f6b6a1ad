/**
 * How the kernel's connection tracking follows TCP (nf_conntrack, Linux 6), written down from what it does: so that what it says
 * of a packet is foretold, and any other word of it is news. It has the four bounds of van Rooij, as the firewall here has; what
 * it does otherwise is marked (H …), by the rows of docs/firewall.md.
 */
import { TcpFlag } from '../../../src/packet/protocols.js';
import { invalid, type Direction, type Judged, type TcpPacket, type Tracker } from './trackers.js';

type State = 'syn sent' | 'both syn' | 'syn received' | 'established' | 'fin wait' | 'close wait' | 'last ack' | 'time wait' | 'closed';
type Kind = 'syn' | 'syn-ack' | 'fin' | 'ack' | 'rst';

interface Side {
  end: number;
  maxEnd: number;
  maxWindow: number;
  scale: number;
  hasScale: boolean;
  takesSack: boolean;
  maxAck: number | null;
  hasClosedFirst: boolean;
  /** The beginning was not seen: its numbers are looked at, but it is refused nothing for them. */
  isLiberal: boolean;
}

const side = (): Side => ({ end: 0, maxEnd: 0, maxWindow: 0, scale: 0, hasScale: false, takesSack: false, maxAck: null, hasClosedFirst: false, isLiberal: false });
const isAfter = (a: number, b: number): boolean => ((b - a) | 0) < 0;
const OVER: readonly State[] = ['fin wait', 'close wait', 'last ack', 'time wait', 'closed'];
const MAX_ACK_WINDOW = 66_000;

export function kindOf(flags: number): Kind | null {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const isValid = [0x02, 0x22, 0x12, 0x04, 0x14, 0x11, 0x31, 0x10, 0x30].includes(flags & 0x37);
  if (!isValid) return null;
  if (has(TcpFlag.rst)) return 'rst';
  if (has(TcpFlag.syn)) return has(TcpFlag.ack) ? 'syn-ack' : 'syn';
  return has(TcpFlag.fin) ? 'fin' : 'ack';
}

class Connection {
  state: State | null = null;
  readonly opener: Direction;
  sides: Record<Direction, Side> = { inside: side(), outside: side() };
  isAnswered = false;
  isAssured = false;
  last: { kind: Kind | null; from: Direction; end: number; window: number; scale: number; hasScale: boolean; takesSack: boolean; isChallenge: boolean; acknowledgement: number };
  isSimultaneous = false;

  constructor(opener: Direction) {
    this.opener = opener;
    this.last = { kind: null, from: opener, end: 0, window: 0, scale: 0, hasScale: false, takesSack: false, isChallenge: false, acknowledgement: 0 };
  }

  /** Numbers of the first packet. */
  begin(packet: TcpPacket, kind: Kind): void {
    const mine = this.sides[this.opener];
    mine.end = packet.end;
    mine.maxWindow = Math.max(packet.window, 1);
    mine.maxEnd = packet.end;
    if (kind === 'syn') this.takeOptions(mine, packet);
    else {
      mine.maxEnd = (packet.end + mine.maxWindow) >>> 0;
      for (const each of Object.values(this.sides)) {
        each.isLiberal = true;
        each.takesSack = true;
      }
    }
  }

  takeOptions(mine: Side, packet: TcpPacket): void {
    // Without any options, what was said before stays.
    if (!packet.hasOptions) return;
    mine.hasScale = packet.scale !== null;
    mine.scale = packet.scale ?? 0;
    mine.takesSack = packet.takesSack;
    mine.maxAck = null;
    mine.hasClosedFirst = false;
  }

  beginSide(from: Direction, packet: TcpPacket): void {
    const mine = this.sides[from];
    const other = this.sides[from === 'inside' ? 'outside' : 'inside'];
    mine.end = packet.end;
    mine.maxEnd = packet.end;
    mine.maxWindow = Math.max(packet.window, 1);
    this.takeOptions(mine, packet);
    if (from !== this.opener && !(mine.hasScale && other.hasScale)) {
      mine.scale = 0;
      other.scale = 0;
    }
  }
}

/** State after a packet, if its numbers are right. */
function after(state: State | null, kind: Kind, isReply: boolean): State | 'ignored' | 'invalid' {
  if (state === null) return isReply ? 'invalid' : kind === 'syn' ? 'syn sent' : kind === 'ack' ? 'established' : 'invalid';
  const isOpening = state === 'syn sent' || state === 'both syn';
  switch (kind) {
    case 'syn':
      if (isReply) return isOpening ? 'both syn' : state === 'time wait' ? 'syn sent' : 'invalid';
      if (state === 'both syn') return state;
      return state === 'syn sent' || state === 'time wait' || state === 'closed' ? 'syn sent' : 'ignored';
    case 'syn-ack':
      if (isReply) return isOpening ? 'syn received' : 'ignored';
      return state === 'syn received' || state === 'both syn' ? 'syn received' : 'invalid';
    case 'fin':
      if (isOpening) return 'invalid';
      if (state === 'syn received' || state === 'established') return 'fin wait';
      // (H repeated FIN) Whose FIN it is, nobody asks.
      return state === 'time wait' || state === 'closed' ? state : 'last ack';
    case 'ack':
      if (isOpening) return isReply ? 'ignored' : 'invalid';
      if (state === 'syn received') return isReply ? state : 'established';
      if (state === 'fin wait' || state === 'close wait') return 'close wait';
      return state === 'last ack' ? 'time wait' : state;
    case 'rst':
      return 'closed';
  }
}

export class KernelTcp implements Tracker {
  #connection: Connection | null = null;

  get isKnown(): boolean {
    return this.#connection !== null;
  }

  /** @returns what the packet is; `passed` says that the rules let it through, `refused` that they did not. */
  judge(packet: TcpPacket): Judged {
    const kind = kindOf(packet.flags);
    if (kind === null) return invalid;
    const connection = this.#connection;
    if (connection === null) return this.#open(packet, kind);
    return this.#follow(connection, packet, kind);
  }

  #open(packet: TcpPacket, kind: Kind): Judged {
    if (after(null, kind, false) === 'invalid') return invalid;
    const connection = new Connection(packet.from);
    connection.begin(packet, kind);
    const judged = this.#follow(connection, packet, kind);
    if (judged.state === 'invalid') return invalid;
    return { state: 'new', passed: () => { this.#connection = connection; } };
  }

  #follow(connection: Connection, packet: TcpPacket, kind: Kind): Judged {
    const { from } = packet;
    const isReply = from !== connection.opener;
    const { last, state: before } = connection;
    const there = from === 'inside' ? 'outside' : 'inside';
    let next = after(before, kind, isReply);
    let old = before;
    if (next === 'invalid') return invalid;
    if (next === 'syn sent' && (before === 'time wait' || before === 'closed')) {
      const isOver = connection.sides.inside.hasClosedFirst || connection.sides.outside.hasClosedFirst;
      if (isOver || (last.from === from && last.kind === 'rst')) {
        // (H denied SYN) The old connection is forgotten, whatever the rules say of the new one.
        this.#connection = null;
        return this.#open(packet, kind);
      }
      next = 'ignored';
    }
    if (next === 'ignored') {
      if (kind === 'syn-ack' && last.kind === 'syn' && last.from !== from && packet.acknowledgement === last.end) {
        connection.sides[there] = { ...side(), end: last.end, maxEnd: last.end, maxWindow: Math.max(last.window, 1), scale: last.scale, hasScale: last.hasScale, takesSack: last.takesSack };
        connection.sides[from] = { ...side(), isLiberal: connection.sides[from].isLiberal };
        last.isChallenge = false;
        old = 'syn sent';
        next = 'syn received';
      } else {
        Object.assign(last, { kind, from, end: packet.end, window: packet.window });
        if (kind === 'ack' && isReply && before === 'syn sent') last.acknowledgement = packet.acknowledgement;
        if (kind === 'syn' && !isReply) {
          Object.assign(last, { hasScale: packet.scale !== null, scale: packet.scale ?? 0, takesSack: packet.takesSack, isChallenge: before === 'last ack' });
        }
        return this.#passes(connection, packet);
      }
    }
    if (next === 'time wait' && old === 'last ack' && kind === 'ack' && last.from !== from && last.kind === 'syn' && last.isChallenge) {
      last.isChallenge = false;
      return this.#passes(connection, packet);
    }
    if (next === 'both syn') connection.isSimultaneous = true;
    if (next === 'syn received' && isReply && kind === 'ack' && connection.isSimultaneous) next = 'established';
    let isTrusted = false;
    if (kind === 'rst') {
      const judged = this.#judgeReset(connection, packet);
      if (judged === 'invalid') return invalid;
      isTrusted = judged === 'trusted';
      if (judged === 'stays') next = old!;
    }
    const within = isTrusted ? 'belongs' : this.#numbers(connection, packet, kind, old);
    if (within === 'ignored') return this.#passes(connection, packet);
    if (within === 'invalid') {
      if (connection.isAssured && (kind === 'rst' || kind === 'fin') && !(last.from !== from && (last.kind === 'fin' || last.kind === 'rst'))) Object.assign(last, { kind, from });
      return invalid;
    }
    Object.assign(last, { kind, from });
    connection.state = next;
    if (old !== next && next === 'fin wait') connection.sides[from].hasClosedFirst = true;
    const judged = this.#passes(connection, packet);
    if (!connection.isAnswered && kind === 'rst' && before !== null) {
      // (H reset) Without an answer, any RST ends it at once.
      this.#connection = null;
    } else if (connection.isAnswered && !connection.isAssured && (old === 'syn received' || old === 'established') && next === 'established') {
      connection.isAssured = true;
    }
    return judged;
  }

  /** A packet of the opener is new as long as nobody has answered. */
  #passes(connection: Connection, packet: TcpPacket): Judged {
    const isReply = packet.from !== connection.opener;
    const state = isReply || connection.isAnswered ? 'established' : 'new again';
    return { state, passed: () => undefined, seen: () => { if (isReply) connection.isAnswered = true; } };
  }

  #judgeReset(connection: Connection, packet: TcpPacket): 'invalid' | 'trusted' | 'stays' | 'numbers' {
    const { state, last, sides } = connection;
    const { from, sequence } = packet;
    // (H reset) Once a FIN was seen, numbers are not asked for.
    if (state !== null && OVER.includes(state)) return 'trusted';
    let result: 'stays' | 'numbers' = 'numbers';
    const { maxAck } = sides[from === 'inside' ? 'outside' : 'inside'];
    if (maxAck !== null && last.kind !== 'syn') {
      const isEstablished = state === 'established' && connection.isAssured;
      if (sequence === 0 && !isEstablished) return 'numbers';
      if (isAfter(maxAck, sequence)) return 'invalid';
      if (!isEstablished || sequence === maxAck) return 'numbers';
      if (last.kind === 'ack' && last.from === from && sequence === last.end) return 'numbers';
      result = 'stays';
    }
    if (state === 'syn sent' && from === connection.opener && last.kind === 'ack' && last.from !== from && sequence === last.acknowledgement) return 'trusted';
    const answers = (connection.isAnswered && last.kind === 'syn') || (!connection.isAssured && last.kind === 'ack');
    return answers && (packet.flags & TcpFlag.ack) !== 0 && packet.acknowledgement === last.end ? 'trusted' : result;
  }

  #numbers(connection: Connection, packet: TcpPacket, kind: Kind, state: State | null): 'belongs' | 'ignored' | 'invalid' {
    const { from, window } = packet;
    const sender = connection.sides[from];
    const receiver = connection.sides[from === 'inside' ? 'outside' : 'inside'];
    const isReply = from !== connection.opener;
    const isSyn = kind === 'syn' || kind === 'syn-ack';
    const hasAck = (packet.flags & TcpFlag.ack) !== 0;
    let { sequence, end, acknowledgement } = packet;
    let highest = receiver.takesSack ? packet.highestAck : acknowledgement;
    if (sender.maxWindow === 0) {
      // (H first packet of the other end) Its numbers are kept, whether or not they fit.
      if (isSyn) {
        connection.beginSide(from, packet);
        if (!hasAck) return 'belongs';
      } else {
        sender.end = end;
        sender.maxWindow = Math.max((window << sender.scale) >>> 0, 1);
        sender.maxEnd = (end + sender.maxWindow) >>> 0;
        if (receiver.maxWindow === 0) {
          receiver.end = highest;
          receiver.maxEnd = highest;
        } else if (highest === (receiver.end + 1) >>> 0) receiver.end = highest;
      }
    } else if (isSyn && isAfter(end, sender.end) && (state === 'syn sent' || state === 'syn received')) {
      connection.beginSide(from, packet);
      if (isReply && !hasAck) return 'belongs';
    }
    if (!hasAck || (kind === 'rst' && acknowledgement === 0)) {
      acknowledgement = receiver.end;
      highest = receiver.end;
    }
    if (kind === 'rst' && sequence === 0 && state === 'syn sent') {
      sequence = sender.end;
      end = sender.end;
    }
    const refuse = (what: 'ignored' | 'invalid') => (sender.isLiberal ? 'belongs' as const : what);
    const isAckRecent = isAfter(highest, (receiver.end - Math.max(sender.maxWindow, MAX_ACK_WINDOW) - 1) >>> 0);
    const isEndRecent = isAfter(end, (sender.end - receiver.maxWindow - 1) >>> 0);
    const isAckSent = isAfter((receiver.end + 1) >>> 0, highest);
    if (!isAfter((sender.maxEnd + 1) >>> 0, sequence)) {
      const beyond = (end - sender.maxEnd + 1) >>> 0;
      if (receiver.maxWindow !== 0 && isEndRecent && isAckRecent && beyond <= receiver.maxWindow && isAckSent) {
        sender.end = end;
        return refuse('ignored');
      }
      return refuse('invalid');
    }
    if (!isAckSent) return refuse('invalid');
    if (receiver.maxWindow !== 0 && !isEndRecent) return refuse('ignored');
    if (!isAckRecent) return refuse('ignored');
    const scaled = isSyn ? window : (window << sender.scale) >>> 0;
    sender.maxWindow = Math.max(sender.maxWindow, (scaled + (highest - acknowledgement)) >>> 0);
    if (isAfter(end, sender.end)) sender.end = end;
    if (hasAck && (sender.maxAck === null || isAfter(acknowledgement, sender.maxAck))) sender.maxAck = acknowledgement;
    if (receiver.maxWindow !== 0 && isAfter(end, sender.maxEnd)) receiver.maxWindow += (end - sender.maxEnd) >>> 0;
    if (isAfter((highest + scaled) >>> 0, (receiver.maxEnd - 1) >>> 0)) {
      receiver.maxEnd = (highest + scaled + (scaled === 0 ? 1 : 0)) >>> 0;
    }
    if (kind === 'ack') Object.assign(connection.last, { end, window });
    return 'belongs';
  }
}
