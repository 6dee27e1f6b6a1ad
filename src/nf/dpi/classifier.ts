/** Hot: allocates only when a flow gets the name of a host that did not come lately, or details. Asks the dissectors about bytes and keeps what they say of the flow. */
import type { Counter, FlowDetails } from '../contract.js';
import type { Packet } from '../../packet/packet.js';
import type { BlockList } from './block-list.js';
import { candidateOf, candidatesFor, type Candidate } from './candidates.js';
import { Facts, Finding, Outcome, Sender } from './dissector.js';
import { FlowFlag, FlowWord, PROTOCOL_MASK, SUPPOSED_MASK, SUPPOSED_SHIFT } from './flow-layout.js';
import { HostTexts } from './host-text.js';
import { guessByPort } from './port-guess.js';
import { DISSECTOR_OF, PROTOCOL_NAMES, protocolNumber } from './protocol-table.js';
import { dtls } from './protocols/dtls.js';
import { tls } from './protocols/tls.js';

const TLS = candidateOf(tls);
const DTLS = candidateOf(dtls);
/** By number: who gives the name, or null. */
const CANDIDATE_OF: readonly (Candidate | null)[] = DISSECTOR_OF.map((dissector) => (dissector === null ? null : candidateOf(dissector)));
/** By number: protocols after which DTLS may use the same ports (RFC 7983). */
const TURNS_INTO_DTLS = Uint8Array.from(PROTOCOL_NAMES, (name) => Number(name === 'STUN'));
/** By number: protocols on whose connection TLS may begin after a command (RFC 3207, 2595, 4217). */
const TURNS_INTO_TLS = Uint8Array.from(PROTOCOL_NAMES, (name) => Number(['SMTP', 'POP3', 'IMAP', 'FTP_CONTROL', 'PostgreSQL'].includes(name)));

interface ClassifierLinks {
  words: Uint32Array;
  context: { readonly tellsDetails: boolean; describeFlow(packet: Packet, protocol: string, host: string, details?: FlowDetails): void };
  classified: Counter;
}

/** What is to be done with the bytes that `look` was shown, and with those after them. */
export const Look = {
  /** The next bytes are a new attempt. */
  next: 0,
  /** Show these again, with what follows them. */
  again: 1,
  /** This direction has told all that it can. */
  sideOver: 2,
} as const;

export type Look = (typeof Look)[keyof typeof Look];

export class Classifier {
  /** Filled by the caller before `look`. */
  readonly facts = new Facts();
  /** May be replaced between packets. */
  blockList: BlockList;
  readonly #finding = new Finding();
  readonly #hosts = new HostTexts();
  readonly #words: Uint32Array;
  readonly #links: ClassifierLinks;
  #supposed = 0;
  #token = 0;

  constructor(links: ClassifierLinks, blockList: BlockList) {
    this.#words = links.words;
    this.#links = links;
    this.blockList = blockList;
  }

  /** Shows `bytes[start, end)` to the dissectors and updates the flow's words at `flow`. The facts say whose bytes they are. */
  look(packet: Packet, flow: number, bytes: Uint8Array, start: number, end: number): Look {
    const known = this.#words[flow + FlowWord.status] & PROTOCOL_MASK;
    this.facts.name = PROTOCOL_NAMES[known];
    const outcome = known === 0 ? this.#askAll(bytes, start, end) : this.#askKnown(known, bytes, start, end);
    const wantsMore = (outcome === Outcome.more || outcome === Outcome.namedMore) && !this.facts.isFinal;
    if (outcome === Outcome.maybe) this.#suppose(packet, flow, bytes, start, end);
    else if (outcome >= Outcome.named) {
      // What is to be shown again tells its details when it is whole.
      if (wantsMore) this.#finding.describer = null;
      this.#name(packet, flow, this.#supposed, outcome === Outcome.done);
    }
    return wantsMore ? Look.again : outcome === Outcome.doneHere ? Look.sideOver : Look.next;
  }

  /** Names a flow that needs no dissector. */
  nameAs(packet: Packet, flow: number, number: number): void {
    this.#finding.reset();
    this.#name(packet, flow, number, true);
  }

  /** A flow was given up: says what its port suggests, marked as a guess. */
  guess(packet: Packet): void {
    if (!this.#links.context.tellsDetails) return;
    const guess = guessByPort(packet.l4, this.facts.serverPort);
    if (guess !== null) this.#links.context.describeFlow(packet, '', '', guess);
  }

  /** All dissectors in turn. The first that is sure wins; then one that wants more; then one that supposes. */
  #askAll(bytes: Uint8Array, start: number, end: number): Outcome {
    const list = candidatesFor(bytes[start], this.facts);
    const length = end - start;
    let best: Outcome = Outcome.no;
    let supposed = 0;
    let token = 0;
    for (let k = 0; k < list.length; k++) {
      const candidate = list[k];
      if (length < candidate.leastBytes) continue;
      const outcome = this.#ask(candidate, bytes, start, end);
      if (outcome >= Outcome.named) return outcome;
      if (outcome === Outcome.more) best = Outcome.more;
      else if (outcome === Outcome.maybe && best === Outcome.no) {
        best = Outcome.maybe;
        supposed = this.#supposed;
        token = this.#token;
      }
    }
    this.#supposed = supposed;
    this.#token = token;
    return best;
  }

