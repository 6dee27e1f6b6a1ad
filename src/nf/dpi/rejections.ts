/** Hot: no allocation. Packets that a rule rejects: their sender is told, by a RST or an ICMP error. */
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { mayAnswer } from '../answerable.js';
import type { Counter, Verdict } from '../contract.js';
import { ErrorBudget } from '../error-budget.js';
import { answerReset } from '../reset.js';
import { answerUnreachable } from '../unreachable.js';

interface RejectionLinks {
  now(): number;
  drop: Verdict;
  reply: Verdict;
  rejected: Counter;
}

export class Rejections {
  readonly #links: RejectionLinks;
  readonly #budget: ErrorBudget;

  constructor(links: RejectionLinks, errorsPerSecond: number) {
    this.#links = links;
    this.#budget = new ErrorBudget(errorsPerSecond);
  }

  update(errorsPerSecond: number): void {
    this.#budget.update(errorsPerSecond);
  }

  /** Rewrites the packet into its answer, where it may have one (RFC 1122 section 3.2.2); else it is dropped in silence. */
  answer(packet: Packet): Verdict {
    const { drop, reply, rejected } = this.#links;
    const isAnswered = packet.l4 === IpProtocol.tcp
      ? answerReset(packet)
      : mayAnswer(packet) && this.#budget.take(this.#links.now()) && answerUnreachable(packet, 'admin-prohibited');
    if (!isAnswered) return drop;
    rejected.add(1);
    return reply;
  }
}
