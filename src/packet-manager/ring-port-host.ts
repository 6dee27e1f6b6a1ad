/** Hot: no allocation. The manager's end of a port in another thread: fill, rx, tx and completion, as in AF_XDP. */
import type { BufferPool } from '../memory/buffer-pool.js';
import type { Region } from '../memory/region.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import type { PortCounts } from '../port/contract.js';
import { Bell } from '../ring/doorbell.js';
import { RingConsumer, RingProducer } from '../ring/spsc-ring.js';
import type { PortRings } from './manager-spec.js';
import type { PortHost } from './port-host.js';

const PORT_DOWN = builtInDrop('port-down');

export class RingPortHost implements PortHost {
  readonly #fill: RingProducer;
  readonly #rx: RingConsumer;
  readonly #tx: RingProducer;
  readonly #completion: RingConsumer;
  /** By slot index, 1 while the port has the slot for receiving. It may use its slots in any order. */
  readonly #filling: Uint8Array;
  #fillingCount = 0;
  /** By slot index, 1 while the port has the packet for sending. A router's leg keeps some back, so they come in any order. */
  readonly #toSend: Uint8Array;
  #sendingCount = 0;
  readonly #sendBell: Bell;
  readonly #fillBell: Bell;
  readonly #region: Region;
  readonly #pool: BufferPool;
  readonly #counts: PortCounts;
  readonly #allowance: number;
  readonly #exhaustedWord: Int32Array;
  readonly #batch: Uint32Array;
  readonly ends: boolean;
  readonly comesWithTime = true;
  #dead = false;
  readonly problems = [];
  /** Addresses that came back and were not due: never used. */
  invalid = 0;

  constructor(buffer: ArrayBufferLike, rings: PortRings, region: Region, pool: BufferPool, counts: PortCounts, burst: number) {
    this.#fill = new RingProducer(buffer, rings.fill);
    this.#rx = new RingConsumer(buffer, rings.rx);
    this.#tx = new RingProducer(buffer, rings.tx);
    this.#completion = new RingConsumer(buffer, rings.completion);
    this.#filling = new Uint8Array(region.slots);
    this.#toSend = new Uint8Array(region.slots);
    this.#sendBell = new Bell(buffer, rings.doorbellOffset);
    this.#fillBell = new Bell(buffer, rings.fillDoorbellOffset);
    this.#region = region;
    this.#pool = pool;
    this.#counts = counts;
    this.#allowance = rings.allowance;
    this.#exhaustedWord = new Int32Array(buffer, rings.exhaustedOffset, 1);
    this.#batch = new Uint32Array(burst);
    this.ends = rings.ends;
    // What comes before the first poll finds a place too.
    this.#topUp();
  }

  receive(out: Uint32Array, max: number): number {
    if (!this.#dead) this.#topUp();
    const taken = this.#rx.take(out, max);
    let count = 0;
    for (let k = 0; k < taken; k++) {
      if (this.#accept(out[k])) out[count++] = out[k]!;
      else this.invalid++;
    }
    return count;
  }

  transmit(addresses: Uint32Array, count: number): void {
    if (this.#dead) {
      for (let k = 0; k < count; k++) this.#counts.dropAtEgress(addresses[k], PORT_DOWN);
      return;
    }
    for (let k = 0; k < count; k++) this.#toSend[this.#region.slotIndex(addresses[k])] = 1;
    this.#sendingCount += count;
    this.#tx.pushBurst(addresses, 0, count);
    this.#tx.publish();
    this.#sendBell.ring();
  }

  complete(out: Uint32Array, max: number): number {
    const taken = this.#completion.take(out, max);
    let count = 0;
    for (let k = 0; k < taken; k++) {
      if (this.#isSent(out[k])) out[count++] = out[k]!;
      else this.invalid++;
    }
    return count;
  }

  notSent(): void {
    // Whoever drops has taken the packet off the list before.
  }

  readonly settles = false;

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
    // Rung at once: a live port that waits for slots loses packets meanwhile.
  }

  *filling(): Generator<number> {
    for (let slot = 0; slot < this.#filling.length; slot++) if (this.#filling[slot] === 1) yield this.#region.address(slot);
  }

  get sending(): number {
    return this.#sendingCount;
  }

  close(): void {
    // The port's own thread closes it.
  }

  /**
   * The port's thread has exited, and what it had published has been taken: what it held comes back, and what it did not send
   * is dropped. From now on everything is.
   */
  reclaim(): void {
    this.#dead = true;
    for (let slot = 0; slot < this.#filling.length; slot++) {
      if (this.#filling[slot] === 0) continue;
      this.#filling[slot] = 0;
      this.#pool.free(this.#region.address(slot));
    }
    this.#fillingCount = 0;
    for (let slot = 0; slot < this.#toSend.length; slot++) {
      if (this.#toSend[slot] === 0) continue;
      this.#toSend[slot] = 0;
      this.#counts.dropAtEgress(this.#region.address(slot), PORT_DOWN);
    }
    this.#sendingCount = 0;
  }

  /** Whether the port has the slot at this address for receiving; then it has it no more. */
  #accept(address: number): boolean {
    if (!this.#region.isAddress(address)) return false;
    const slot = this.#region.slotIndex(address);
    if (this.#filling[slot] === 0) return false;
    this.#filling[slot] = 0;
    this.#fillingCount--;
    return true;
  }

  /** Whether the port has the packet at this address for sending; then it has it no more. */
  #isSent(address: number): boolean {
    if (!this.#region.isAddress(address)) return false;
    const slot = this.#region.slotIndex(address);
    if (this.#toSend[slot] === 0) return false;
    this.#toSend[slot] = 0;
    this.#sendingCount--;
    return true;
  }

  /** Keeps the port stocked with free slots, as far as the pool goes. */
  #topUp(): void {
    const lack = this.#allowance - this.#fillingCount;
    if (lack <= this.#allowance >>> 2 && this.#fillingCount > 0) return;
    const wanted = Math.min(lack, this.#batch.length);
    const granted = this.#pool.take(this.#batch, wanted);
    if (granted === 0) return;
    for (let k = 0; k < granted; k++) this.#filling[this.#region.slotIndex(this.#batch[k])] = 1;
    this.#fillingCount += granted;
    this.#fill.pushBurst(this.#batch, 0, granted);
    this.#fill.publish();
    this.#fillBell.ring();
  }
}
