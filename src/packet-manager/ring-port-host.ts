/** Hot: no allocation. The manager's end of a port in another thread: fill, rx, tx and completion, as in AF_XDP. */
import type { BufferPool } from '../memory/buffer-pool.js';
import { Bell } from '../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';
import { LendQueue } from '../vnic/lend-queue.js';
import type { PortRings } from './manager-spec.js';
import type { PortHost } from './port-host.js';

export class RingPortHost implements PortHost {
  readonly #fill: RingProducer;
  readonly #rx: RingConsumer;
  readonly #tx: RingProducer;
  readonly #completion: RingConsumer;
  readonly #toFill: LendQueue;
  readonly #toSend: LendQueue;
  readonly #bell: Bell;
  readonly #pool: BufferPool;
  readonly #allowance: number;
  readonly #exhaustedWord: Int32Array;
  readonly #batch: Uint32Array;
  #news = false;
  readonly problems = [];
  /** Addresses that came back in the wrong place: never used. */
  invalid = 0;

  constructor(buffer: ArrayBufferLike, rings: PortRings, pool: BufferPool, burst: number) {
    this.#fill = new RingProducer(buffer, rings.fill);
    this.#rx = new RingConsumer(buffer, rings.rx);
    this.#tx = new RingProducer(buffer, rings.tx);
    this.#completion = new RingConsumer(buffer, rings.completion);
    this.#toFill = new LendQueue(rings.fill.capacity);
    this.#toSend = new LendQueue(rings.tx.capacity);
    this.#bell = new Bell(buffer, rings.doorbellOffset);
    this.#pool = pool;
    this.#allowance = rings.allowance;
    this.#exhaustedWord = new Int32Array(buffer, rings.exhaustedOffset, 1);
    this.#batch = new Uint32Array(burst);
  }

  receive(out: Uint32Array, max: number): number {
    this.#topUp();
    const taken = this.#rx.take(out, max);
    let count = 0;
    for (let k = 0; k < taken; k++) {
      if (this.#toFill.accept(out[k])) out[count++] = out[k]!;
      else this.invalid++;
    }
    return count;
  }

  transmit(addresses: Uint32Array, count: number): void {
    for (let k = 0; k < count; k++) this.#toSend.lend(addresses[k]);
    this.#tx.pushBurst(addresses, 0, count);
    this.#tx.publish();
    this.#news = true;
  }

  complete(out: Uint32Array, max: number): number {
    const taken = this.#completion.take(out, max);
    let count = 0;
    for (let k = 0; k < taken; k++) {
      if (this.#toSend.accept(out[k])) out[count++] = out[k]!;
      else this.invalid++;
    }
    return count;
  }

  notSent(): void {
    throw new Error('a port in another thread completes every packet');
  }

  settled(): void {
    // A port of the application's own learns from its completions.
  }

  get exhausted(): boolean {
    // (V) pairs with the port's store. It publishes its last packets first, so the rings are read after the word.
    return Atomics.load(this.#exhaustedWord, 0) === 1 && this.#rx.isEmpty();
  }

  hasWork(): boolean {
    return !this.#rx.isEmpty() || !this.#completion.isEmpty();
  }

  flush(): void {
    if (!this.#news) return;
    this.#news = false;
    this.#bell.ring();
  }

  filling(): Iterable<number> {
    return this.#toFill.addresses();
  }

  get sending(): number {
    return this.#toSend.count;
  }

  close(): void {
    // The port's own thread closes it.
  }

  /** Keeps the port stocked with free slots, as far as the pool goes. */
  #topUp(): void {
    const lack = this.#allowance - this.#toFill.count;
    if (lack <= this.#allowance >>> 2 && this.#toFill.count > 0) return;
    const wanted = Math.min(lack, this.#batch.length);
    const granted = this.#pool.take(this.#batch, wanted);
    if (granted === 0) return;
    for (let k = 0; k < granted; k++) this.#toFill.lend(this.#batch[k]);
    this.#fill.pushBurst(this.#batch, 0, granted);
    this.#fill.publish();
    this.#news = true;
  }
}
