/**
 * Hot: no allocation. Takes the stream of one direction apart into messages (HTTP), or looks at its beginning (TLS), and
 * shows their buffers to the rules. What it knows between two segments are words of the flow.
 */
import { bufferNumber } from './buffers.js';
import { firstQuestion, questionsOf, readQuestion } from './dns-names.js';
import { Phase, RuleFlowFlag, RuleFlowWord, RuleSideWord } from './flow-layout.js';
import { HelloName, HelloState } from './hello-name.js';
import { headEnd, number } from './http-bytes.js';
import { Body, HttpHead } from './http-message.js';
import type { Judge } from './judge.js';
import { ServerFlight, tellJa4 } from './tls-texts.js';

const SNI = bufferNumber('tls.sni');
const JA4 = bufferNumber('ja4.hash');
const REQUEST_BODY = bufferNumber('http.request_body');
const RESPONSE_BODY = bufferNumber('http.response_body');
const LF = 0x0a;
/** A line with the size of a chunk is never longer. */
const MAX_SIZE_LINE = 256;
const OPEN = 0x7fffffff;

export class MessageFollower {
  readonly #judge: Judge;
  readonly #words: Uint32Array;
  readonly #head = new HttpHead();
  readonly #hello = new HelloName();
  readonly #flight = new ServerFlight();
  /** Where the chunks read last end, and what of the last one is still to come. */
  #chunksEnd = 0;
  #chunkLeft = 0;
  #chunksAreOver = false;

  constructor(judge: Judge, words: Uint32Array) {
    this.#judge = judge;
    this.#words = words;
  }

  /**
   * HTTP in the window `bytes[start, end)`; `at` are the words of the direction.
   * @param isFinal no more comes, or no more fits: what is there is judged as it is
   */
  http(bytes: Uint8Array, start: number, end: number, flow: number, at: number, isRequest: boolean, isFinal: boolean): void {
    const words = this.#words;
    const hasBodies = this.#judge.set.hasBodies[isRequest ? 0 : 1];
    for (let hasMore = true; hasMore; ) {
      const pending = start + words[at + RuleSideWord.pending];
      switch (words[at + RuleSideWord.phase]) {
        case Phase.message:
          hasMore = pending < end && this.#message(bytes, start, pending, end, flow, at, isRequest, isFinal, hasBodies);
          break;
        case Phase.countedBody:
        case Phase.openBody:
        case Phase.chunkedBody:
          hasMore = this.#body(bytes, start, pending, end, at, isRequest, isFinal);
          break;
        case Phase.skipCounted: {
          const skipped = Math.min(words[at + RuleSideWord.remaining], end - pending);
          words[at + RuleSideWord.remaining] -= skipped;
          words[at + RuleSideWord.pending] += skipped;
          hasMore = words[at + RuleSideWord.remaining] === 0;
          if (hasMore) words[at + RuleSideWord.phase] = Phase.message;
          break;
        }
        case Phase.skipChunks:
        case Phase.trailer:
          hasMore = this.#skipLine(bytes, pending, end, at);
          break;
        default:
          words[at + RuleSideWord.pending] = end - start;
          return;
      }
    }
  }

