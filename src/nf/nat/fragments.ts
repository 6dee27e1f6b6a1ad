/**
 * Hot: no allocation. Fragments after the first carry no ports, so the first one leaves word of its translation under
 * what they share with it: source, destination, protocol and identification (RFC 791 section 3.2).
 */
import { IPV4_DESTINATION, IPV4_SOURCE, rewriteIpv4Address, type Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import type { StateTable } from '../tables.js';
import { Fragment, FRAGMENT_TIMEOUT_MS } from './layout.js';

export class Fragments {
  readonly #table: StateTable;
  readonly #now: () => number;
  readonly #remove = (entry: number): void => this.#table.remove(entry);
  #sweptSecond = -1;

  /** @param now packet time, in ms. */
  constructor(table: StateTable, now: () => number) {
    this.#table = table;
    this.#now = now;
  }

  /**
   * Notes what becomes of the rest of a datagram whose first fragment is this packet, not translated yet.
   * @param source what its source becomes; the same where it stays.
   * @returns false when there is no room for another datagram.
   */
  note(packet: Packet, ip: Ipv4View, source: number, destination: number, turnsBack: boolean): boolean {
    const table = this.#table;
    this.#fillKey(packet, ip);
    let entry = table.find();
    if (entry < 0) {
      entry = table.insert();
      if (entry < 0) {
        this.#reclaim();
        entry = table.insert();
        if (entry < 0) return false;
      }
    }
    table.expireAt(entry, this.#now() + FRAGMENT_TIMEOUT_MS);
    const at = table.value(entry);
    table.words[at + Fragment.source] = source;
    table.words[at + Fragment.destination] = destination;
    table.words[at + Fragment.turnsBack] = turnsBack ? 1 : 0;
    return true;
  }

  /** Translates a later fragment as the first one was; false when that is not known, or no longer. */
  translate(packet: Packet, ip: Ipv4View): boolean {
    this.#fillKey(packet, ip);
    const entry = this.#table.find();
    if (entry < 0 || this.#table.isExpired(entry, this.#now())) return false;
    const { words } = this.#table;
    const at = this.#table.value(entry);
    // The header's sum is all there is to mend: a later fragment has no other, whatever stands where one would be.
    const header = packet.start + packet.l3Offset;
    rewriteIpv4Address(packet.bytes, header, IPV4_SOURCE, words[at + Fragment.source]);
    rewriteIpv4Address(packet.bytes, header, IPV4_DESTINATION, words[at + Fragment.destination]);
    if (words[at + Fragment.turnsBack] === 1) packet.turnBack();
    return true;
  }

  sweep(nowMs: number, budget: number): void {
    this.#table.sweep(nowMs, budget, this.#remove);
  }

  /** Timeouts end on whole seconds, so a second search within one second would find nothing. */
  #reclaim(): void {
    const nowMs = this.#now();
    const second = Math.floor(nowMs / 1000);
    if (second === this.#sweptSecond) return;
    this.#sweptSecond = second;
    this.sweep(nowMs, this.#table.words.length);
  }

  #fillKey(packet: Packet, ip: Ipv4View): void {
    const key = this.#table.key;
    key[0] = ip.sourceBits;
    key[1] = ip.destinationBits;
    key[2] = (packet.direction << 24) | (ip.protocol << 16) | ip.identification;
  }
}