  /** A flow with a name: its own dissector, and TLS where the protocol may turn into it. */
  #askKnown(known: number, bytes: Uint8Array, start: number, end: number): Outcome {
    const own = CANDIDATE_OF[known];
    if (own === null) return Outcome.no;
    const next = this.facts.isStream ? (TURNS_INTO_TLS[known] === 1 ? TLS : null) : TURNS_INTO_DTLS[known] === 1 ? DTLS : null;
    if (next !== null) {
      const outcome = this.#ask(next, bytes, start, end);
      if (outcome >= Outcome.named || outcome === Outcome.more) return outcome;
    }
    const outcome = this.#ask(own, bytes, start, end);
    return outcome === Outcome.maybe ? Outcome.no : outcome;
  }

  #ask(candidate: Candidate, bytes: Uint8Array, start: number, end: number): Outcome {
    const finding = this.#finding;
    finding.reset();
    const outcome = candidate.inspect(bytes, start, end, this.facts, finding);
    if (outcome === Outcome.no || outcome === Outcome.more) return outcome;
    this.#supposed = finding.name === '' ? candidate.number : protocolNumber(finding.name);
    this.#token = finding.token;
    return outcome;
  }

  #suppose(packet: Packet, flow: number, bytes: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    const before = (words[flow + FlowWord.status] & SUPPOSED_MASK) >>> SUPPOSED_SHIFT;
    if (before === this.#supposed && words[flow + FlowWord.token] === this.#token >>> 0) {
      // Others were asked meanwhile: what this one found is found again.
      const candidate = CANDIDATE_OF[before];
      if (candidate !== null) this.#ask(candidate, bytes, start, end);
      this.#name(packet, flow, before, false);
      return;
    }
    const status = words[flow + FlowWord.status];
    const isReverse = packet.direction === 1;
    // Two that talk in turn have a token each (RTP): the first one's is kept until it has had its turn again.
    if (before === this.#supposed && ((status & FlowFlag.supposedByReverse) !== 0) !== isReverse && (status & FlowFlag.otherToken) === 0) {
      words[flow + FlowWord.status] = status | FlowFlag.otherToken;
      return;
    }
    const kept = status & ~(SUPPOSED_MASK | FlowFlag.supposedByReverse | FlowFlag.otherToken);
    words[flow + FlowWord.status] = kept | (this.#supposed << SUPPOSED_SHIFT) | (isReverse ? FlowFlag.supposedByReverse : 0);
    words[flow + FlowWord.token] = this.#token;
  }

  #name(packet: Packet, flow: number, number: number, isDone: boolean): void {
    const words = this.#words;
    const finding = this.#finding;
    let status = words[flow + FlowWord.status];
    const before = status & PROTOCOL_MASK;
    const hash = finding.hostLength > 0 ? hashOf(finding.host, finding.hostLength) : 0;
    const isKnown = (status & FlowFlag.hostKnown) !== 0;
    // What a ClientHello asks for is better known than what a greeting before it said.
    const mayRenew = !isKnown || (finding.renewsHost && (status & FlowFlag.hostSettled) === 0) || (number !== before && TURNS_INTO_TLS[before] === 1);
    const isOther = finding.hostLength > 0 && (!isKnown || hash !== words[flow + FlowWord.token]);
    const isNewHost = isOther && mayRenew;
    if (finding.settlesHost) status |= FlowFlag.hostSettled;
    status = (status & ~PROTOCOL_MASK) | number;
    if (isDone) status |= FlowFlag.over;
    if (isNewHost) {
      status |= FlowFlag.hostKnown;
      words[flow + FlowWord.token] = hash;
    }
    if (finding.sender !== Sender.unknown && (status & FlowFlag.clientIsSure) === 0) {
      const clientIsReverse = (finding.sender === Sender.client) === (packet.direction === 1);
      status |= FlowFlag.clientKnown | FlowFlag.clientIsSure;
      status = clientIsReverse ? status | FlowFlag.clientIsReverse : status & ~FlowFlag.clientIsReverse;
      const { facts } = this;
      if (facts.fromClient !== (finding.sender === Sender.client)) facts.swapEnds();
    }
    words[flow + FlowWord.status] = status;
    if (before === number && !isOther && finding.describer === null) return;
    if (before === 0) this.#links.classified.add(1);
    // The one place that makes texts: at most a few times in a flow's life, of hosts that did not come lately.
    const host = isNewHost || (isOther && finding.renewsHost) ? this.#hosts.of(finding.host, finding.hostLength, hash) : '';
    if (this.blockList.blocks(number, host)) words[flow + FlowWord.status] |= FlowFlag.blocked;
    if (packet.flowId === 0) return;
    const describer = this.#links.context.tellsDetails ? finding.describer : null;
    if (before === number && !isNewHost && describer === null) return;
    const details = describer === null ? undefined : describer(finding.described, finding.describedStart, finding.describedEnd, this.facts);
    this.#links.context.describeFlow(packet, PROTOCOL_NAMES[number], isNewHost ? host : '', details);
  }
}

/** FNV-1a over the first bytes of an array. */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash >>> 0;
}
