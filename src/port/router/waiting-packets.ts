/** Hot: no allocation. Packets that wait for neighbours: a list for each, linked by slot index, and a bound for all. */
const NONE = -1;

export class WaitingPackets {
  /** All of them. */
  count = 0;
  readonly #most: number;
  readonly #slotIndex: (address: number) => number;
  readonly #first: Float64Array;
  readonly #last: Float64Array;
  readonly #lengths: Uint8Array;
  /** By slot index, the packet that waits behind this one. */
  readonly #behind: Float64Array;

  constructor(lists: number, slots: number, slotIndex: (address: number) => number, most: number) {
    this.#most = most;
    this.#slotIndex = slotIndex;
    this.#first = new Float64Array(lists).fill(NONE);
    this.#last = new Float64Array(lists).fill(NONE);
    this.#lengths = new Uint8Array(lists);
    this.#behind = new Float64Array(slots);
  }

  get isFull(): boolean {
    return this.count >= this.#most;
  }

  lengthOf(list: number): number {
    return this.#lengths[list];
  }

  add(list: number, address: number): void {
    if (this.#lengths[list] === 0) this.#first[list] = address;
    else this.#behind[this.#slotIndex(this.#last[list])] = address;
    this.#last[list] = address;
    this.#lengths[list]++;
    this.count++;
  }

  /** Takes the one that waits longest. There must be one. */
  take(list: number): number {
    const address = this.#first[list];
    this.#lengths[list]--;
    this.count--;
    if (this.#lengths[list] > 0) this.#first[list] = this.#behind[this.#slotIndex(address)]!;
    return address;
  }
}
