/**
 * Hot: no allocation. How many ICMP errors may be made: a bucket that holds a second's worth, in packet time (RFC 1812
 * section 4.3.2.8, RFC 4443 section 2.4 f).
 */
const HELD_MS = 1000;

export class ErrorBudget {
  /** When the bucket would be full again, and milliseconds for one error. */
  #fullAtMs = 0;
  #errorMs = 0;

  /** @param perSecond 0: none at all. */
  constructor(perSecond: number) {
    this.update(perSecond);
  }

  /** Another rate; what was spent stays spent. */
  update(perSecond: number): void {
    this.#errorMs = perSecond === 0 ? Infinity : 1000 / perSecond;
  }

  /** Takes one. @returns whether there was one */
  take(nowMs: number): boolean {
    const fullAt = Math.max(this.#fullAtMs, nowMs) + this.#errorMs;
    if (fullAt - nowMs > HELD_MS) return false;
    this.#fullAtMs = fullAt;
    return true;
  }
}
