/**
 * Hot: no allocation. Packets that no remembered translation fits: the first of a flow, those of ICMP and of protocols without
 * ports, fragments, errors, those that turn back, and all that is not translated.
 */
import { Direction, Layer3 } from '../../memory/slot-layout.js';
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { forward, type Verdict } from '../contract.js';
import { isAnswerable } from './addresses.js';
import { PORTS_EXHAUSTED } from './bindings.js';
import { Exclusions } from './exclusions.js';
import { EarlyFragments } from './early-fragments.js';
import { ExhaustionAlerts } from './exhaustion-alerts.js';
import { NO_FLOW } from './flow-memory.js';
import { ErrorLook } from './error-look.js';
import { Binding, Flow, FlowState, type NatContext, NO_ADDRESS, NONE } from './layout.js';
import { End, MAPPED, WITHOUT_PORT } from './mapper.js';
import type { NatOptions } from './options.js';
import type { Parts } from './parts.js';
import { Refusals } from './refusals.js';
import { hasPort, Kind, Transport } from './transport.js';

export class FirstLook {
  readonly #context: NatContext;
  readonly #parts: Parts;
  readonly #transport = new Transport();
  readonly #errors: ErrorLook;
  readonly #refusals: Refusals;
  readonly #early: EarlyFragments;
  readonly #exclusions: Exclusions;
  readonly #hasExclusions: boolean;
  readonly #alerts: ExhaustionAlerts;
  readonly #hairpins: boolean;
  readonly #dropsIpv6: boolean;
  // The two ends of the packet as they will be.
  readonly #source = new End();
  readonly #destination = new End();

  constructor(context: NatContext, options: NatOptions, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    this.#errors = new ErrorLook(context, options, parts.mapper);
    this.#refusals = new Refusals(context, options.icmpErrorsPerSecond);
    this.#early = new EarlyFragments(context, parts.fragments, parts.held);
    this.#exclusions = new Exclusions(options.exclude);
    this.#hasExclusions = options.exclude.length > 0;
    this.#alerts = new ExhaustionAlerts(context, parts.pool);
    this.#hairpins = options.hairpinning;
    this.#dropsIpv6 = options.ipv6 === 'drop';
  }

  /** @param flowAt words of the packet's flow, or NO_FLOW. */
  process(packet: Packet, flowAt: number): Verdict {
    const ip = packet.ipv4();
    if (ip === null) return this.#notIpv4(packet);
    const seconds = this.#context.nowSeconds();
    if (this.#hasExclusions && this.#isExcluded(packet, flowAt)) return this.#excluded(packet, ip, flowAt);
    return packet.direction === Direction.forward ? this.#outbound(packet, ip, flowAt, seconds) : this.#inbound(packet, ip, flowAt, seconds);
  }

  #notIpv4(packet: Packet): Verdict {
    if (packet.l3 === Layer3.ipv6) return this.#dropsIpv6 ? this.#context.drop['nat-ipv6'] : this.#untranslated();
    if (packet.l3 === Layer3.ipv4 || (packet.isMalformed && packet.l3 !== Layer3.arp)) return this.#context.drop['nat-malformed'];
    return this.#untranslated();
  }

