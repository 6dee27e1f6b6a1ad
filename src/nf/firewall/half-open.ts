/**
 * Hot: no allocation. TCP connections whose handshake is under way, at most so many: the newest takes the place of the
 * oldest, which is then forgotten if its handshake has not ended. A flood of SYNs so forgets its own SYNs, and one that is
 * answered in time gets through (the idea of RFC 4987 section 3.2 and 3.4: recycle the oldest).
 */
import type { PerFlowTable, StateTable } from '../tables.js';
import { StateBit, TCP_STATE_MASK, TCP_STATE_SHIFT, Word } from './layout.js';
import { TcpState } from './tcp-state.js';

const COUNT = 0;

export class HalfOpen {
  readonly #ring: StateTable;
  readonly #flows: PerFlowTable;
  readonly #limit: number;

  /** @param limit most at a time; the ring has room for them. */
  constructor(ring: StateTable, flows: PerFlowTable, limit: number) {
    this.#ring = ring;
    this.#flows = flows;
    this.#limit = limit;
  }

  /** The flow's handshake begins. @returns whether an older connection was forgotten for it. */
  begin(flowId: number): boolean {
    const { words } = this.#ring;
    const count = this.#place(COUNT);
    const at = this.#place(1 + (words[count] % this.#limit));
    words[count]++;
    const oldest = words[at];
    words[at] = flowId;
    return oldest !== flowId && this.#forget(oldest);
  }

  /** Index in the ring's words of the value with this key. */
  #place(key: number): number {
    const ring = this.#ring;
    ring.key[0] = key;
    const found = ring.find();
    return ring.value(found < 0 ? ring.insert() : found);
  }

  #forget(flowId: number): boolean {
    const at = this.#flows.find(flowId);
    if (at < 0) return false;
    const { words } = this.#flows;
    const bits = words[at + Word.state];
    const state = (bits >>> TCP_STATE_SHIFT) & TCP_STATE_MASK;
    if ((bits & StateBit.present) === 0 || state === TcpState.none || state >= TcpState.established) return false;
    words[at + Word.state] = 0;
    return true;
  }
}
