/** One side of a two-sided capture as a port: it receives what the file has for its side, and may write what leaves there. */
import type { PortBackend, PortCounts } from '../contract.js';
import type { CaptureProblem } from './capture-error.js';
import { Side } from './connections.js';
import type { Egress } from './egress.js';
import type { UnderWay } from './under-way.js';

/** What both sides share: two-sided.ts. */
interface SharedCapture {
  readonly exhausted: boolean;
  readonly problems: CaptureProblem[];
  receive(side: number, slots: Uint32Array, count: number, counts: PortCounts): number;
  settled(address: number): void;
  release(): void;
}

export class TwoSidedFace implements PortBackend {
  readonly #capture: SharedCapture;
  readonly #underWay: UnderWay;
  readonly #side: number;
  readonly #counts: PortCounts;
  readonly #egress: Egress;

  constructor(capture: SharedCapture, underWay: UnderWay, side: number, counts: PortCounts, egress: Egress) {
    this.#capture = capture;
    this.#underWay = underWay;
    this.#side = side;
    this.#counts = counts;
    this.#egress = egress;
  }

  /** True when the file is read and nothing waits for either side. */
  get exhausted(): boolean {
    return this.#capture.exhausted;
  }

  /** What was wrong with the file that this side writes. What was wrong with the one that both read, the inside tells. */
  get problems(): CaptureProblem[] {
    return this.#side === Side.inside ? [...this.#capture.problems, ...this.#egress.problems] : this.#egress.problems;
  }

  receive(slots: Uint32Array, count: number): number {
    return this.#capture.receive(this.#side, slots, count, this.#counts);
  }

  transmit(addresses: Uint32Array, count: number): void {
    // First look, then give away: a packet that cannot be written is settled before `transmit` returns.
    this.#underWay.observe(this.#side, addresses, count);
    this.#egress.transmit(addresses, count);
  }

  complete(out: Uint32Array, max: number): number {
    return this.#egress.complete(out, max);
  }

  settled(address: number): void {
    this.#capture.settled(address);
  }

  close(): void {
    this.#egress.close();
    this.#capture.release();
  }
}
