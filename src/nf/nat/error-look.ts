/** Hot: no allocation. Packets that are ICMP errors: which of them may pass, with what they quote translated. */
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import type { QuotedView } from '../../packet/quoted.js';
import { forward, type Verdict } from '../contract.js';
import { isAnswerable } from './addresses.js';
import { IcmpErrors, isDamaged, quotesDamaged } from './icmp-errors.js';
import type { NatContext } from './layout.js';
import type { Mapper } from './mapper.js';
import type { NatOptions } from './options.js';

export class ErrorLook {
  readonly #context: NatContext;
  readonly #mapper: Mapper;
  readonly #errors: IcmpErrors;
  readonly #hairpins: boolean;
  readonly #verifiesQuoted: boolean;

  constructor(context: NatContext, options: NatOptions, mapper: Mapper) {
    this.#context = context;
    this.#mapper = mapper;
    this.#errors = new IcmpErrors(mapper);
    this.#hairpins = options.hairpinning;
    this.#verifiesQuoted = options.quotedChecksums === 'verify';
  }

  fromOutside(packet: Packet, ip: Ipv4View, seconds: number): Verdict {
    const quoted = packet.icmp()!.quoted();
    if (quoted === null) return this.#context.drop['nat-malformed'];
    if (this.#isDamaged(packet, ip, quoted)) return this.#context.drop['nat-checksum'];
    return this.#done(this.#errors.fromOutside(ip, quoted, seconds));
  }

  /** @param isInside its sender is translated; `turnsBack`: it goes to an external address */
  fromInside(packet: Packet, ip: Ipv4View, isInside: boolean, turnsBack: boolean, seconds: number): Verdict {
    const { drop, counters } = this.#context;
    const quoted = packet.icmp()!.quoted();
    if (!isInside && (quoted?.version !== 4 || !this.#mapper.isInside(quoted.destinationBits))) {
      counters.untranslated.add(1);
      return forward;
    }
    if (quoted === null) return drop['nat-malformed'];
    if (turnsBack && !this.#hairpins) return drop['nat-hairpin'];
    if (!isAnswerable(ip.sourceBits)) return drop['nat-unsupported'];
    if (this.#isDamaged(packet, ip, quoted)) return drop['nat-checksum'];
    if (!turnsBack) return this.#done(this.#errors.fromInside(ip, quoted, seconds));
    const verdict = this.#done(this.#errors.betweenInside(ip, quoted, seconds));
    if (verdict === forward) packet.turnBack();
    return verdict;
  }

  /** Something in the message is not what was sent (REQ-3, REQ-3a). */
  #isDamaged(packet: Packet, ip: Ipv4View, { version }: QuotedView): boolean {
    return isDamaged(packet, ip) || (this.#verifiesQuoted && version === 4 && quotesDamaged(packet));
  }

  #done(isTranslated: boolean): Verdict {
    if (!isTranslated) return this.#context.drop['nat-no-binding'];
    this.#context.counters['icmp-errors'].add(1);
    return forward;
  }
}
