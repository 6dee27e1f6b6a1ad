/**
 * Hot: no allocation. What happens to a packet: forward packets get an external source, reverse packets get their inside
 * destination back. A flow remembers its binding, so that an established flow costs no lookup by key in either direction.
 */
import { Direction, Layer3 } from '../../memory/slot-layout.js';
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import { IpProtocol } from '../../packet/protocols.js';
import { forward, type Verdict } from '../contract.js';
import type { PerFlowTable } from '../tables.js';
import { AddressPool, PrefixSet } from './address-pool.js';
import { Bindings, PORTS_EXHAUSTED } from './bindings.js';
import { ExhaustionAlerts } from './exhaustion-alerts.js';
import { Fragments } from './fragments.js';
import { translateErrorFromInside, translateErrorFromOutside } from './icmp-errors.js';
import { Flow, FlowState, FLOW_WORDS, type NatContext } from './layout.js';
import { Lifetimes } from './lifetimes.js';
import { externalAddresses, insidePrefixes, isAnswerable, type NatOptions } from './options.js';
import { PortAllocator } from './port-allocator.js';
import { ADDRESS_ONLY, hasPort, ICMP_ERROR, ICMP_MESSAGE, MALFORMED, rewritePort, translatedPort, UNASKED } from './transport.js';

/** Buckets looked at in each call of expire: the default table is seen through in 16 s, in about 0.1 ms a call. */
const SWEEP_BUCKETS = 8192;

export class Translator {
  readonly #context: NatContext;
  readonly #flows: PerFlowTable;
  readonly #fragments: Fragments;
  readonly #pool: AddressPool;
  readonly #inside: PrefixSet;
  readonly #bindings: Bindings;
  readonly #lifetimes: Lifetimes;
  readonly #alerts: ExhaustionAlerts;
  readonly #filtersByAddress: boolean;
  readonly #dropsIpv6: boolean;
  /** The words of the packet's flow, after its binding was found. */
  #flowAt = 0;

