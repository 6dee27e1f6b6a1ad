/**
 * A port whose other end is the application: it sends packets into the chain and reads what leaves, with backpressure
 * both ways. Main thread. The application's bytes are copied at this boundary, once in and once out, and nowhere else.
 */
import type { SharedSpec } from '../memory/shared-spec.js';
import { LinkType } from '../memory/slot-layout.js';
import type { PortRings } from '../packet-manager/manager-spec.js';
import { QueueEnd, type QueuedPacket } from './queue-end.js';

/** Packets kept for a reader that is away; the rest wait in the region, and then the chain waits. */
const DEFAULT_READ_AHEAD = 256;
/** More readers than an application has: a loop that asks on behind the end would turn for ever, and let nothing else run. */
const MAX_ENDS_TOLD = 1000;

export interface QueuePortOptions {
  /** Packets that may wait here, read out of the region, for the application. Default 256. */
  readAhead?: number;
}

export interface SendOptions {
  /** Default: now. Rounded to the microsecond. */
  timestampMs?: number;
  /** As in LinkType; default Ethernet. */
  linkType?: number;
}

/** One queue port belongs to one runtime at a time. */
export class QueuePort implements AsyncIterable<QueuedPacket> {
  readonly kind = 'queue';
  #limit: number;
  #attached: QueueEnd | null = null;
  #ended = false;
  #over = false;
  /** How often `receive` has said that there is nothing more. */
  #endsTold = 0;
  /** The runtime takes no more packets. */
  #closed = false;
  #arrived: QueuedPacket[] = [];
  #readers: (() => void)[] = [];
  #senders: (() => void)[] = [];

  constructor({ readAhead = DEFAULT_READ_AHEAD }: QueuePortOptions = {}) {
    if (!Number.isInteger(readAhead) || readAhead < 1) throw new RangeError(`readAhead must be a whole number of packets from 1, found ${readAhead}`);
    this.#limit = readAhead;
  }

  /**
   * Sends a packet if there is a free slot now. The bytes are copied: they may be used again at once.
   * @returns true: the packet is the chain's, counted, and ends in the ledger as transmitted, dropped or in flight; false when
   * there is no free slot: try again, or use `send`.
   * @throws RangeError when the packet does not fit a slot; Error when the port has ended, its runtime is being stopped or has
   * failed, or it has none yet.
   */
  trySend(bytes: Uint8Array, { timestampMs = Date.now(), linkType = LinkType.ethernet }: SendOptions = {}): boolean {
    const end = this.#attached;
    if (this.#ended) throw new Error('this port has ended: end() was called, or its runtime is over');
    if (this.#closed) throw new Error('this port takes no more packets: its runtime is being stopped, or has failed');
    if (end === null) throw new Error('this port has no runtime yet: put it in a configuration and start that');
    if (bytes.length < 1 || bytes.length > end.maxPacketBytes) {
      throw new RangeError(`a packet must have 1 to ${end.maxPacketBytes} B to fit a slot, found ${bytes.length}`);
    }
    return end.trySend(bytes, timestampMs, linkType);
  }

  /**
   * Sends a packet, waiting for a free slot; calls that wait at the same time are served in no certain order, so await one
   * before the next where order matters. Settles when the packet is the chain's. Errors as `trySend`, also while it waits.
   */
  async send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    while (!this.trySend(bytes, options)) await new Promise<void>((resolve) => this.#senders.push(resolve));
  }

  /** No more packets will be sent; this port still receives. A finite run ends when all of its ports have ended and nothing is in flight. */
  end(): void {
    this.#ended = true;
    this.#attached?.exhaust();
    this.#wake('senders');
  }

  /**
   * The next packet that leaves by this port, in the order in which they leave; null when the runtime is over and none is left.
   * Each packet is given to one call. `for await (const packet of port)` ends by itself there.
   * @throws Error when it has said null a thousand times: a loop that does not look would never let anything else run.
   */
  async receive(): Promise<QueuedPacket | null> {
    for (;;) {
      const packet = this.#arrived.shift();
      if (packet !== undefined) {
        this.pump();
        return packet;
      }
      if (this.#over) {
        if (++this.#endsTold > MAX_ENDS_TOLD) throw new Error(`the runtime of this port is over: receive() has said so ${MAX_ENDS_TOLD} times, by null`);
        return null;
      }
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
    this.#over = false;
    this.#closed = false;
    this.#endsTold = 0;
    this.#attached = new QueueEnd(shared, rings);
    if (this.#ended) this.end();
  }

  /** @internal Moves what has left the chain to the application, and lets waiting senders try again. Returns the work done. */
  pump(): number {
    const end = this.#attached;
    if (end === null) return 0;
    let moved = 0;
    while (this.#arrived.length < this.#limit) {
      const packet = end.take();
      if (packet === null) break;
      this.#arrived.push(packet);
      moved++;
    }
    if (moved > 0) {
      end.publish();
      this.#wake('readers');
    }
    if (end.hasFree) this.#wake('senders');
    return moved;
  }

  /** @internal The runtime must end: what leaves the chain is taken, read or not. */
  abandon(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.pump();
  }

  /** @internal The runtime takes nothing more: what was sent until now is counted. */
  close(): void {
    this.#closed = true;
    this.#wake('senders');
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
