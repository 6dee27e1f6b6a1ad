/** The application's end of a queue port's rings: writes packets into free slots, and reads those that leave. Main thread. */
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, initialDataOffset } from '../memory/slot-layout.js';
import type { PortRings } from '../packet-manager/manager-spec.js';
import { Bell } from '../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';

/** A packet that has left the chain: a copy, the application's own. */
export interface QueuedPacket {
  bytes: Uint8Array;
  /** When it came in, milliseconds since 1970. */
  timestampMs: number;
  originalLength: number;
}

export class QueueEnd {
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #fill: RingConsumer;
  readonly #rx: RingProducer;
  readonly #tx: RingConsumer;
  readonly #completion: RingProducer;
  readonly #manager: Bell;
  readonly #exhausted: Int32Array;
  readonly #one = new Uint32Array(1);

  constructor(shared: SharedSpec, rings: PortRings) {
    const buffer = shared.control;
    this.#region = new Region(shared.region);
    this.#headers = new SlotHeaders(buffer, shared.headersOffset, shared.region.slots);
    this.#fill = new RingConsumer(buffer, rings.fill);
    this.#rx = new RingProducer(buffer, rings.rx);
    this.#tx = new RingConsumer(buffer, rings.tx);
    this.#completion = new RingProducer(buffer, rings.completion);
    this.#manager = new Bell(buffer, shared.managerDoorbellOffset);
    this.#exhausted = new Int32Array(buffer, rings.exhaustedOffset, 1);
  }

  get maxPacketBytes(): number {
    return this.#region.maxPacketBytes;
  }

  /** There is a free slot to send in. */
  get hasFree(): boolean {
    return !this.#fill.isEmpty();
  }

  /** False when there is no free slot. */
  trySend(bytes: Uint8Array, timestampMs: number, linkType: number): boolean {
    if (this.#fill.take(this.#one, 1) === 0) return false;
    const address = this.#one[0];
    const slot = this.#region.slotIndex(address);
    const word = slot << 4;
    const { u8, u16, u32 } = this.#headers;
    this.#region.bytes.set(bytes, address + initialDataOffset(slot));
    u32[word] = initialDataOffset(slot);
    u32[word + 1] = bytes.length;
    u32[word + 2] = bytes.length;
    u8[(slot << 6) + HeaderOffset.linkType] = linkType;
    u8[(slot << 6) + HeaderOffset.parseFlags] = 0;
    u16[(slot << 5) + (HeaderOffset.interfaceId >> 1)] = 0;
    const micros = Math.round(timestampMs * 1000);
    u32[word + (HeaderOffset.timestampSeconds >> 2)] = Math.floor(micros / 1e6);
    u32[word + (HeaderOffset.timestampNanos >> 2)] = (micros % 1e6) * 1000;
    this.#rx.push(address);
    this.#rx.publish();
    this.#manager.ring();
    return true;
  }

  /** No more packets will be sent. */
  exhaust(): void {
    Atomics.store(this.#exhausted, 0, 1); // (V) pairs with the manager's load
    this.#manager.ring();
  }

  /** The next packet that has left the chain, read out of its slot; null when there is none. The slot goes back by `publish`. */
  take(): QueuedPacket | null {
    if (this.#tx.take(this.#one, 1) === 0) return null;
    const address = this.#one[0];
    const { u32 } = this.#headers;
    const word = this.#region.slotIndex(address) << 4;
    const start = address + u32[word];
    this.#completion.push(address);
    return {
      bytes: this.#region.bytes.slice(start, start + u32[word + 1]),
      timestampMs: u32[word + (HeaderOffset.timestampSeconds >> 2)] * 1000 + u32[word + (HeaderOffset.timestampNanos >> 2)] / 1e6,
      originalLength: u32[word + 2],
    };
  }

  publish(): void {
    this.#completion.publish();
    this.#manager.ring();
  }
}
