/**
 * How many packets of a recording are dropped, pass by pass. Passes differ: a firewall forgets handshakes that the recording never ends
 * when there are more of them than it follows, so a run that is longer than another drops another share.
 */
export class ExpectedDrops {
  readonly #packets: number;
  /** After each pass, in all; none before the first. */
  readonly #dropped: readonly number[];

  /** @param left how many packets had left when each pass began, and at the end. @param packets of a pass. */
  constructor(left: ArrayLike<number>, packets: number) {
    this.#packets = packets;
    this.#dropped = Array.from(left, (transmitted, pass) => pass * packets - transmitted);
  }

  /** Of the first `received` packets; of what comes after the passes that are known, as many as of the last one of them. */
  shareOf(received: number): number {
    const pass = Math.min(Math.floor(received / this.#packets), this.#dropped.length - 2);
    const [before, after] = [this.#dropped[pass], this.#dropped[pass + 1]];
    return (before + (after - before) * (received / this.#packets - pass)) / received;
  }
}
