/** Hot: no allocation. How many ICMP errors a leg sends (RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 f): a bucket of tokens. */

/** Errors a second, and how many at a time: a traceroute asks for some tens at once, a loop of packets for thousands. */
export const ERRORS_PER_SECOND = 100;
export const ERROR_BURST = 100;

export class RateLimit {
  #tokens = ERROR_BURST;
  #lastMs = 0;

  /** Whether one more may be sent now. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(ERROR_BURST, this.#tokens + ((nowMs - this.#lastMs) * ERRORS_PER_SECOND) / 1000);
    this.#lastMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
