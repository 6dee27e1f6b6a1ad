/**
 * A port whose other end is the application: it sends packets into the chain and reads what leaves, with backpressure
 * both ways. Main thread. The application's bytes are copied at this boundary, once in and once out, and nowhere else.
 */
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, LinkType, initialDataOffset } from '../memory/slot-layout.js';
import type { PortRings } from '../packet-manager/manager-spec.js';
import { Bell } from '../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';

/** Packets kept for a reader that is away; the rest wait in the region, and then the chain waits. */
const DEFAULT_READ_AHEAD = 256;

export interface QueuePortOptions {
  /** Packets that may wait here, read out of the region, for the application. Default 256. */
  readAhead?: number;
}

export interface QueuedPacket {
  bytes: Uint8Array;
  timestampMs: number;
  originalLength: number;
}

export interface SendOptions {
  /** Default: now. Rounded to the microsecond. */
  timestampMs?: number;
  /** As in LinkType; default Ethernet. */
  linkType?: number;
}

interface Attachment {
  region: Region;
  headers: SlotHeaders;
  fill: RingConsumer;
  rx: RingProducer;
  tx: RingConsumer;
  completion: RingProducer;
  manager: Bell;
  exhausted: Int32Array;
}

/** One queue port belongs to one runtime at a time. */
export class QueuePort implements AsyncIterable<QueuedPacket> {
  readonly kind = 'queue';
  #limit: number;
  readonly #one = new Uint32Array(1);
  #attached: Attachment | null = null;
  #ended = false;
  #over = false;
  #arrived: QueuedPacket[] = [];
  #readers: (() => void)[] = [];
  #senders: (() => void)[] = [];

  constructor({ readAhead = DEFAULT_READ_AHEAD }: QueuePortOptions = {}) {
    if (!Number.isInteger(readAhead) || readAhead < 1) throw new RangeError(`readAhead must be a whole number of packets from 1, found ${readAhead}`);
    this.#limit = readAhead;
  }

  /**
   * Sends a packet if there is a free slot now.
   * @returns false when there is none: try again, or use `send`.
   * @throws RangeError when the packet does not fit a slot, Error when the port has ended or has no runtime.
   */
  trySend(bytes: Uint8Array, { timestampMs = Date.now(), linkType = LinkType.ethernet }: SendOptions = {}): boolean {
    const at = this.#attached;
    if (this.#ended) throw new Error('this port has ended: end() was called, or its runtime is over');
    if (at === null) throw new Error('this port has no runtime yet: put it in a configuration and start that');
    if (bytes.length < 1 || bytes.length > at.region.maxPacketBytes) {
      throw new RangeError(`a packet must have 1 to ${at.region.maxPacketBytes} B to fit a slot, found ${bytes.length}`);
    }
    if (at.fill.take(this.#one, 1) === 0) return false;
    const address = this.#one[0];
    const slot = at.region.slotIndex(address);
    const word = slot << 4;
    const { u8, u16, u32 } = at.headers;
    at.region.bytes.set(bytes, address + initialDataOffset(slot));
    u32[word] = initialDataOffset(slot);
    u32[word + 1] = bytes.length;
    u32[word + 2] = bytes.length;
    u8[(slot << 6) + HeaderOffset.linkType] = linkType;
    u8[(slot << 6) + HeaderOffset.parseFlags] = 0;
    u16[(slot << 5) + (HeaderOffset.interfaceId >> 1)] = 0;
    const micros = Math.round(timestampMs * 1000);
    u32[word + (HeaderOffset.timestampSeconds >> 2)] = Math.floor(micros / 1e6);
    u32[word + (HeaderOffset.timestampNanos >> 2)] = (micros % 1e6) * 1000;
    at.rx.push(address);
    at.rx.publish();
    at.manager.ring();
    return true;
  }

  /** Sends a packet, waiting for a free slot. Errors as `trySend`. */
  async send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    while (!this.trySend(bytes, options)) await new Promise<void>((resolve) => this.#senders.push(resolve));
  }

  /** No more packets will be sent. A finite run ends when all of its ports have ended and nothing is in flight. */
  end(): void {
    this.#ended = true;
    const at = this.#attached;
    if (at === null) return;
    Atomics.store(at.exhausted, 0, 1); // (V) pairs with the manager's load
    at.manager.ring();
  }

  /** The next packet that leaves by this port, or null when the runtime is over. */
  async receive(): Promise<QueuedPacket | null> {
    for (;;) {
      const packet = this.#arrived.shift();
      if (packet !== undefined) {
        this.pump();
        return packet;
      }
      if (this.#over) return null;
      await new Promise<void>((resolve) => this.#readers.push(resolve));
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<QueuedPacket> {
    for (let packet = await this.receive(); packet !== null; packet = await this.receive()) yield packet;
  }

  /** @internal Whether it belongs to a runtime now. */
  get isAttached(): boolean {
    return this.#attached !== null;
  }

  /** @internal The runtime gives the port its rings. */
  attach(shared: SharedSpec, rings: PortRings): void {
    if (this.#attached !== null) throw new Error('this queue port already belongs to a runtime');
    const buffer = shared.control;
    this.#over = false;
    this.#attached = {
      region: new Region(shared.region),
      headers: new SlotHeaders(buffer, shared.headersOffset, shared.region.slots),
      fill: new RingConsumer(buffer, rings.fill),
      rx: new RingProducer(buffer, rings.rx),
      tx: new RingConsumer(buffer, rings.tx),
      completion: new RingProducer(buffer, rings.completion),
      manager: new Bell(buffer, shared.managerDoorbellOffset),
      exhausted: new Int32Array(buffer, rings.exhaustedOffset, 1),
    };
    if (this.#ended) this.end();
  }

  /** @internal Moves what has left the chain to the application, and lets waiting senders try again. Returns the work done. */
  pump(): number {
    const at = this.#attached;
    if (at === null) return 0;
    let moved = 0;
    const { u32 } = at.headers;
    while (this.#arrived.length < this.#limit && at.tx.take(this.#one, 1) === 1) {
      const address = this.#one[0];
      const word = at.region.slotIndex(address) << 4;
      const start = address + u32[word];
      this.#arrived.push({
        bytes: at.region.bytes.slice(start, start + u32[word + 1]),
        timestampMs: u32[word + (HeaderOffset.timestampSeconds >> 2)] * 1000 + u32[word + (HeaderOffset.timestampNanos >> 2)] / 1e6,
        originalLength: u32[word + 2],
      });
      at.completion.push(address);
      moved++;
    }
    if (moved > 0) {
      at.completion.publish();
      at.manager.ring();
      this.#wake('readers');
    }
    if (!at.fill.isEmpty()) this.#wake('senders');
    return moved;
  }

  /** @internal The runtime must end: what leaves the chain is taken, read or not. */
  abandon(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** @internal Nothing waits here and nothing is left to pump, or nobody will ever read it. */
  detach(): void {
    this.#attached = null;
    this.#ended = true;
    this.#over = true;
    this.#wake('readers');
    this.#wake('senders');
  }

  #wake(whom: 'readers' | 'senders'): void {
    const waiting = whom === 'readers' ? this.#readers : this.#senders;
    if (whom === 'readers') this.#readers = [];
    else this.#senders = [];
    for (const resolve of waiting) resolve();
  }
}

/** A port for packets from and to the application. */
export function queuePort(options: QueuePortOptions = {}): QueuePort {
  return new QueuePort(options);
}
