/**
 * The steady part of a run, from readings of a counter: threads start, V8 compiles and the last packets drain outside of
 * it. Only the first reading after the warm-up and the last one before the end count, each a time and a count taken
 * together, so it does not matter when the readings come.
 */
import { InvalidMeasurement } from './sample.js';

/** Share of the measured packets that the window must hold. */
const LEAST_SHARE = 0.5;

export class SteadyWindow {
  readonly #warmUp: number;
  readonly #packets: number;
  #from: { at: number; count: number } | null = null;
  #to: { at: number; count: number } | null = null;

  /** @param packets in all, the `warmUp` first ones included */
  constructor(warmUp: number, packets: number) {
    this.#warmUp = warmUp;
    this.#packets = packets;
  }

  /** @param nowMs time of the reading; @param count packets that are through */
  read(nowMs: number, count: number): void {
    if (count < this.#warmUp || count >= this.#packets) return;
    if (this.#from === null) this.#from = { at: nowMs, count };
    else this.#to = { at: nowMs, count };
  }

  /** @throws InvalidMeasurement when the window holds too few packets to speak for the run. */
  result(): { packets: number; seconds: number } {
    const least = (this.#packets - this.#warmUp) * LEAST_SHARE;
    const packets = this.#from === null || this.#to === null ? 0 : this.#to.count - this.#from.count;
    if (packets < least || this.#from === null || this.#to === null) {
      throw new InvalidMeasurement(`the steady window holds ${packets} packets, expected ${least} at least: measure more packets`);
    }
    return { packets, seconds: (this.#to.at - this.#from.at) / 1000 };
  }
}
