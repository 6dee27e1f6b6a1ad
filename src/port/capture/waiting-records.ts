/**
 * Hot: no allocation. Records that were read and not yet put into slots, in the order of the file: what the header
 * will say, and where their bytes are. Each is linked into at most one queue: held by its connection, or ready for a side.
 */
import type { CaptureReader } from './reader.js';
import type { Arrival } from './fill-slot.js';

/** Most records that wait: the index costs 42 B each. */
export const MAX_WAITING_RECORDS = 16384;

/** A first-in, first-out queue of records. */
export interface RecordQueue {
  first: number;
  last: number;
}

export class WaitingRecords implements Arrival {
  readonly #capacity: number;
  readonly #position: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #times: Uint32Array;
  readonly #kinds: Uint32Array;
  readonly #connections: Int32Array;
  readonly #next: Int32Array;
  readonly #waits: Uint8Array;
  readonly #sides: Uint8Array;
  /** Free-running, as in a ring. */
  #oldestIndex = 0;
  #newestIndex = 0;
  /** Most records that ever waited at a time. */
  highWater = 0;

  // The record that `load` was called for.
  length = 0;
  originalLength = 0;
  seconds = 0;
  nanos = 0;
  linkType = 0;
  interfaceId = 0;
  position = 0;

  /** @param capacity a power of two. */
  constructor(capacity = MAX_WAITING_RECORDS) {
    this.#capacity = capacity;
    this.#position = new Float64Array(capacity);
    this.#lengths = new Uint32Array(2 * capacity);
    this.#times = new Uint32Array(2 * capacity);
    this.#kinds = new Uint32Array(2 * capacity);
    this.#connections = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#waits = new Uint8Array(capacity);
    this.#sides = new Uint8Array(capacity);
  }

  /** Places between the oldest record that waits and the newest: also those in between that wait no more. */
  get span(): number {
    return this.#newestIndex - this.#oldestIndex;
  }

  get isFull(): boolean {
    return this.span === this.#capacity;
  }

  /** Where the oldest record's bytes begin; infinite when none waits. */
  get retained(): number {
    return this.span === 0 ? Infinity : this.#position[this.#oldestIndex % this.#capacity];
  }

  /** Takes the record at which the reader stands; returns its number. */
  add(reader: CaptureReader, connection: number, side: number): number {
    const at = this.#newestIndex++ % this.#capacity;
    this.#position[at] = reader.position;
    this.#lengths[2 * at] = reader.length;
    this.#lengths[2 * at + 1] = reader.originalLength;
    this.#times[2 * at] = reader.seconds;
    this.#times[2 * at + 1] = reader.nanos;
    this.#kinds[2 * at] = reader.linkType;
    this.#kinds[2 * at + 1] = reader.interfaceId;
    this.#connections[at] = connection;
    this.#next[at] = -1;
    this.#waits[at] = 1;
    this.#sides[at] = side;
    if (this.span > this.highWater) this.highWater = this.span;
    return at;
  }

  sideOf(record: number): number {
    return this.#sides[record];
  }

  connectionOf(record: number): number {
    return this.#connections[record];
  }

  /** Sets the fields above. */
  load(record: number): void {
    this.position = this.#position[record];
    this.length = this.#lengths[2 * record];
    this.originalLength = this.#lengths[2 * record + 1];
    this.seconds = this.#times[2 * record];
    this.nanos = this.#times[2 * record + 1];
    this.linkType = this.#kinds[2 * record];
    this.interfaceId = this.#kinds[2 * record + 1];
  }

  /** The record is in its slot, or given up: its bytes are not needed any more. */
  remove(record: number): void {
    this.#waits[record] = 0;
    while (this.#oldestIndex < this.#newestIndex && this.#waits[this.#oldestIndex % this.#capacity] === 0) this.#oldestIndex++;
  }

  append(queue: RecordQueue, record: number): void {
    this.#next[record] = -1;
    if (queue.first < 0) queue.first = record;
    else this.#next[queue.last] = record;
    queue.last = record;
  }

  /** Takes the first record off a queue that has one. */
  shift(queue: RecordQueue): number {
    const record = queue.first;
    queue.first = this.#next[record];
    return record;
  }
}
