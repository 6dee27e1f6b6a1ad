/** Hot: `scan` and `applies` do not allocate. All signatures of a DPI, compiled, and the scan over pieces of streams. */
import { IpProtocol } from '../../../packet/protocols.js';
import { protocolsCalled } from '../protocol-table.js';
import { Automaton } from './automaton.js';
import type { Signature } from './signature.js';
import { portBounds, signatureBytes } from './signature-text.js';

const TRANSPORT_NUMBER: ReadonlyMap<string, number> = new Map([
  ['any', 0],
  ['tcp', IpProtocol.tcp],
  ['udp', IpProtocol.udp],
  ['icmp', IpProtocol.icmp],
  ['icmpv6', IpProtocol.icmpv6],
]);

const ANY_DIRECTION = 0;
const TO_SERVER = 1;
const TO_CLIENT = 2;
const DIRECTION_NUMBER = { any: ANY_DIRECTION, 'to-server': TO_SERVER, 'to-client': TO_CLIENT } as const;
/** Words of a bit set over the numbers of protocols. */
const PROTOCOL_SET_WORDS = 8;
const HALF = 16;
const HALF_MASK = 0xffff;

/** What `applies` says. */
export const Applies = { no: 0, yes: 1, whenNamed: 2 } as const;

export class SignatureSet {
  readonly signatures: readonly Signature[];
  /** Signatures that end in what the latest `scan` saw: `hits[0 … hitCount)`, each once. */
  readonly hits: Uint32Array;
  hitCount = 0;
  readonly drops: Uint8Array;
  /** A number for each name, the same whenever the name is: tells what was alerted across a change of signatures. */
  readonly identities: Uint32Array;
  readonly #exact: Automaton;
  readonly #folded: Automaton;
  readonly #exactIndex: Uint32Array;
  readonly #foldedIndex: Uint32Array;
  readonly #transport: Uint8Array;
  readonly #direction: Uint8Array;
  readonly #restricted: Uint8Array;
  readonly #protocols: Uint32Array;
  readonly #portsFrom: Uint32Array;
  readonly #portBounds: Uint16Array;
  readonly #seenIn: Uint32Array;
  #scanNumber = 0;

  /** @throws RangeError when the signatures together need more states than there are. */
  constructor(signatures: readonly Signature[]) {
    this.signatures = signatures;
    const count = signatures.length;
    const indexesWhere = (nocase: boolean): Uint32Array =>
      Uint32Array.from(signatures.flatMap((signature, index) => (signature.nocase === nocase ? [index] : [])));
    const automaton = (indexes: Uint32Array, nocase: boolean): Automaton =>
      new Automaton([...indexes].map((index) => signatureBytes(signatures[index])), nocase);
    this.#exactIndex = indexesWhere(false);
    this.#foldedIndex = indexesWhere(true);
    this.#exact = automaton(this.#exactIndex, false);
    this.#folded = automaton(this.#foldedIndex, true);

    this.hits = new Uint32Array(count);
    this.#seenIn = new Uint32Array(count);
    this.drops = Uint8Array.from(signatures, (signature) => Number(signature.action === 'drop'));
    this.identities = Uint32Array.from(signatures, (signature) => identityOf(signature.name));
    this.#transport = Uint8Array.from(signatures, ({ protocol }) => TRANSPORT_NUMBER.get(protocol.toLowerCase()) ?? 0);
    this.#direction = Uint8Array.from(signatures, ({ direction }) => DIRECTION_NUMBER[direction]);
    this.#restricted = Uint8Array.from(signatures, ({ protocol }) => Number(!TRANSPORT_NUMBER.has(protocol.toLowerCase())));
    this.#protocols = new Uint32Array(count * PROTOCOL_SET_WORDS);
    const bounds: number[] = [];
    this.#portsFrom = new Uint32Array(count + 1);
    signatures.forEach(({ protocol, ports = [] }, index) => {
      if (this.#restricted[index] === 1) {
        for (const number of protocolsCalled(protocol)) this.#protocols[index * PROTOCOL_SET_WORDS + (number >> 5)] |= 1 << (number & 31);
      }
      for (const item of Array.isArray(ports) ? ports : [ports]) bounds.push(...(portBounds(item) ?? []));
      this.#portsFrom[index + 1] = bounds.length;
    });
    this.#portBounds = Uint16Array.from(bounds);
  }

  get isEmpty(): boolean {
    return this.signatures.length === 0;
  }

  /** Forgets the hits of the packet before. */
  begin(): void {
    this.hitCount = 0;
    this.#scanNumber = (this.#scanNumber + 1) >>> 0;
  }

  /**
   * Goes on over `bytes[start, end)` and adds to `hits`. Repeated within a packet with pieces that need not be
   * neighbours.
   * @param states of both automata, 16 bits each; 0 is the beginning of a stream
   * @returns the states at `end`.
   */
  scan(bytes: Uint8Array, start: number, end: number, states: number): number {
    const exact = this.#exactIndex.length === 0 ? 0 : this.#run(this.#exact, this.#exactIndex, bytes, start, end, states & HALF_MASK);
    const folded = this.#foldedIndex.length === 0 ? 0 : this.#run(this.#folded, this.#foldedIndex, bytes, start, end, states >>> HALF);
    return ((folded << HALF) | exact) >>> 0;
  }

  #run(automaton: Automaton, indexes: Uint32Array, bytes: Uint8Array, start: number, end: number, from: number): number {
    let state = from;
    for (let at = start; at < end; at = automaton.position) {
      state = automaton.scan(bytes, at, end, state);
      const count = automaton.endCount(state);
      for (let k = 0; k < count; k++) this.#hit(indexes[automaton.endAt(state, k)]);
    }
    return state;
  }

  #hit(index: number): void {
    if (this.#seenIn[index] === this.#scanNumber) return;
    this.#seenIn[index] = this.#scanNumber;
    this.hits[this.hitCount++] = index;
  }

  /**
   * Whether a signature means this packet.
   * @param transport IP protocol number
   * @param protocol number of the flow's protocol, 0 when it is not known
   */
  applies(index: number, transport: number, protocol: number, toServer: boolean, serverPort: number): number {
    const wanted = this.#transport[index];
    if (wanted !== 0 && wanted !== transport) return Applies.no;
    const direction = this.#direction[index];
    if (direction !== ANY_DIRECTION && (direction === TO_SERVER) !== toServer) return Applies.no;
    if (!this.#hasPort(index, serverPort)) return Applies.no;
    if (this.#restricted[index] === 0) return Applies.yes;
    if (protocol === 0) return Applies.whenNamed;
    return this.#meansProtocol(index, protocol) ? Applies.yes : Applies.no;
  }

  #meansProtocol(index: number, protocol: number): boolean {
    return (this.#protocols[index * PROTOCOL_SET_WORDS + (protocol >> 5)] & (1 << (protocol & 31))) !== 0;
  }

  /** A signature that waited for the flow's name: whether it means a flow of this protocol. */
  appliesTo(index: number, protocol: number): boolean {
    return index < this.signatures.length && this.#meansProtocol(index, protocol);
  }

  #hasPort(index: number, port: number): boolean {
    const to = this.#portsFrom[index + 1];
    let at = this.#portsFrom[index];
    if (at === to) return true;
    for (; at < to; at += 2) if (port >= this.#portBounds[at] && port <= this.#portBounds[at + 1]) return true;
    return false;
  }
}

/** FNV-1a over the name's code units. */
function identityOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193);
  return hash >>> 0;
}
