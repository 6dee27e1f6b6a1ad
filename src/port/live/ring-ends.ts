/**
 * Hot: no allocation. A live port's ends of the four rings. Slots that were given and are not used yet are kept here: a
 * packet that goes no further leaves its slot for the next one.
 */
import { Region } from '../../memory/region.js';
import type { SharedSpec } from '../../memory/shared-spec.js';
import { SlotHeaders } from '../../memory/slot-headers.js';
import { HeaderOffset, VerdictKind, initialDataOffset } from '../../memory/slot-layout.js';
import { Bell } from '../../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../../ring/spsc-ring.js';
import type { PortThreadRings } from './thread-spec.js';

/** Most slots that are at hand for receiving: two calls of 64 packets. */
const STOCK = 128;

/** Fill and rx. */
export class ReceivingEnd {
  readonly region: Region;
  readonly headers: SlotHeaders;
  /** Free slots at hand, the first `count` of them. */
  readonly stock = new Uint32Array(STOCK);
  count = 0;
  readonly #fill: RingConsumer;
  readonly #rx: RingProducer;
  readonly #manager: Bell;
  readonly #batch = new Uint32Array(STOCK);
  readonly #exhausted: Int32Array;
  #seconds = 0;
  #nanos = 0;

  constructor(shared: SharedSpec, rings: PortThreadRings) {
    const buffer = shared.control;
    this.region = new Region(shared.region);
    this.headers = new SlotHeaders(buffer, shared.headersOffset, shared.region.slots);
    this.#fill = new RingConsumer(buffer, rings.fill);
    this.#rx = new RingProducer(buffer, rings.rx);
    this.#manager = new Bell(buffer, shared.managerDoorbellOffset);
    this.#exhausted = new Int32Array(buffer, rings.exhaustedOffset, 1);
  }

  /** Takes free slots as far as there are any; returns how many are at hand. */
  refill(): number {
    const taken = this.#fill.take(this.#batch, STOCK - this.count);
    for (let k = 0; k < taken; k++) this.stock[this.count++] = this.#batch[k]!;
    return this.count;
  }

  get hasFill(): boolean {
    return !this.#fill.isEmpty();
  }

  /** A free slot, or -1. */
  take(): number {
    return this.count > 0 || this.refill() > 0 ? this.stock[--this.count] : -1;
  }

  /** The slot is free again. */
  giveBack(address: number): void {
    this.stock[this.count++] = address;
  }

  /** The time of day that packets carry from now on. */
  stamp(wallMs: number): void {
    this.#seconds = Math.floor(wallMs / 1000);
    this.#nanos = Math.floor((wallMs % 1000) * 1e6);
  }

  /** The packet whose bytes lie `dataOffset` into the slot goes to the manager with the next `publish`. */
  hand(address: number, dataOffset: number, length: number, linkType: number, parseFlags: number): void {
    const slot = this.region.slotIndex(address);
    const { u8, u16, u32 } = this.headers;
    const word = slot << 4;
    u32[word] = dataOffset;
    u32[word + 1] = length;
    u32[word + 2] = length;
    u32[word + (HeaderOffset.timestampSeconds >> 2)] = this.#seconds;
    u32[word + (HeaderOffset.timestampNanos >> 2)] = this.#nanos;
    u16[(slot << 5) + (HeaderOffset.interfaceId >> 1)] = 0;
    u8[(slot << 6) + HeaderOffset.linkType] = linkType;
    u8[(slot << 6) + HeaderOffset.parseFlags] = parseFlags;
    this.#rx.push(address);
  }

  /** Where the bytes of a packet begin in a slot. */
  dataOffset(address: number): number {
    return initialDataOffset(this.region.slotIndex(address));
  }

  publish(): void {
    if (this.#rx.publish() > 0) this.#manager.ring();
  }

  /** Nothing more will be received. Everything that was handed over is published first. */
  end(): void {
    this.publish();
    Atomics.store(this.#exhausted, 0, 1); // (V) pairs with the manager's load
    this.#manager.ring();
  }
}

/** Tx and completion. */
export class SendingEnd {
  readonly region: Region;
  readonly headers: SlotHeaders;
  readonly #tx: RingConsumer;
  readonly #completion: RingProducer;
  readonly #manager: Bell;

  constructor(shared: SharedSpec, rings: PortThreadRings) {
    const buffer = shared.control;
    this.region = new Region(shared.region);
    this.headers = new SlotHeaders(buffer, shared.headersOffset, shared.region.slots);
    this.#tx = new RingConsumer(buffer, rings.tx);
    this.#completion = new RingProducer(buffer, rings.completion);
    this.#manager = new Bell(buffer, shared.managerDoorbellOffset);
  }

  /** Takes up to `max` packets to send. All of them must be completed, in any order. */
  take(out: Uint32Array, max: number): number {
    return this.#tx.take(out, max);
  }

  get hasPackets(): boolean {
    return !this.#tx.isEmpty();
  }

  /** The packet was sent. */
  sent(address: number): void {
    this.#completion.push(address);
  }

  /** The packet was not sent. The manager counts it for the reason. */
  dropped(address: number, reason: number): void {
    this.#conclude(address, VerdictKind.drop, reason);
  }

  /** The packet was rewritten into an answer to its sender, which goes back by the chain. */
  answered(address: number, reason: number): void {
    this.#conclude(address, VerdictKind.reply, reason);
  }

  #conclude(address: number, verdict: number, reason: number): void {
    const slot = this.region.slotIndex(address);
    this.headers.u8[(slot << 6) + HeaderOffset.verdict] = verdict;
    this.headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = reason;
    this.#completion.push(address);
  }

  publish(): void {
    if (this.#completion.publish() > 0) this.#manager.ring();
  }
}
