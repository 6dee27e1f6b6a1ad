/**
 * Hot: no allocation. Puts the streams of TCP together in windows, in order, and shows what is new to the rules.
 *
 * A segment goes where its sequence number says; of bytes that come twice the first to come count. What lies behind a hole
 * waits in the window; a segment too far ahead for it gives the hole up, and the stream begins anew there. When the pool
 * has no window, each segment is looked at alone.
 */
import type { Counter } from '../../../contract.js';
import type { Packet } from '../../../../packet/packet.js';
import { PROTOCOL_NAMES } from '../../protocol-table.js';
import type { DnsFollower } from './dns-follower.js';
import { applicationNumbers } from './header.js';
import type { HelloFollower } from './hello-follower.js';
import type { HttpFollower } from './http-follower.js';
import { Phase, RULE_SIDE_WORDS, RuleFlowWord, RuleSideWord } from './flow-layout.js';
import type { Judge } from './judge.js';
import type { StreamWindows } from './stream-windows.js';

/** Of a full window, the share that stays as what was before. */
const KEPT_SHARE = 2;
/** What is further behind is no old segment but another stream. */
const MAX_BEHIND = 0x40000000;
const IS_HTTP = new Uint8Array(PROTOCOL_NAMES.length);
const IS_TLS = new Uint8Array(PROTOCOL_NAMES.length);
const IS_DNS = new Uint8Array(PROTOCOL_NAMES.length);
for (const number of applicationNumbers('http')) IS_HTTP[number] = 1;
for (const number of applicationNumbers('tls')) IS_TLS[number] = 1;
for (const number of applicationNumbers('dns')) IS_DNS[number] = 1;

interface StreamLinks {
  words: Uint32Array;
  windows: StreamWindows;
  judge: Judge;
  http: HttpFollower;
  hellos: HelloFollower;
  dns: DnsFollower;
  exhausted: Counter;
  buffered: Counter;
}

export class RuleStreams {
  readonly #words: Uint32Array;
  readonly #windows: StreamWindows;
  readonly #judge: Judge;
  readonly #http: HttpFollower;
  readonly #hellos: HelloFollower;
  readonly #dns: DnsFollower;
  readonly #links: StreamLinks;

  constructor(links: StreamLinks) {
    this.#links = links;
    this.#words = links.words;
    this.#windows = links.windows;
    this.#judge = links.judge;
    this.#http = links.http;
    this.#hellos = links.hellos;
    this.#dns = links.dns;
  }

  /** A SYN: the stream of the direction begins behind it. */
  begin(flowId: number, flow: number, side: number, sequence: number): void {
    const at = flow + RuleFlowWord.sides + side * RULE_SIDE_WORDS;
    this.#release(flowId, at, side);
    this.#restart(at, sequence + 1, 1);
    this.#words[at + RuleSideWord.phase] = Phase.message;
  }

  /** A segment's payload; `wireLength` is how much it had before the capture cut it. */
  segment(packet: Packet, flow: number, side: number, sequence: number, from: number, length: number, wireLength: number): void {
    const words = this.#words;
    const at = flow + RuleFlowWord.sides + side * RULE_SIDE_WORDS;
    const window = this.#window(packet, at, side);
    if (words[at + RuleSideWord.isKnown] === 0) this.#restart(at, sequence, 0);
    if (window < 0) {
      this.#judge.judgeStream(packet.bytes, from, from, from + length, 0, false, this.#windows, -1);
      return;
    }
    const room = this.#windows.bufferBytes;
    for (let done = 0; done < length; ) {
      let offset = (sequence + done - words[at + RuleSideWord.base]) | 0;
      if (offset < 0 && offset >= -MAX_BEHIND) {
        // Seen before: of what came twice the first counts.
        done = Math.min(length, done - offset);
        continue;
      }
      let before = this.#windows.contiguous(window);
      if (offset >= 0 && offset + (length - done) > room && before > 0) {
        const count = this.#slide(window, at, flow, before, offset <= before);
        offset -= count;
        before -= count;
      }
      const isFarAhead = offset > before && offset + (length - done) > room;
      if (offset < 0 || offset >= room || isFarAhead) {
        this.#giveUp(window, at, sequence + done);
        continue;
      }
      const count = Math.min(length - done, room - offset);
      const kept = this.#windows.place(window, offset, packet.bytes, from + done, count, packet.timestampMs);
      if (kept < 0) {
        this.#giveUp(window, at, sequence + done);
        continue;
      }
      this.#links.buffered.add(kept);
      done += count;
      this.#look(window, flow, at, before);
    }
    if (length < wireLength) this.#giveUp(window, at, sequence + wireLength);
  }

