/** Hot: no allocation. What happens to a packet in the DPI: whose is it, what is its flow, do signatures meet it. */
import { forward } from '../contract.js';
import type { Counter, Verdict } from '../contract.js';
import { IpProtocol, TcpFlag } from '../../packet/protocols.js';
import type { Packet } from '../../packet/packet.js';
import type { PerFlowTable } from '../tables.js';
import type { Classifier } from './classifier.js';
import { FlowFlag, FlowWord, PROTOCOL_MASK } from './flow-layout.js';
import { ipProtocolNames } from './ip-protocols.js';
import { protocolNumber } from './protocol-table.js';
import type { Rejections } from './rejections.js';
import type { RuleWatch } from './rule-watch.js';
import { Ruling } from './signatures/rules/judge.js';
import type { SignatureWatch } from './signature-watch.js';
import type { StreamFollower } from './stream-follower.js';

interface InspectorLinks {
  flows: PerFlowTable;
  classifier: Classifier;
  follower: StreamFollower;
  watch: SignatureWatch;
  rules: RuleWatch;
  signatureDrop: Verdict;
  blockedDrop: Verdict;
  rejections: Rejections;
  givenUp: Counter;
}

// Short names for what each packet reads.
const STATUS: number = FlowWord.status;
const OVER: number = FlowFlag.over;
const REFUSED = FlowFlag.dropped | FlowFlag.blocked;

export class Inspector {
  readonly #flows: PerFlowTable;
  readonly #words: Uint32Array;
  readonly #classifier: Classifier;
  readonly #follower: StreamFollower;
  readonly #watch: SignatureWatch;
  readonly #rules: RuleWatch;
  readonly #links: InspectorLinks;
  /** Bits of a flow's status any of which says that there is nothing to look for. */
  #decided = 0;
  /** What the rules said of the packet at hand. */
  #ruling: Ruling = Ruling.none;
  readonly #numberOfIpProtocol = Uint8Array.from(ipProtocolNames(), (name) => protocolNumber(name));

  constructor(links: InspectorLinks) {
    this.#links = links;
    this.#flows = links.flows;
    this.#words = links.flows.words;
    this.#classifier = links.classifier;
    this.#follower = links.follower;
    this.#watch = links.watch;
    this.#rules = links.rules;
    this.refresh();
  }

  /** To be called when signatures or rules were replaced. */
  refresh(): void {
    this.#decided = this.#watch.isIdle && this.#rules.isIdle ? OVER | REFUSED : REFUSED;
  }

  process(packet: Packet): Verdict {
    const flow = this.#flows.of(packet.flowId);
    const status = this.#words[flow + STATUS];
    // The common case, a flow that is known when there are no signatures, ends here: one read of the table.
    if ((status & this.#decided) !== 0) return (status & REFUSED) === 0 ? forward : this.#verdict(status);
    return this.#look(packet, flow, status);
  }

  #look(packet: Packet, flow: number, status: number): Verdict {
    const isOver = (status & FlowFlag.over) !== 0;
    if (packet.isMalformed || packet.isLaterFragment) return this.#verdict(status);
    this.#forgetRuling();

    if (packet.l4 === IpProtocol.tcp) this.#tcp(packet, flow, isOver);
    else if (packet.l4 === IpProtocol.udp) this.#udp(packet, flow, isOver);
    else if (!isAboutAnother(packet)) this.#other(packet, flow, isOver);
    else if (!this.#rules.isIdle && this.#rules.error(packet) !== Ruling.none) return this.#links.signatureDrop; // errors are not answered

    const after = this.#words[flow + FlowWord.status];
    if (!isOver && (after & FlowFlag.over) !== 0 && (after & PROTOCOL_MASK) === 0 && packet.flowId !== 0) {
      this.#links.givenUp.add(1);
      this.#classifier.guess(packet);
    }
    // What was dropped before is dropped in silence.
    return this.#ruling === Ruling.reject && (status & REFUSED) === 0 ? this.#links.rejections.answer(packet) : this.#verdict(after);
  }

  #verdict(status: number): Verdict {
    if ((status & (FlowFlag.dropped | FlowFlag.blocked)) === 0) return forward;
    return (status & FlowFlag.dropped) !== 0 ? this.#links.signatureDrop : this.#links.blockedDrop;
  }

  #tcp(packet: Packet, flow: number, isOver: boolean): void {
    const tcp = packet.tcp();
    if (tcp === null) return;
    const { flags, sequenceBits } = tcp;
    const side = packet.direction;
    const hasSyn = (flags & TcpFlag.syn) !== 0;
    this.#meet(packet, flow, hasSyn ? ((flags & TcpFlag.ack) !== 0 ? SERVER : CLIENT) : UNKNOWN, tcp.sourcePort, tcp.destinationPort);
    if (hasSyn) {
      this.#follower.begin(flow, side, sequenceBits);
      this.#watch.begin(flow, side, sequenceBits);
    }
    const length = packet.payloadLength;
    const from = packet.start + packet.payloadOffset;
    const wireLength = length > 0 ? Math.max(length, payloadOnWire(packet)) : 0;
    if (length > 0) {
      const sequence = hasSyn ? (sequenceBits + 1) | 0 : sequenceBits;
      if (!isOver) this.#follower.segment(packet, flow, side, sequence, from, length, wireLength);
      if (!this.#watch.isIdle) {
        this.#watch.segment(packet, flow, side, sequence, from, length, wireLength);
        this.#speakWhenNamed(packet, flow);
      }
    }
    if (!this.#rules.isIdle) this.#obey(this.#rules.tcp(packet, this.#protocolOf(flow), from, length, wireLength), flow);
    if ((flags & TcpFlag.rst) !== 0) this.#follower.release(packet.flowId, flow);
  }

  #udp(packet: Packet, flow: number, isOver: boolean): void {
    const udp = packet.udp();
    if (udp === null) return;
    this.#meet(packet, flow, UNKNOWN, udp.sourcePort, udp.destinationPort);
    const length = packet.payloadLength;
    const from = packet.start + packet.payloadOffset;
    this.#classifier.facts.isStream = false;
    if (!isOver && length > 0) this.#follower.datagram(packet, flow, packet.direction, from, length, length >= payloadOnWire(packet));
    if (!this.#watch.isIdle && length > 0) {
      this.#watch.datagram(packet, flow, from, length);
      this.#speakWhenNamed(packet, flow);
    }
    this.#ruleOver(packet, flow, from, length);
  }