  #untranslated(): Verdict {
    this.#context.counters.untranslated.add(1);
    return forward;
  }

  #isExcluded(packet: Packet, flowAt: number): boolean {
    return this.#parts.flows.has(flowAt, FlowState.excluded) || this.#exclusions.matches(packet);
  }

  /** Later fragments and ICMP errors do not show what the rule asks for: they go by the datagram, and by the flow. */
  #excluded(packet: Packet, ip: Ipv4View, flowAt: number): Verdict {
    const { flows, fragments } = this.#parts;
    if (flowAt !== NO_FLOW) flows.add(flowAt, FlowState.excluded);
    if (packet.isFragment && !packet.isLaterFragment && !fragments.note(packet, ip, ip.sourceBits, ip.destinationBits, false)) {
      return this.#withoutFragment(packet);
    }
    this.#context.counters.excluded.add(1);
    return forward;
  }

  #outbound(packet: Packet, ip: Ipv4View, flowAt: number, seconds: number): Verdict {
    const { drop } = this.#context;
    const { mapper } = this.#parts;
    const { sourceBits: source, destinationBits: destination, protocol } = ip;
    if (mapper.isExternal(source)) return drop['nat-external-source'];
    const isInside = mapper.isInside(source);
    const turnsBack = mapper.isExternal(destination);
    if (packet.isLaterFragment && hasPort(protocol)) {
      if (this.#laterFragment(packet, ip)) return forward;
      if (!isInside && !turnsBack) return this.#untranslated();
      // Where it turns back, the port that says to whom is in the first fragment.
      const external = turnsBack || !isAnswerable(source) ? NO_ADDRESS : mapper.externalAddressOf(source);
      if (external === NO_ADDRESS) return turnsBack && this.#hairpins ? this.#early.hold(packet, ip) : drop['nat-fragment'];
      ip.rewriteSource(external);
      return this.#earlyFragment();
    }
    const transport = this.#transport;
    transport.read(packet, protocol);
    if (transport.kind === Kind.icmpError) return this.#errors.fromInside(packet, ip, isInside, turnsBack, seconds);
    if (!isInside && !turnsBack) return this.#untranslated();
    if (turnsBack && !this.#hairpins) return this.#refusals.refuse(packet, 'nat-hairpin', this.#context.now());
    if (!isAnswerable(source)) return drop['nat-unsupported'];
    if (transport.kind >= Kind.malformed) return transport.kind === Kind.malformed ? drop['nat-malformed'] : drop['nat-unsupported'];

    const end = this.#source;
    if (isInside) {
      const port = transport.kind === Kind.addressOnly ? destination >>> 0 : transport.sourcePort;
      const result = mapper.outward(end, transport.protocol, source, port, flowAt, seconds);
      if (result !== MAPPED) return this.#unmapped(packet, source, result);
    } else {
      end.set(source, transport.sourcePort, NONE);
    }
    return turnsBack ? this.#hairpin(packet, ip, flowAt, seconds) : this.#send(packet, ip, flowAt);
  }

  #unmapped(packet: Packet, inside: number, result: number): Verdict {
    const { drop } = this.#context;
    if (result === WITHOUT_PORT) return drop['nat-unsupported'];
    this.#alerts.raise(packet, inside, this.#transport.protocol, result, this.#context.now());
    return this.#refusals.refuse(packet, result === PORTS_EXHAUSTED ? 'nat-ports-exhausted' : 'nat-table-full', this.#context.now());
  }

  /** One more fragmented datagram than can be known at a time. */
  #withoutFragment(packet: Packet): Verdict {
    this.#alerts.raiseForFragments(packet, this.#context.now());
    return this.#refusals.refuse(packet, 'nat-table-full', this.#context.now());
  }

  /** To the outside, with another source. */
  #send(packet: Packet, ip: Ipv4View, flowAt: number): Verdict {
    const { flows, filter } = this.#parts;
    const { sourceBits: source, destinationBits: destination } = ip;
    const end = this.#source;
    if (!this.#noteFirst(packet, ip, end.address, destination, false)) return this.#withoutFragment(packet);
    if (flowAt !== NO_FLOW) this.#remember(flowAt, end.at);
    if (flowAt === NO_FLOW || !flows.has(flowAt, FlowState.opened)) filter.noteSent(end.at, destination);
    this.#age(packet, flowAt, true, end.at, NONE);
    this.#replaceSource(packet, ip, source);
    this.#conclude(packet, flowAt, FlowState.opened | FlowState.admitted, end.at);
    this.#context.counters['translated-out'].add(1);
    return forward;
  }

  /** From one inside host to the external address of another, or to its own: both ends are translated, and it turns back. */
  #hairpin(packet: Packet, ip: Ipv4View, flowAt: number, seconds: number): Verdict {
    const { drop, counters } = this.#context;
    const { mapper, filter, flows } = this.#parts;
    const transport = this.#transport;
    const from = this.#source;
    const to = this.#destination;
    const { sourceBits: source, destinationBits: destination } = ip;
    filter.noteSentInside(from.at, destination, transport.destinationPort & 0xffff);
    const port = transport.kind === Kind.addressOnly ? from.address >>> 0 : transport.destinationPort;
    if (mapper.inward(to, transport.protocol, destination, port, flowAt, seconds) !== MAPPED) return drop['nat-no-binding'];
    const isFiltered = transport.kind === Kind.ports && !filter.admitsInside(to.at, from.address, from.port & 0xffff);
    if (isFiltered) return drop['nat-filtered'];
    if (!this.#noteFirst(packet, ip, from.address, to.address, true)) return this.#withoutFragment(packet);
    let opener = true;
    if (flowAt !== NO_FLOW) {
      // The binding that the flow remembers is that of the end that spoke first.
      const remembered = flows.words[flowAt + Flow.binding];
      const isKnown = flows.has(flowAt, FlowState.hairpin) && (remembered === from.at || remembered === to.at);
      opener = !isKnown || remembered === from.at;
      this.#remember(flowAt, opener ? from.at : to.at);
      if (!flows.has(flowAt, FlowState.hairpin)) flows.add(flowAt, FlowState.hairpin);
    }
    this.#age(packet, flowAt, opener, from.at, to.at);
    this.#replaceSource(packet, ip, source);
    this.#replaceDestination(packet, ip, destination);
    packet.turnBack();
    if (packet.isFragment) this.#early.sendOn(packet);
    if (flowAt !== NO_FLOW && !packet.isLaterFragment) flows.publish(packet, flowAt);
    counters.hairpinned.add(1);
    return forward;
  }

  #inbound(packet: Packet, ip: Ipv4View, flowAt: number, seconds: number): Verdict {
    const { drop } = this.#context;
    const { mapper, filter, flows } = this.#parts;
    const { destinationBits: destination, protocol } = ip;
    if (!mapper.isExternal(destination)) {
      // Past the translation straight to an inside host, or a matter of hosts that are not translated.
      return mapper.isInside(destination) ? drop['nat-no-binding'] : this.#untranslated();
    }
    if (packet.isLaterFragment && hasPort(protocol)) {
      if (this.#laterFragment(packet, ip)) return forward;
      const inside = mapper.insideAddressOf(destination);
      if (inside === NO_ADDRESS) return this.#early.hold(packet, ip);
      ip.rewriteDestination(inside);
      return this.#earlyFragment();
    }
    const transport = this.#transport;
    transport.read(packet, protocol);
    if (transport.kind === Kind.icmpError) return this.#errors.fromOutside(packet, ip, seconds);
    if (transport.kind >= Kind.malformed) return transport.kind === Kind.malformed ? drop['nat-malformed'] : drop['nat-unsupported'];

    const end = this.#destination;
    const isAddressOnly = transport.kind === Kind.addressOnly;
    const result = mapper.inward(end, transport.protocol, destination, isAddressOnly ? ip.source : transport.destinationPort, flowAt, seconds);
    if (result !== MAPPED) return drop['nat-no-binding'];
    if (flowAt !== NO_FLOW) this.#remember(flowAt, end.at);
    if (!isAddressOnly && !filter.admits(end.at, flows.has(flowAt, FlowState.opened), ip.sourceBits)) return drop['nat-filtered'];
    if (!this.#noteFirst(packet, ip, ip.sourceBits, end.address, false)) return this.#withoutFragment(packet);
    this.#age(packet, flowAt, false, NONE, end.at);
    this.#replaceDestination(packet, ip, destination);
    if (packet.isFragment) this.#early.sendOn(packet);
    this.#conclude(packet, flowAt, FlowState.admitted, end.at);
    this.#context.counters['translated-in'].add(1);
    return forward;
  }

  /** The ports of a later fragment travelled in the first one: addresses are all there is to translate. */
  #laterFragment(packet: Packet, ip: Ipv4View): boolean {
    if (!this.#parts.fragments.translate(packet, ip)) return false;
    this.#context.counters['later-fragments'].add(1);
    return true;
  }

  /** A later fragment before its first, whose address is computed: the first will get the same (RFC 4787 REQ-14). */
  #earlyFragment(): Verdict {
    this.#context.counters['early-fragments'].add(1);
    return forward;
  }

  /** Before the packet is rewritten: later fragments come with the addresses that it has now. False when there is no room. */
  #noteFirst(packet: Packet, ip: Ipv4View, source: number, destination: number, turnsBack: boolean): boolean {
    if (!packet.isFragment || packet.isLaterFragment || !hasPort(ip.protocol)) return true;
    this.#early.note(packet, ip);
    return this.#parts.fragments.note(packet, ip, source, destination, turnsBack);
  }

  #remember(flowAt: number, binding: number): void {
    const { flows, bindings } = this.#parts;
    flows.remember(flowAt, binding, binding === NONE ? 0 : bindings.words[binding + Binding.serial]);
  }

  #age(packet: Packet, flowAt: number, opener: boolean, sender: number, receiver: number): void {
    const { lifetimes } = this.#parts;
    const { protocol } = this.#transport;
    if (sender === NONE && receiver === NONE) return;
    if (protocol !== IpProtocol.tcp) lifetimes.packet(protocol, sender, receiver);
    else if (flowAt === NO_FLOW) lifetimes.segmentWithoutFlow(packet.tcp()!.flags, sender);
    else lifetimes.segment(flowAt, opener, packet.tcp()!.flags, sender, receiver);
  }

  #replaceSource(packet: Packet, ip: Ipv4View, before: number): void {
    const end = this.#source;
    const { protocol } = this.#transport;
    if (protocol === IpProtocol.tcp || protocol === IpProtocol.udp) {
      packet.rewriteSourceEnd(end.address, end.port);
      return;
    }
    if (end.address !== before) ip.rewriteSource(end.address);
    if (protocol === IpProtocol.icmp && this.#transport.sourcePort >= 0) packet.icmp()!.rewriteIdentifier(end.port);
  }

  #replaceDestination(packet: Packet, ip: Ipv4View, before: number): void {
    const end = this.#destination;
    const { protocol } = this.#transport;
    if (protocol === IpProtocol.tcp || protocol === IpProtocol.udp) {
      packet.rewriteDestinationEnd(end.address, end.port);
      return;
    }
    if (end.address !== before) ip.rewriteDestination(end.address);
    if (protocol === IpProtocol.icmp && this.#transport.destinationPort >= 0) packet.icmp()!.rewriteIdentifier(end.port);
  }

  /** The tuple of a flow may hold ports that this NAT does not translate (SCTP), and later fragments lack them. */
  #conclude(packet: Packet, flowAt: number, bits: number, binding: number): void {
    if (flowAt === NO_FLOW || packet.isLaterFragment) return;
    const { flows } = this.#parts;
    const { protocol } = this.#transport;
    const isDirect = binding !== NONE && (protocol === IpProtocol.tcp || protocol === IpProtocol.udp);
    flows.publish(packet, flowAt);
    flows.add(flowAt, isDirect ? bits | FlowState.direct : bits);
  }
}
