/**
 * Hot: no allocation. The connections that the rules have allowed, in control memory, found by the flow id of the packet:
 * both directions of a connection have one flow id, also when it is translated further on.
 *
 * word   of a flow's entry; zeros when there is no connection
 *  0     generation of the rule set that allowed it last; it passes while that is the one in force
 *  1     seconds of packet time from which on it is forgotten
 *  2     bit 0: there is a connection; bit 1: its first packet travelled in reverse; TCP, of what has passed: bit 2: FIN
 *        of the opener; bit 3: FIN of the other end; bit 4: RST; bit 5: a packet of the other end without SYN;
 *        bits 16 … 31: what opened it (opening.ts)
 *
 * Words by flow suffice, without a table of the firewall's own: the manager makes room for a new connection by forgetting
 * the one that was idle longest, and hands out no flow id 0 because it is full. What it forgets, this forgets with it: the
 * place then has another flow id, and its words are zeroed. What has no flow id is judged by the rules alone.
 *
 * The generation lies in control memory too: a VM that starts again over the same memory counts on, and so judges every
 * connection anew instead of believing in rules that it does not know.
 */
import { TcpFlag } from '../../packet/protocols.js';
import { keyed, perFlow, type PerFlowTable, type StateTable } from '../tables.js';

const GENERATION = 0;
const DEADLINE = 1;
const STATE = 2;
const PRESENT = 1;
const OPENED_IN_REVERSE = 2;
const FIN_OF_OPENER = 4;
const FIN_OF_OTHER_END = 8;
const BOTH_FINS = FIN_OF_OPENER | FIN_OF_OTHER_END;
const RESET = 16;
const ANSWERED = 32;
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

  /** TCP: the other end has sent something besides SYN. Until then the connection is opening. */
  get isAnswered(): boolean {
    return (this.#flows.words[this.#at + STATE] & ANSWERED) !== 0;
  }

  /** TCP: at least one end has said that it ends. */
  get isEnding(): boolean {
    return (this.#flows.words[this.#at + STATE] & (BOTH_FINS | RESET)) !== 0;
  }

  /** TCP: it was reset, or both ends have said that it ends. */
  get isClosing(): boolean {
    const state = this.#flows.words[this.#at + STATE];
    return (state & RESET) !== 0 || (state & BOTH_FINS) === BOTH_FINS;
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

  /** Notes the flags of a TCP packet that passed. */
  hear(flags: number, isReply: boolean): void {
    let heard = 0;
    if ((flags & TcpFlag.fin) !== 0) heard |= isReply ? FIN_OF_OTHER_END : FIN_OF_OPENER;
    if ((flags & TcpFlag.rst) !== 0) heard |= RESET;
    if (isReply && (flags & TcpFlag.syn) === 0) heard |= ANSWERED;
    this.#flows.words[this.#at + STATE] |= heard;
  }

  /** It is forgotten at `deadline`, in seconds of packet time, unless it is heard of again. */
  touch(deadline: number): void {
    this.#flows.words[this.#at + DEADLINE] = deadline;
  }
}