  /** Neither TCP nor UDP: the IP protocol is the name. */
  #other(packet: Packet, flow: number, isOver: boolean): void {
    const number = this.#numberOfIpProtocol[packet.l4];
    this.#meet(packet, flow, UNKNOWN, 0, 0);
    if (!isOver && number !== 0) this.#classifier.nameAs(packet, flow, number);
    const from = packet.start + packet.payloadOffset;
    if (!this.#watch.isIdle && packet.payloadLength > 0) this.#watch.datagram(packet, flow, from, packet.payloadLength);
    this.#ruleOver(packet, flow, from, packet.payloadLength);
  }

  /** Shows a packet that is not TCP to the rules. */
  #ruleOver(packet: Packet, flow: number, from: number, length: number): void {
    if (!this.#rules.isIdle) this.#obey(this.#rules.datagram(packet, this.#protocolOf(flow), from, length), flow);
  }

  #protocolOf(flow: number): number {
    return this.#words[flow + FlowWord.status] & PROTOCOL_MASK;
  }

  #forgetRuling(): void {
    this.#ruling = Ruling.none;
  }

  #obey(ruling: Ruling, flow: number): void {
    if (ruling === Ruling.none) return;
    this.#ruling = ruling;
    this.#words[flow + FlowWord.status] |= FlowFlag.dropped;
  }

  #speakWhenNamed(packet: Packet, flow: number): void {
    if ((this.#words[flow + FlowWord.status] & PROTOCOL_MASK) !== 0) this.#watch.named(packet, flow);
  }

  /** Finds out who is the client: by a SYN, by content (the classifier does that), else whoever came first. */
  #meet(packet: Packet, flow: number, sender: number, sourcePort: number, destinationPort: number): void {
    const words = this.#words;
    let status = words[flow + FlowWord.status];
    const isReverse = packet.direction === 1;
    if (sender !== UNKNOWN || (status & FlowFlag.clientKnown) === 0) {
      const clientIsReverse = sender === SERVER ? !isReverse : isReverse;
      status |= FlowFlag.clientKnown;
      if (sender !== UNKNOWN) status |= FlowFlag.clientIsSure;
      status = clientIsReverse ? status | FlowFlag.clientIsReverse : status & ~FlowFlag.clientIsReverse;
      words[flow + FlowWord.status] = status;
    }
    const { facts } = this.#classifier;
    facts.isStream = packet.l4 === IpProtocol.tcp;
    facts.fromClient = ((status & FlowFlag.clientIsReverse) !== 0) === isReverse;
    facts.clientPort = facts.fromClient ? sourcePort : destinationPort;
    facts.serverPort = facts.fromClient ? destinationPort : sourcePort;
  }
}

/** An ICMP error travels in the flow of the packet that it quotes, and does not say what that flow carries. */
function isAboutAnother(packet: Packet): boolean {
  const icmp = packet.l4 === IpProtocol.icmp ? packet.icmp() : packet.l4 === IpProtocol.icmpv6 ? packet.icmpv6() : null;
  const quoted = icmp === null ? null : icmp.quoted();
  if (quoted === null) return false;
  const { protocol } = quoted;
  // Too little was quoted to tell the flow: the error is a flow of its own.
  const needsMore = protocol === IpProtocol.tcp || protocol === IpProtocol.udp || protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;
  return quoted.hasPorts || quoted.hasIdentifier || !needsMore;
}

const UNKNOWN = 0;
const CLIENT = 1;
const SERVER = 2;
const IPV6_HEADER_BYTES = 40;

/** Payload bytes that the packet had before a capture cut it, by its IP header; 0 when that does not say. */
function payloadOnWire(packet: Packet): number {
  const headers = packet.payloadOffset - packet.l3Offset;
  const ipv4 = packet.ipv4();
  if (ipv4 !== null) return Math.max(0, ipv4.totalLength - headers);
  const ipv6 = packet.ipv6();
  if (ipv6 === null) return 0;
  return Math.max(0, ipv6.payloadLength + IPV6_HEADER_BYTES - headers);
}