  #message(
    bytes: Uint8Array, start: number, from: number, end: number, flow: number, at: number, isRequest: boolean, isFinal: boolean, hasBodies: boolean,
  ): boolean {
    const words = this.#words;
    // Blank lines between messages belong to none (RFC 9112, 2.2).
    if (bytes[from] === 0x0d || bytes[from] === LF) {
      words[at + RuleSideWord.pending]++;
      return true;
    }
    const found = headEnd(bytes, from, end);
    if (found < 0 && !isFinal) return false;
    const to = found < 0 ? end : found;
    const { ranges } = this.#judge;
    const head = this.#head;
    ranges.begin(bytes);
    head.read(bytes, from, to, isRequest, ranges);
    if (!head.isMessage) {
      words[at + RuleSideWord.phase] = Phase.over;
      return true;
    }
    this.#judge.judgeBuffers(false);
    const body = this.#bodyOf(flow, isRequest);
    if (found < 0 || body === Body.tunnel) {
      words[at + RuleSideWord.phase] = Phase.over;
      return true;
    }
    words[at + RuleSideWord.body] = to - start;
    words[at + RuleSideWord.remaining] = body === Body.untilClose ? OPEN : body === Body.counted ? head.length : 0;
    if (body === Body.none || !hasBodies) words[at + RuleSideWord.pending] = to - start;
    if (body === Body.none) words[at + RuleSideWord.phase] = Phase.message;
    else if (body === Body.chunked) words[at + RuleSideWord.phase] = hasBodies ? Phase.chunkedBody : Phase.skipChunks;
    else if (body === Body.counted) words[at + RuleSideWord.phase] = hasBodies ? Phase.countedBody : Phase.skipCounted;
    else words[at + RuleSideWord.phase] = hasBodies ? Phase.openBody : Phase.over;
    return true;
  }

  /** What follows the head; an answer is read as its request asked for it. */
  #bodyOf(flow: number, isRequest: boolean): number {
    const flags = flow + RuleFlowWord.flags;
    const { isHeadRequest, isConnect, status, body } = this.#head;
    if (isRequest) {
      this.#words[flags] &= ~(RuleFlowFlag.head | RuleFlowFlag.connect);
      if (isHeadRequest) this.#words[flags] |= RuleFlowFlag.head;
      if (isConnect) this.#words[flags] |= RuleFlowFlag.connect;
      return body;
    }
    if ((this.#words[flags] & RuleFlowFlag.head) !== 0) return Body.none;
    return (this.#words[flags] & RuleFlowFlag.connect) !== 0 && status >= 200 && status < 300 ? Body.tunnel : body;
  }

  /** Waits until the body is whole, or no more of it fits; then judges it together with its head. */
  #body(bytes: Uint8Array, start: number, from: number, end: number, at: number, isRequest: boolean, isFinal: boolean): boolean {
    const words = this.#words;
    const { ranges } = this.#judge;
    const body = start + words[at + RuleSideWord.body];
    const isChunked = words[at + RuleSideWord.phase] === Phase.chunkedBody;
    const buffer = isRequest ? REQUEST_BODY : RESPONSE_BODY;
    const left = words[at + RuleSideWord.remaining];
    const isWhole = isChunked ? this.#readChunks(bytes, body, end) : end - body >= left;
    if (!isWhole && !isFinal) return false;
    ranges.begin(bytes);
    this.#head.read(bytes, from, body, isRequest, ranges);
    const to = Math.min(end, body + left);
    if (isChunked) this.#joinChunks(bytes, body, end, buffer);
    else if (to > body) ranges.set(buffer, body, to);
    this.#judge.judgeBuffers(true);
    if (isChunked) {
      words[at + RuleSideWord.pending] = this.#chunksEnd - start;
      words[at + RuleSideWord.remaining] = this.#chunkLeft;
      words[at + RuleSideWord.phase] = this.#chunksAreOver ? Phase.trailer : Phase.skipChunks;
    } else {
      words[at + RuleSideWord.pending] = to - start;
      words[at + RuleSideWord.remaining] = left - (to - body);
      words[at + RuleSideWord.phase] = left === OPEN ? Phase.over : Phase.skipCounted;
    }
    return true;
  }

  /** Goes through chunks; true when the last one is there. Leaves where it stopped. */
  #readChunks(bytes: Uint8Array, from: number, end: number): boolean {
    this.#chunksEnd = from;
    this.#chunkLeft = 0;
    this.#chunksAreOver = false;
    for (;;) {
      const line = indexOfLf(bytes, this.#chunksEnd, end);
      if (line < 0) return false;
      const size = number(bytes, this.#chunksEnd, line, 16);
      this.#chunksEnd = line + 1;
      if (size <= 0) {
        this.#chunksAreOver = true;
        return true;
      }
      const next = line + 1 + size + 2;
      if (next > end) {
        this.#chunkLeft = next - end;
        this.#chunksEnd = end;
        return false;
      }
      this.#chunksEnd = next;
    }
  }

  #joinChunks(bytes: Uint8Array, from: number, end: number, buffer: number): void {
    const { ranges } = this.#judge;
    ranges.open();
    for (let at = from; ; ) {
      const line = indexOfLf(bytes, at, end);
      const size = line < 0 ? -1 : number(bytes, at, line, 16);
      if (size <= 0) break;
      const to = Math.min(line + 1 + size, end);
      for (let k = line + 1; k < to; k++) ranges.put(bytes[k]);
      at = line + 1 + size + 2;
      if (at >= end) break;
    }
    ranges.close(buffer);
  }

  /** Chunks and the lines behind them, when nobody looks into them. */
  #skipLine(bytes: Uint8Array, from: number, end: number, at: number): boolean {
    const words = this.#words;
    const left = words[at + RuleSideWord.remaining];
    if (left > 0) {
      const skipped = Math.min(left, end - from);
      words[at + RuleSideWord.remaining] -= skipped;
      words[at + RuleSideWord.pending] += skipped;
      return skipped > 0;
    }
    const line = indexOfLf(bytes, from, end);
    if (line < 0) {
      if (end - from > MAX_SIZE_LINE) words[at + RuleSideWord.phase] = Phase.over;
      return false;
    }
    words[at + RuleSideWord.pending] += line + 1 - from;
    if (words[at + RuleSideWord.phase] === Phase.trailer) {
      if (line - from <= 1) words[at + RuleSideWord.phase] = Phase.message;
      return true;
    }
    const size = number(bytes, from, line, 16);
    if (size > 0) words[at + RuleSideWord.remaining] = size + 2;
    else words[at + RuleSideWord.phase] = size === 0 ? Phase.trailer : Phase.over;
    return true;
  }

  /** TLS of a client in the window: only its hello, once. */
  tls(bytes: Uint8Array, start: number, end: number, at: number, isFinal: boolean): void {
    const words = this.#words;
    if (words[at + RuleSideWord.phase] !== Phase.message) {
      words[at + RuleSideWord.pending] = end - start;
      return;
    }
    const state = this.#hello.read(bytes, start + words[at + RuleSideWord.pending], end);
    if (state === HelloState.more && !isFinal) return;
    words[at + RuleSideWord.phase] = Phase.over;
    words[at + RuleSideWord.pending] = end - start;
    if (state !== HelloState.whole) return;
    const { ranges, set } = this.#judge;
    const { bytes: hello, from, to, end: helloEnd } = this.#hello;
    ranges.begin(hello);
    if (to > from) ranges.set(SNI, from, to);
    if (!set.buffers[JA4].isEmpty) tellJa4(hello, helloEnd, ranges);
    this.#judge.judgeBuffers(false);
  }

  /** TLS of a server in the window: its first flight, once. */
  tlsAnswer(bytes: Uint8Array, start: number, end: number, at: number, isFinal: boolean): void {
    const words = this.#words;
    if (words[at + RuleSideWord.phase] !== Phase.message) {
      words[at + RuleSideWord.pending] = end - start;
      return;
    }
    const state = this.#flight.read(bytes, start + words[at + RuleSideWord.pending], end);
    if (state === HelloState.more && !isFinal) return;
    words[at + RuleSideWord.phase] = Phase.over;
    words[at + RuleSideWord.pending] = end - start;
    if (state === HelloState.none) return;
    const { ranges } = this.#judge;
    ranges.begin(bytes);
    this.#flight.tell(ranges);
    this.#judge.judgeBuffers(false);
  }

  /** One DNS message: each name asked for is judged by itself. */
  dns(bytes: Uint8Array, from: number, to: number): void {
    const { ranges } = this.#judge;
    let at = firstQuestion(from);
    for (let left = questionsOf(bytes, from, to); left > 0; left--) {
      ranges.begin(bytes);
      at = readQuestion(bytes, at, to, ranges);
      if (at < 0) return;
      this.#judge.judgeBuffers(false);
    }
  }

  /** DNS over TCP: messages behind their lengths. */
  dnsStream(bytes: Uint8Array, start: number, end: number, at: number): void {
    const words = this.#words;
    for (;;) {
      const from = start + words[at + RuleSideWord.pending];
      if (from + 2 > end) return;
      const to = from + 2 + ((bytes[from] << 8) | bytes[from + 1]);
      if (to > end) return;
      this.dns(bytes, from + 2, to);
      words[at + RuleSideWord.pending] = to - start;
    }
  }
}

function indexOfLf(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) if (bytes[at] === LF) return at;
  return -1;
}