  /** No more comes this way. */
  end(packet: Packet, flow: number, side: number): void {
    const at = flow + RuleFlowWord.sides + side * RULE_SIDE_WORDS;
    const window = this.#words[at + RuleSideWord.window] - 1;
    if (window < 0 || !this.#windows.isOwnedBy(window, packet.flowId, side)) return;
    const start = this.#windows.start(window);
    const contiguous = this.#windows.contiguous(window);
    this.#judge.setWindow(this.#windows.bytes, start, start + contiguous);
    this.#messagesOf(window, flow, at, contiguous, true);
    this.#release(packet.flowId, at, side);
  }

  /** What is new in the window, from `before` on, is shown. */
  #look(window: number, flow: number, at: number, before: number): void {
    const words = this.#words;
    const contiguous = this.#windows.contiguous(window);
    if (contiguous <= before) return;
    const start = this.#windows.start(window);
    const { bytes } = this.#windows;
    const isAtStart = words[at + RuleSideWord.atStart] === 1;
    words[at + RuleSideWord.state] = this.#judge.judgeStream(
      bytes, start, start + before, start + contiguous, words[at + RuleSideWord.state], isAtStart, this.#windows, window,
    );
    this.#messagesOf(window, flow, at, contiguous, false);
  }

  #messagesOf(window: number, flow: number, at: number, contiguous: number, isFinal: boolean): void {
    const { set, now } = this.#judge;
    const start = this.#windows.start(window);
    const { bytes } = this.#windows;
    const { protocol } = now;
    if (set.hasHttp && IS_HTTP[protocol] === 1) this.#http.follow(bytes, start, start + contiguous, flow, at, now.toServer, isFinal);
    else if (set.hasTls && IS_TLS[protocol] === 1 && now.toServer) this.#hellos.client(bytes, start, start + contiguous, at, isFinal);
    else if (set.hasTlsAnswers && IS_TLS[protocol] === 1 && !now.toServer) this.#hellos.server(bytes, start, start + contiguous, at, isFinal);
    else if (set.hasDns && IS_DNS[protocol] === 1) this.#dns.follow(bytes, start, start + contiguous, at);
    // Nobody takes it apart: nothing waits, unless its name is still to come.
    else if (protocol !== 0) this.#words[at + RuleSideWord.pending] = contiguous;
  }

  /** Makes room: what was before moves out, but for a share of it, and what a message still waits for. Returns by how much. */
  #slide(window: number, at: number, flow: number, contiguous: number, mayFlush: boolean): number {
    const words = this.#words;
    const kept = Math.floor(this.#windows.bufferBytes / KEPT_SHARE);
    let count = Math.min(Math.max(0, contiguous - kept), words[at + RuleSideWord.pending]);
    if (count === 0 && mayFlush && contiguous > kept) {
      // A message that does not fit is judged as far as it is there.
      this.#messagesOf(window, flow, at, contiguous, true);
      words[at + RuleSideWord.pending] = Math.max(words[at + RuleSideWord.pending], contiguous - kept);
      count = Math.min(contiguous - kept, words[at + RuleSideWord.pending]);
    }
    if (count === 0) return 0;
    this.#windows.slide(window, count);
    words[at + RuleSideWord.base] += count;
    words[at + RuleSideWord.atStart] = 0;
    words[at + RuleSideWord.pending] -= count;
    words[at + RuleSideWord.body] = Math.max(0, words[at + RuleSideWord.body] - count);
    return count;
  }

  /** The stream begins anew at a sequence number: what was is not joined to what comes. */
  #giveUp(window: number, at: number, sequence: number): void {
    this.#windows.clear(window);
    this.#restart(at, sequence, 0);
    // In the middle of a body nobody knows where the next message begins.
    if (this.#words[at + RuleSideWord.phase] !== Phase.message) this.#words[at + RuleSideWord.phase] = Phase.over;
  }

  #restart(at: number, sequence: number, atStart: number): void {
    const words = this.#words;
    words[at + RuleSideWord.isKnown] = 1;
    words[at + RuleSideWord.base] = sequence;
    words[at + RuleSideWord.atStart] = atStart;
    words[at + RuleSideWord.state] = 0;
    words[at + RuleSideWord.pending] = 0;
    words[at + RuleSideWord.body] = 0;
    words[at + RuleSideWord.remaining] = 0;
  }

  /** The direction's window, or -1 when there is none to be had. */
  #window(packet: Packet, at: number, side: number): number {
    const words = this.#words;
    const { flowId } = packet;
    if (flowId === 0) return -1;
    const held = words[at + RuleSideWord.window] - 1;
    if (held >= 0 && this.#windows.isOwnedBy(held, flowId, side)) return held;
    const window = this.#windows.take(flowId, side, packet.timestampMs);
    if (window < 0) {
      this.#links.exhausted.add(1);
      return -1;
    }
    // Taken away meanwhile: its bytes are gone.
    if (held >= 0) {
      words[at + RuleSideWord.isKnown] = 0;
      words[at + RuleSideWord.phase] = Phase.over;
    }
    words[at + RuleSideWord.window] = window + 1;
    return window;
  }

  #release(flowId: number, at: number, side: number): void {
    const window = this.#words[at + RuleSideWord.window] - 1;
    if (window >= 0 && this.#windows.isOwnedBy(window, flowId, side)) this.#windows.release(window);
    this.#words[at + RuleSideWord.window] = 0;
  }
}
