/**
 * Hot: no allocation. The connections that the rules have allowed, in control memory, found by the flow id of the packet:
 * both directions of a connection have one flow id, also when it is translated further on.
 *
 * word   of a flow's entry; zeros when there is no connection
 *  0     generation of the rule set that allowed it last; it passes while that is the one in force
 *  1     seconds of packet time from which on it is forgotten
 *  2     bit 0: there is a connection; bit 1: its first packet travelled in reverse; bit 2: TCP is closing;
 *        bits 16 … 31: what opened it (opening.ts)
 *
 * The generation lies in control memory too: a VM that starts again over the same memory counts on, and so judges every
 * connection anew instead of believing in rules that it does not know.
 */
import { keyed, perFlow, type PerFlowTable, type StateTable } from '../tables.js';

const GENERATION = 0;
const DEADLINE = 1;
const STATE = 2;
const PRESENT = 1;
const OPENED_IN_REVERSE = 2;
const CLOSING = 4;
const OPENING_SHIFT = 16;

export const firewallTables = { flows: perFlow(3), generations: keyed({ keyWords: 1, valueWords: 1, capacity: 1 }) };

export class Connections {
  readonly #flows: PerFlowTable;
  readonly #generations: StateTable;
  #generation = 0;
  #at = 0;

  constructor(flows: PerFlowTable, generations: StateTable) {
    this.#flows = flows;
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
    this.#at = this.#flows.of(flowId);
    const words = this.#flows.words;
    return (words[this.#at + STATE] & PRESENT) !== 0 && words[this.#at + DEADLINE] > nowSeconds;
  }

  /** The rules in force have allowed it. */
  get isAllowed(): boolean {
    return this.#flows.words[this.#at + GENERATION] === this.#generation;
  }

  get isOpenedInReverse(): boolean {
    return (this.#flows.words[this.#at + STATE] & OPENED_IN_REVERSE) !== 0;
  }

  get isClosing(): boolean {
    return (this.#flows.words[this.#at + STATE] & CLOSING) !== 0;
  }

  get opening(): number {
    return this.#flows.words[this.#at + STATE] >>> OPENING_SHIFT;
  }

  /** A new connection in place of what `find` looked for. Say `allow` and `touch` next. */
  open(isReverse: boolean, opening: number): void {
    this.#flows.words[this.#at + STATE] = PRESENT | (isReverse ? OPENED_IN_REVERSE : 0) | (opening << OPENING_SHIFT);
  }

  /** The rules in force allow it. */
  allow(): void {
    this.#flows.words[this.#at + GENERATION] = this.#generation;
  }

  close(): void {
    this.#flows.words[this.#at + STATE] |= CLOSING;
  }

  /** It is forgotten at `deadline`, in seconds of packet time, unless it is heard of again. */
  touch(deadline: number): void {
    this.#flows.words[this.#at + DEADLINE] = deadline;
  }
}
