/**
 * The manager's end of a port. A port in the manager's thread is called directly; any other is reached by four rings.
 * Both look the same from here.
 */
import type { BufferPool } from '../memory/buffer-pool.js';
import type { PortBackend, PortProblem } from '../port/contract.js';
import type { LineClaimer } from './claim-lines.js';

export interface PortHost {
  /** Writes addresses of received packets, now the manager's, into `out`, at most `max`; returns how many. */
  receive(out: Uint32Array, max: number): number;
  transmit(addresses: Uint32Array, count: number): void;
  /** Writes addresses that are sent into `out`, at most `max`; returns how many. They are the manager's again. */
  complete(out: Uint32Array, max: number): number;
  /** A packet that this port received was transmitted or dropped: told to every port when one of them `settles`. */
  settled(address: number): void;
  /** The port wants to know. */
  readonly settles: boolean;
  readonly exhausted: boolean;
  /** Its packets come with time, or from another thread: it is asked once a poll. Others have all of theirs at hand. */
  readonly comesWithTime: boolean;
  /** It becomes exhausted by itself when the runtime drains; until then it is received from. */
  readonly ends: boolean;
  /** Something can be received or completed now. */
  hasWork(): boolean;
  /** Wakes the port's thread for what it was given. */
  flush(): void;
  /** Slots that the port has for receiving, for the census. */
  filling(): Iterable<number>;
  /** Packets given for transmission that are not sent yet. */
  readonly sending: number;
  /** The port could not send a packet that it was given: it is the manager's again. */
  notSent(): void;
  /** Its threads are gone, if it has any: what they held is the manager's again. */
  reclaim(): void;
  /** What was wrong with the files that the port reads and writes. */
  readonly problems: readonly PortProblem[];
  close(): void;
}

/** Fewest slots that a port is given at a time. */
const LEAST_GRANTED = 8;

/** A port in the manager's thread. */
export class InlinePortHost implements PortHost {
  readonly #backend: PortBackend;
  readonly #pool: BufferPool;
  readonly #claim: LineClaimer | null;
  /** Slots to take for it next. */
  #ask = Infinity;
  readonly ends = false;
  readonly comesWithTime: boolean;
  #sending = 0;

  /** @param claim has the headers of slots before the port fills them; null where no VM is in another thread. */
  constructor(backend: PortBackend, pool: BufferPool, claim: LineClaimer | null = null) {
    this.#backend = backend;
    this.#pool = pool;
    this.#claim = claim;
    this.comesWithTime = backend.hasWork !== undefined;
  }

  receive(out: Uint32Array, max: number): number {
    if (this.#backend.exhausted) return 0;
    const granted = this.#pool.take(out, max < this.#ask ? max : this.#ask);
    if (this.#claim !== null) this.#claim(out, granted);
    const used = this.#backend.receive(out, granted);
    if (used < granted) this.#pool.giveBack(out, used, granted);
    // Slots that come back unused cost as much as used ones: a port that gives few is given few, until it uses all of them.
    this.#ask = used === granted ? out.length : used < LEAST_GRANTED >> 1 ? LEAST_GRANTED : used * 2;
    return used;
  }

  transmit(addresses: Uint32Array, count: number): void {
    this.#sending += count;
    this.#backend.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    const count = this.#backend.complete(out, max);
    this.#sending -= count;
    return count;
  }

  notSent(): void {
    this.#sending--;
  }

  reclaim(): void {
    // It has no thread that could end before the manager's.
  }

  get settles(): boolean {
    return this.#backend.settled !== undefined;
  }

  settled(address: number): void {
    this.#backend.settled?.(address);
  }

  get exhausted(): boolean {
    return this.#backend.exhausted;
  }

  /** Seldom news: what lets such a port go on (a free slot, a settled packet) is done by the thread that asks, but for time. */
  hasWork(): boolean {
    return this.#backend.hasWork?.() ?? false;
  }

  flush(): void {
    // Called directly: there is nobody to wake.
  }

  filling(): Iterable<number> {
    return [];
  }

  get sending(): number {
    return this.#sending;
  }

  get problems(): readonly PortProblem[] {
    return this.#backend.problems ?? [];
  }

  close(): void {
    this.#backend.close();
  }
}
