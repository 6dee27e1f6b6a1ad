/**
 * Hot: no allocation. The windows in which streams are put together for rules: a bounded pool. Besides its bytes a window
 * remembers a few rules whose pattern was met and whose other items were not, until the window has moved on.
 */
import { StreamBuffers } from '../../stream-buffers.js';

/** Rules that may wait in a window for more bytes: the latest ones. */
const MAX_WAITING = 8;
const NONE = 0;

export class StreamWindows extends StreamBuffers {
  /** Rule + 1, and where in the window its pattern ended. */
  readonly #waiting: Uint32Array;
  readonly #waitingAt: Int32Array;
  readonly #turn: Uint8Array;

  constructor(count: number, windowBytes: number) {
    super(count, windowBytes);
    this.#waiting = new Uint32Array(count * MAX_WAITING);
    this.#waitingAt = new Int32Array(count * MAX_WAITING);
    this.#turn = new Uint8Array(count);
  }

  override take(flowId: number, side: number, nowMs: number): number {
    const window = super.take(flowId, side, nowMs);
    if (window >= 0) this.#forget(window);
    return window;
  }

  override slide(window: number, count: number): void {
    super.slide(window, count);
    for (let at = window * MAX_WAITING; at < (window + 1) * MAX_WAITING; at++) {
      this.#waitingAt[at] -= count;
      if (this.#waitingAt[at] <= 0) this.#waiting[at] = NONE;
    }
  }

  override clear(window: number): void {
    super.clear(window);
    this.#forget(window);
  }

  /** The rule may match when more bytes are there. */
  wait(window: number, rule: number, at: number): void {
    const first = window * MAX_WAITING;
    for (let k = first; k < first + MAX_WAITING; k++) if (this.#waiting[k] === rule + 1) return;
    const slot = first + this.#turn[window];
    this.#turn[window] = (this.#turn[window] + 1) % MAX_WAITING;
    this.#waiting[slot] = rule + 1;
    this.#waitingAt[slot] = at;
  }

  stopWaiting(window: number, rule: number): void {
    const first = window * MAX_WAITING;
    for (let k = first; k < first + MAX_WAITING; k++) if (this.#waiting[k] === rule + 1) this.#waiting[k] = NONE;
  }

  /** The k-th place for a waiting rule: the rule, or -1. */
  waiting(window: number, k: number): number {
    return this.#waiting[window * MAX_WAITING + k] - 1;
  }

  get places(): number {
    return MAX_WAITING;
  }

  #forget(window: number): void {
    this.#waiting.fill(NONE, window * MAX_WAITING, (window + 1) * MAX_WAITING);
  }
}
