/**
 * Hot: no allocation. What a VM was doing when its worker died, in control memory.
 *
 * word  field    written by   read by (only when the worker has exited)
 *   0   cursor   VM           packets of the burst that are done; one plain store per packet
 *   1   rxIndex  VM           consumer index of the input when the burst began
 *   2   count    VM           packets in the burst
 *   3   txIndex  VM           producer index of tx when the burst began; written last, it makes the rest valid
 *   4   stage    VM           which of its functions has the packet at the cursor, in the order of the forward path
 *   5   input    VM           the ring that the burst came from: 0 rx, then the rings from other VMs
 *   6   calls    VM           odd while a function does something that is about no packet; read by main at any time
 *   7   called   VM           which function that is, and what it does: function * 2 + (1: it takes new options, 0: it lets go of what timed out)
 *
 * A burst is under way if and only if txIndex equals the tx ring's producer index: the burst's own publication moves the
 * producer index on, and `begin` writes txIndex only after the other words. So at every instant of death the indexes
 * alone say how far the VM had come. Thread exit orders all of its stores before our reads.
 */
export const JOURNAL_BYTES = 64;
/** The words that the loops over a burst write themselves. */
export const JournalWord = { cursor: 0, stage: 4 } as const;
const RX_INDEX = 1;
const COUNT = 2;
const TX_INDEX = 3;
const INPUT = 5;
const CALLS = 6;
const CALLED = 7;

/** What a function may be doing beside packets. */
export const Chore = { expire: 0, update: 1 } as const;

export class Journal {
  readonly words: Int32Array;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.words = new Int32Array(buffer, offset, JOURNAL_BYTES / 4);
  }

  /** Before the first burst: no burst is under way. */
  clear(txIndex: number): void {
    this.words.fill(0);
    this.words[TX_INDEX] = (txIndex - 1) | 0;
  }

  begin(input: number, rxIndex: number, txIndex: number, count: number): void {
    const words = this.words;
    words[INPUT] = input;
    words[JournalWord.cursor] = 0;
    words[RX_INDEX] = rxIndex;
    words[COUNT] = count;
    Atomics.store(words, TX_INDEX, txIndex); // (S) read after the thread's exit
  }

  /** `done` packets of the burst have their verdicts. */
  advance(done: number): void {
    this.words[JournalWord.cursor] = done;
  }

  /** The packet in hand is with another function of the VM now. */
  enter(stage: number): void {
    this.words[JournalWord.stage] = stage;
  }

  /** A function is called for something that is about no packet: once a second, or when it is told to. */
  beginChore(stage: number, chore: number): void {
    this.words[CALLED] = stage * 2 + chore;
    this.words[CALLS]++;
  }

  endChore(): void {
    this.words[CALLS]++;
  }

  /** Odd while a function is at such a thing: tells one call from the next. */
  get chores(): number {
    return this.words[CALLS];
  }

  /** What it is at, and which function that is. */
  get chore(): number {
    return this.words[CALLED] & 1;
  }

  get choreStage(): number {
    return this.words[CALLED] >> 1;
  }

  get stage(): number {
    return this.words[JournalWord.stage];
  }

  /** Where the packet in hand stands: the input ring, and its index there. */
  get input(): number {
    return this.words[INPUT];
  }

  get index(): number {
    return (this.words[RX_INDEX] + this.words[JournalWord.cursor]) | 0;
  }

  /** How many packets of an unfinished burst were done, and whether one was in hand. `txIndex`: as tx stands. */
  recover(txIndex: number): { done: number; inHand: boolean } {
    const words = this.words;
    if (words[TX_INDEX] !== txIndex) return { done: 0, inHand: false };
    return { done: words[JournalWord.cursor], inHand: words[JournalWord.cursor] < words[COUNT] };
  }
}
