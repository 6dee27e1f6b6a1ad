/** Hot: no allocation. The connections that the rules have allowed (layout.ts). */
import type { PerFlowTable, StateTable } from '../tables.js';
import { OPENING_SHIFT, REVERSE_QUERY, StateBit, TCP_STATE_MASK, TCP_STATE_SHIFT, Word } from './layout.js';

export class Connections {
  readonly words: Uint32Array;
  /** Index in `words` of what `find` found. */
  at = 0;
  readonly #flows: PerFlowTable;
  readonly #generations: StateTable;
  #generation = 0;

  constructor(flows: PerFlowTable, generations: StateTable) {
    this.#flows = flows;
    this.words = flows.words;
    this.#generations = generations;
  }

  /** New rules are in force: no connection is allowed by them yet. */
  beginGeneration(): void {
    const table = this.#generations;
    const found = table.find();
    const at = table.value(found < 0 ? table.insert() : found);
    table.words[at]++;
    if (table.words[at] === 0) table.words[at] = 1;
    this.#generation = table.words[at];
  }

  /** Looks for the flow's connection; the other members speak of what was found. @returns whether there is one */
  find(flowId: number, nowSeconds: number): boolean {
    this.at = this.#flows.of(flowId);
    return this.#isAlive(nowSeconds);
  }

  /** The same for an ICMP query or its answer. @param isReverse the query went in reverse. */
  findQuery(flowId: number, isReverse: boolean, nowSeconds: number): boolean {
    this.at = this.#flows.of(flowId) + (isReverse ? REVERSE_QUERY : 0);
    return this.#isAlive(nowSeconds);
  }

  #isAlive(nowSeconds: number): boolean {
    return (this.words[this.at + Word.state] & StateBit.present) !== 0 && this.words[this.at + Word.deadline] > nowSeconds;
  }

  /** Of the rules in force. */
  get generation(): number {
    return this.#generation;
  }

  /** The rules in force have allowed it. */
  get isAllowed(): boolean {
    return this.words[this.at + Word.generation] === this.#generation;
  }

  get isOpenedInReverse(): boolean {
    return (this.words[this.at + Word.state] & StateBit.openedInReverse) !== 0;
  }

  /** The other end has sent something. */
  get isAnswered(): boolean {
    return (this.words[this.at + Word.state] & StateBit.answered) !== 0;
  }

  get tcpState(): number {
    return (this.words[this.at + Word.state] >>> TCP_STATE_SHIFT) & TCP_STATE_MASK;
  }

  get opening(): number {
    return this.words[this.at + Word.state] >>> OPENING_SHIFT;
  }

  /** A new connection, allowed by the rules in force, in place of what was looked for. Say `touch` next. */
  open(isReverse: boolean, opening: number, tcpState: number): void {
    const bits = StateBit.present | (isReverse ? StateBit.openedInReverse : 0) | (tcpState << TCP_STATE_SHIFT);
    this.words[this.at + Word.state] = bits | (opening << OPENING_SHIFT);
    this.allow();
  }

  /** The rules in force allow it. */
  allow(): void {
    this.words[this.at + Word.generation] = this.#generation;
  }

  forget(): void {
    this.words[this.at + Word.state] = 0;
  }

  hearAnswer(): void {
    this.words[this.at + Word.state] |= StateBit.answered;
  }

  /** It is forgotten at `deadline`, in seconds of packet time, unless it is heard of again. */
  touch(deadline: number): void {
    this.words[this.at + Word.deadline] = deadline;
  }
}