  constructor(context: NatContext, options: NatOptions) {
    const { state } = context;
    this.#context = context;
    this.#flows = state.flows;
    this.#fragments = new Fragments(state.fragments);
    this.#pool = new AddressPool(externalAddresses(options));
    this.#inside = new PrefixSet(insidePrefixes(options));
    const ports = new PortAllocator(this.#pool.count, options.ports, options.identifiers);
    this.#bindings = new Bindings(state.bindings, state.external, this.#pool, ports, context.counters);
    this.#lifetimes = new Lifetimes(state.bindings, state.flows, options.timeouts);
    this.#alerts = new ExhaustionAlerts(context, this.#pool);
    this.#filtersByAddress = options.filtering === 'address-and-port';
    this.#dropsIpv6 = options.ipv6 === 'drop';
    if (state.bindings.count > 0 || state.external.count > 0) this.#repair();
  }

  process(packet: Packet): Verdict {
    const ip = packet.ipv4();
    if (ip === null) return this.#notIpv4(packet);
    return packet.direction === Direction.forward ? this.#outbound(packet, ip) : this.#inbound(packet, ip);
  }

  expire(nowMs: number): void {
    this.#bindings.sweep(nowMs, SWEEP_BUCKETS);
    this.#fragments.sweep(nowMs, SWEEP_BUCKETS);
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

  #outbound(packet: Packet, ip: Ipv4View): Verdict {
    const { drop } = this.#context;
    const source = ip.source;
    if (this.#pool.indexOf(source) >= 0) return drop['nat-external-source'];
    if (!this.#inside.contains(source)) return this.#untranslated();
    if (this.#pool.indexOf(ip.destination) >= 0) return drop['nat-hairpin'];
    if (!isAnswerable(source)) return drop['nat-unsupported'];
    const protocol = ip.protocol;
    if (packet.isLaterFragment && hasPort(protocol)) return this.#laterFragment(packet, ip);

    const port = translatedPort(packet, protocol);
    if (port < 0) return this.#withoutPort(packet, ip, port);
    const nowMs = this.#context.now();
    const entry = this.#bindingOfInside(packet, protocol, source, port, nowMs);
    if (entry < 0) return this.#exhausted(packet, source, protocol, entry, nowMs);
    const address = this.#bindings.externalAddress(entry);
    if (packet.isFragment && !this.#noteFirst(packet, ip, address, nowMs)) return drop['nat-table-full'];
    if (protocol !== IpProtocol.tcp) this.#lifetimes.prolong(entry, protocol, nowMs);
    else if (packet.flowId === 0) this.#lifetimes.segmentWithoutFlow(entry, packet.tcp()!.flags, nowMs);
    else this.#lifetimes.segment(entry, this.#flowAt, true, packet.tcp()!.flags, nowMs);
    ip.rewriteSource(address);
    rewritePort(packet, protocol, this.#bindings.externalPort(entry));
    this.#publish(packet, FlowState.opened);
    this.#context.counters['translated-out'].add(1);
    return forward;
  }

  #inbound(packet: Packet, ip: Ipv4View): Verdict {
    const { drop } = this.#context;
    const destination = ip.destination;
    if (this.#pool.indexOf(destination) < 0) {
      // Past the translation straight to an inside host, or a matter of hosts that are not translated.
      return this.#inside.contains(destination) ? drop['nat-no-binding'] : this.#untranslated();
    }
    const protocol = ip.protocol;
    if (packet.isLaterFragment && hasPort(protocol)) return this.#laterFragment(packet, ip);

    const port = translatedPort(packet, protocol);
    if (port < 0) return this.#withoutPort(packet, ip, port);
    const nowMs = this.#context.now();
    const entry = this.#bindingOfOutside(packet, protocol, destination, port, nowMs);
    if (entry < 0) return drop['nat-no-binding'];
    if (this.#filtersByAddress && (packet.flowId === 0 || (this.#flows.words[this.#flowAt + Flow.state] & FlowState.opened) === 0)) {
      return drop['nat-filtered'];
    }
    const address = this.#bindings.insideAddress(entry);
    if (packet.isFragment && !this.#noteFirst(packet, ip, address, nowMs)) return drop['nat-table-full'];
    if (protocol === IpProtocol.tcp && packet.flowId !== 0) {
      this.#lifetimes.segment(entry, this.#flowAt, false, packet.tcp()!.flags, nowMs);
    }
    ip.rewriteDestination(address);
    rewritePort(packet, protocol, this.#bindings.insidePort(entry));
    this.#publish(packet, 0);
    this.#context.counters['translated-in'].add(1);
    return forward;
  }

  /** @param cause why there is no port to translate: what `translatedPort` returned. */
  #withoutPort(packet: Packet, ip: Ipv4View, cause: number): Verdict {
    const { drop } = this.#context;
    if (cause === ADDRESS_ONLY) return this.#addressOnly(packet, ip);
    if (cause === ICMP_ERROR) return this.#error(packet, ip);
    return cause === MALFORMED ? drop['nat-malformed'] : cause === UNASKED ? drop['nat-no-binding'] : drop['nat-unsupported'];
  }

  /** Nothing but the address is translated, so every fragment is as good as the first. */
  #addressOnly(packet: Packet, ip: Ipv4View): Verdict {
    const { drop, counters } = this.#context;
    const isForward = packet.direction === Direction.forward;
    const protocol = ip.protocol === IpProtocol.icmp ? ICMP_MESSAGE : ip.protocol;
    const ours = isForward ? ip.source : ip.destination;
    const remote = isForward ? ip.destination : ip.source;
    const nowMs = this.#context.now();
    const entry = isForward
      ? this.#bindingOfInside(packet, protocol, ours, remote, nowMs)
      : this.#bindingOfOutside(packet, protocol, ours, remote, nowMs);
    if (entry < 0) return isForward ? this.#exhausted(packet, ours, protocol, entry, nowMs) : drop['nat-no-binding'];
    const address = isForward ? this.#bindings.externalAddress(entry) : this.#bindings.insideAddress(entry);
    // The rest of an ICMP message does not say which kind of message it is of.
    const isOneOfSeveral = protocol === ICMP_MESSAGE && packet.isFragment;
    if (isOneOfSeveral && !this.#noteFirst(packet, ip, address, nowMs)) return drop['nat-table-full'];
    if (isForward) {
      this.#lifetimes.prolong(entry, protocol, nowMs);
      ip.rewriteSource(address);
    } else {
      ip.rewriteDestination(address);
    }
    // The tuple of a flow may hold ports that this NAT does not translate (SCTP), and later fragments lack them.
    if (!packet.isLaterFragment) this.#publish(packet, isForward ? FlowState.opened : 0);
    counters[isForward ? 'translated-out' : 'translated-in'].add(1);
    return forward;
  }

  #exhausted(packet: Packet, inside: number, protocol: number, cause: number, nowMs: number): Verdict {
    this.#alerts.raise(packet, inside, protocol, cause, nowMs);
    return this.#context.drop[cause === PORTS_EXHAUSTED ? 'nat-ports-exhausted' : 'nat-table-full'];
  }

  /** Before the packet is rewritten: later fragments come with the addresses that it has now. */
  #noteFirst(packet: Packet, ip: Ipv4View, replacement: number, nowMs: number): boolean {
    return this.#fragments.note(packet.direction, ip.source, ip.destination, ip.protocol, ip.identification, replacement, nowMs);
  }

  /** The ports of a later fragment travelled in the first one: addresses are all there is to translate. */
  #laterFragment(packet: Packet, ip: Ipv4View): Verdict {
    const direction = packet.direction;
    const address = this.#fragments.replacement(direction, ip.source, ip.destination, ip.protocol, ip.identification, this.#context.now());
    if (address === 0) return this.#context.drop['nat-fragment'];
    if (direction === Direction.forward) ip.rewriteSource(address);
    else ip.rewriteDestination(address);
    this.#context.counters['later-fragments'].add(1);
    return forward;
  }

  /** An ICMP error never makes, prolongs or ends a binding (RFC 5508 REQ-6). */
  #error(packet: Packet, ip: Ipv4View): Verdict {
    const quoted = packet.icmp()!.quoted();
    if (quoted === null) return this.#context.drop['nat-malformed'];
    const nowMs = this.#context.now();
    const isTranslated = packet.direction === Direction.forward
      ? translateErrorFromInside(this.#bindings, ip, quoted, nowMs)
      : translateErrorFromOutside(this.#bindings, ip, quoted, nowMs);
    if (!isTranslated) return this.#context.drop['nat-no-binding'];
    this.#context.counters['icmp-errors'].add(1);
    return forward;
  }

  /** The binding for a packet from inside, made when there is none; below 0 when there is none to be had. */
  #bindingOfInside(packet: Packet, protocol: number, address: number, port: number, nowMs: number): number {
    const { words } = this.#flows;
    const at = (this.#flowAt = this.#flows.of(packet.flowId));
    const remembered = words[at + Flow.bindingPlusOne] - 1;
    if (remembered >= 0 && this.#bindings.isInside(remembered, words[at + Flow.generation], protocol, address, port, nowMs)) {
      return remembered;
    }
    let entry = this.#bindings.findInside(protocol, address, port, nowMs);
    if (entry < 0) entry = this.#bindings.create(protocol, address, port, nowMs + this.#lifetimes.base(protocol), nowMs);
    if (entry >= 0) this.#remember(at, entry);
    return entry;
  }

  /** The binding for a packet from outside, or -1. */
  #bindingOfOutside(packet: Packet, protocol: number, address: number, port: number, nowMs: number): number {
    const { words } = this.#flows;
    const at = (this.#flowAt = this.#flows.of(packet.flowId));
    const remembered = words[at + Flow.bindingPlusOne] - 1;
    if (remembered >= 0 && this.#bindings.isOutside(remembered, words[at + Flow.generation], protocol, address, port, nowMs)) {
      return remembered;
    }
    const entry = this.#bindings.findOutside(protocol, address, port, nowMs);
    if (entry >= 0) this.#remember(at, entry);
    return entry;
  }

  /** Another binding than before: what was known of the flow is of no use. The entry is the last store. */
  #remember(at: number, entry: number): void {
    const { words } = this.#flows;
    words[at + Flow.bindingPlusOne] = 0;
    words[at + Flow.state] = 0;
    words[at + Flow.generation] = this.#bindings.generation(entry);
    words[at + Flow.bindingPlusOne] = entry + 1;
  }

  /** One binding serves many flows, and each needs its translated tuple known, once. */
  #publish(packet: Packet, opened: number): void {
    if (packet.flowId === 0) return;
    const at = this.#flowAt + Flow.state;
    const state = this.#flows.words[at];
    if ((state & FlowState.published) === 0) packet.publishTuple();
    this.#flows.words[at] = state | FlowState.published | opened;
  }

  #repair(): void {
    const { flows, fragments } = this.#context.state;
    this.#context.counters['bindings-repaired'].add(this.#bindings.repair());
    // Whether the manager heard of what was published last is not known: every flow publishes once more.
    for (let at = flows.of(0) + Flow.state; at < flows.words.length; at += FLOW_WORDS + 1) flows.words[at] &= ~FlowState.published;
    this.#fragments.sweep(Number.MAX_SAFE_INTEGER, fragments.words.length);
  }
}
