/**
 * Hot: no allocation. Takes the stream of one direction apart into the messages of HTTP/1 (RFC 9112), and shows their buffers
 * to the rules. What it knows between two segments are words of the flow.
 */
import { indexOfByte } from '../../text.js';
import { bufferNumber } from './buffers.js';
import { ChunkedBody } from './chunked-body.js';
import { Phase, RuleFlowFlag, RuleFlowWord, RuleSideWord } from './flow-layout.js';
import { headEnd, number } from './http-bytes.js';
import { Body, HttpHead } from './http-message.js';
import type { Judge } from './judge.js';

const REQUEST_BODY = bufferNumber('http.request_body');
const RESPONSE_BODY = bufferNumber('http.response_body');
const LF = 0x0a;
/** A line with the size of a chunk is never longer. */
const MAX_SIZE_LINE = 256;
const OPEN = 0x7fffffff;

export class HttpFollower {
  readonly #judge: Judge;
  readonly #words: Uint32Array;
  readonly #head = new HttpHead();
  readonly #chunks = new ChunkedBody();

  constructor(judge: Judge, words: Uint32Array) {
    this.#judge = judge;
    this.#words = words;
  }

  /**
   * What is new in the window `bytes[start, end)`; `at` are the words of the direction.
   * @param isFinal no more comes, or no more fits: what is there is judged as it is
   */
  follow(bytes: Uint8Array, start: number, end: number, flow: number, at: number, isRequest: boolean, isFinal: boolean): void {
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
    const isWhole = isChunked ? this.#chunks.read(bytes, body, end) : end - body >= left;
    if (!isWhole && !isFinal) return false;
    ranges.begin(bytes);
    this.#head.read(bytes, from, body, isRequest, ranges);
    const to = Math.min(end, body + left);
    if (isChunked) this.#chunks.join(bytes, body, end, buffer, ranges);
    else if (to > body) ranges.set(buffer, body, to);
    this.#judge.judgeBuffers(true);
    if (isChunked) {
      words[at + RuleSideWord.pending] = this.#chunks.end - start;
      words[at + RuleSideWord.remaining] = this.#chunks.left;
      words[at + RuleSideWord.phase] = this.#chunks.areOver ? Phase.trailer : Phase.skipChunks;
    } else {
      words[at + RuleSideWord.pending] = to - start;
      words[at + RuleSideWord.remaining] = left - (to - body);
      words[at + RuleSideWord.phase] = left === OPEN ? Phase.over : Phase.skipCounted;
    }
    return true;
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
    const line = indexOfByte(bytes, LF, from, end);
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

}
