/**
 * Hot: no allocation. Packets from inside that get no translation for want of room, or because the options forbid it: their
 * sender is told (RFC 5508 REQ-8), so that it does not wait for an answer.
 */
import { Direction } from '../../memory/slot-layout.js';
import type { Packet } from '../../packet/packet.js';
import type { Verdict } from '../contract.js';
import { mayAnswer } from '../answerable.js';
import { ErrorBudget } from '../error-budget.js';
import { answerUnreachable } from '../unreachable.js';
import type { NatContext } from './layout.js';

export class Refusals {
  readonly #context: NatContext;
  readonly #budget: ErrorBudget;

  constructor(context: NatContext, errorsPerSecond: number) {
    this.#context = context;
    this.#budget = new ErrorBudget(errorsPerSecond);
  }

  /** The packet must be as it came, because the error quotes it. From outside it is dropped in silence. */
  refuse(packet: Packet, reason: 'nat-ports-exhausted' | 'nat-table-full' | 'nat-hairpin', nowMs: number): Verdict {
    const { drop, reply, counters } = this.#context;
    if (packet.direction !== Direction.forward || !mayAnswer(packet) || !this.#budget.take(nowMs) || !answerUnreachable(packet, 'admin-prohibited')) return drop[reason];
    counters['refused-with-error'].add(1);
    return reply[reason];
  }
}
