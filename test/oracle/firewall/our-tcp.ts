/** A TCP connection as docs/firewall.md says that the firewall here follows it: the slow reference of its tests. */
import { kindOf, ReferenceTcp, type Segment } from '../../nf/firewall/reference-tcp.js';
import { invalid, type Direction, type Judged, type TcpPacket, type Tracker } from './trackers.js';

export class OurTcp implements Tracker {
  #tcp: ReferenceTcp | null = null;
  #opener: Direction = 'inside';
  #isAnswered = false;

  get isKnown(): boolean {
    return this.#tcp !== null;
  }

  judge(packet: TcpPacket): Judged {
    const segment: Segment = { ...packet, isFragment: false };
    const tcp = this.#tcp;
    if (tcp === null) return this.#open(packet, segment);
    const isReply = packet.from !== this.#opener;
    const { judgement, apply } = tcp.judge(segment, isReply ? 'other' : 'opener');
    if (judgement === 'impossible') return invalid;
    if (judgement === 'begins anew') return this.#open(packet, segment);
    return {
      state: 'established',
      passed: () => {
        const wasAnswered = this.#isAnswered;
        if (isReply) this.#isAnswered = true;
        apply();
        if (judgement !== 'passes' && tcp.state === 'closed' && !wasAnswered) this.#tcp = null;
      },
    };
  }

  #open(packet: TcpPacket, segment: Segment): Judged {
    if (!['syn', 'ack'].includes(kindOf(packet.flags) ?? '')) return invalid;
    return {
      state: 'new',
      passed: () => {
        this.#tcp = new ReferenceTcp(segment);
        this.#opener = packet.from;
        this.#isAnswered = false;
      },
    };
  }
}
