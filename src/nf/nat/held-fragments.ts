/**
 * Hot: allocates once, with the first fragment that is kept. Fragments to a shared address that came before their first, which
 * alone says whose they are (RFC 4787 REQ-14).
 *
 * A packet cannot wait here: a VM returns its packets in order, so one that waited would hold up all others. What is kept is a
 * copy of its bytes; the packet itself is dropped as `nat-fragment-held`, and what is sent for it later is a packet made here.
 * There are few places and a short time. The newest takes the place of the oldest, so a flood costs no more than that.
 */
import type { Ipv4View } from '../../packet/ipv4.js';
import type { Packet } from '../../packet/packet.js';
import type { Counter } from '../contract.js';

/** Reordering is over within milliseconds; a sender gives up on a datagram much later, but nobody waits for it so long. */
export const HELD_MS = 2000;
/** Longest packet that is kept: more than any Ethernet frame but jumbo ones. */
const PLACE_BYTES = 2048;
const KEY_WORDS = 3;

/** What a fragment and its first have in common, read before the packet is rewritten. */
export class DatagramKey {
  source = 0;
  destination = 0;
  /** Where the IP header begins, direction, protocol and identification. */
  rest = 0;

  read(packet: Packet, ip: Ipv4View): void {
    this.source = ip.sourceBits;
    this.destination = ip.destinationBits;
    this.rest = (packet.l3Offset << 25) | (packet.direction << 24) | (ip.protocol << 16) | ip.identification;
  }
}

export class HeldFragments {
  readonly #places: number;
  readonly #now: () => number;
  readonly #buffered: Counter;
  #bytes = new Uint8Array(0);
  readonly #keys: Int32Array;
  /** 0: the place is free. */
  readonly #lengths: Uint16Array;
  readonly #untilMs: Float64Array;
  #oldest = 0;
  #count = 0;

  /** @param now packet time, in ms. */
  constructor(places: number, buffered: Counter, now: () => number) {
    this.#now = now;
    this.#places = places;
    this.#buffered = buffered;
    this.#keys = new Int32Array(places * KEY_WORDS);
    this.#lengths = new Uint16Array(places);
    this.#untilMs = new Float64Array(places);
  }

  /** True when nothing is kept: then nobody need ask. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Keeps a copy of the packet, as it came. False when it is too long (also by what was put in front of it), or nothing may be kept. */
  keep(packet: Packet, key: DatagramKey): boolean {
    const { bytes, start, length } = packet;
    if (this.#places === 0 || length > PLACE_BYTES || length > packet.originalLength) return false;
    if (this.#bytes.length === 0) this.#make();
    const place = this.#oldest;
    this.#oldest = (place + 1) % this.#places;
    if (this.#lengths[place] === 0) this.#count++;
    const at = place * KEY_WORDS;
    this.#keys[at] = key.source;
    this.#keys[at + 1] = key.destination;
    this.#keys[at + 2] = key.rest;
    this.#lengths[place] = length;
    this.#untilMs[place] = this.#now() + HELD_MS;
    const to = place * PLACE_BYTES;
    for (let k = 0; k < length; k++) this.#bytes[to + k] = bytes[start + k];
    this.#buffered.add(length);
    return true;
  }

  #make(): void {
    this.#bytes = new Uint8Array(this.#places * PLACE_BYTES);
  }

  /** The next place from `from` on that keeps a fragment of this datagram, or -1. What is too old is let go on the way. */
  next(key: DatagramKey, from: number): number {
    for (let place = from; place < this.#places; place++) {
      if (this.#lengths[place] === 0) continue;
      if (this.#untilMs[place] <= this.#now()) {
        this.release(place);
        continue;
      }
      const at = place * KEY_WORDS;
      if (this.#keys[at] === key.source && this.#keys[at + 1] === key.destination && this.#keys[at + 2] === key.rest) return place;
    }
    return -1;
  }

  lengthOf(place: number): number {
    return this.#lengths[place];
  }

  /** Writes what is kept into a packet of its length. */
  copyTo(packet: Packet, place: number): void {
    const { bytes, start } = packet;
    const from = place * PLACE_BYTES;
    for (let k = 0; k < this.#lengths[place]; k++) bytes[start + k] = this.#bytes[from + k];
  }

  release(place: number): void {
    this.#lengths[place] = 0;
    this.#count--;
  }
}
