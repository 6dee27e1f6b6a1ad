/**
 * Hot: no allocation. Packets that were read or made before, sent again and again in their order by two ports: each has those
 * of its side and waits while it is the other's turn, or while what its packets answer is under way.
 */
import { BlockCopier, WORDS_BYTES } from '../../src/memory/block-copier.js';
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import { SEQUENCE_AT } from './egress.js';
import { Cell } from './panel.js';
import type { ReplayOptions } from './port-options.js';
import { Window } from './window.js';

/** A day in 2024. */
const FIRST_SECOND = 1_704_067_200;
/** Packet time from one packet to the next. */
const SPACING_NANOS = 1000;
const NANOS_A_SECOND = 1_000_000_000;

/** Packets between two looks at the clock. */
const PACKETS_A_LOOK = 64;
/** Phases that are told apart while their packets are under way: twice the largest lag. */
const PHASES_COUNTED = 8;

/** Where both sides are. */
export class Replay {
  readonly options: ReplayOptions;
  readonly panel: Float64Array;
  readonly window: Window;
  /** Of the packets that are copied as a block. */
  readonly views: readonly (Uint8Array | null)[];
  /** Index of the next packet, and packets sent in all. */
  next = 0;
  sent = 0;
  /** Packets sent when the clock is looked at again. */
  lookAt = 0;
  /** Packet time of the next one. */
  seconds = FIRST_SECOND;
  nanos = 0;
  home = 0;
  /** Up to here packets may be sent. */
  phaseEnd = 0;
  /** Phases begun in all, and the last one's index in the pass. */
  begun = 0;
  #phase = -1;
  #passes = 0;
  readonly #sentIn = new Int32Array(PHASES_COUNTED);
  readonly homeIn = new Int32Array(PHASES_COUNTED);

  constructor(options: ReplayOptions) {
    this.options = options;
    this.panel = new Float64Array(options.panel);
    this.window = new Window(this.panel, options);
    this.views = Array.from(options.offsets, (offset, k) => (options.lengths[k] > WORDS_BYTES ? options.bytes.subarray(offset, offset + options.lengths[k]) : null));
  }

  get isOver(): boolean {
    const { packets } = this.options;
    return this.window.isOver || (packets !== null && this.sent >= packets);
  }

  /** Goes on to the next phase that has packets. @returns false while it has to wait. */
  begin(): boolean {
    const { phases } = this.options;
    do {
      if (!this.#mayBegin()) return false;
      if (++this.#phase === phases.length - 1) {
        this.#phase = 0;
        this.#passes++;
        if (this.options.left !== null) this.options.left[this.#passes] = this.panel[Cell.transmitted];
      }
      const at = ++this.begun & (PHASES_COUNTED - 1);
      this.phaseEnd = phases[this.#phase + 1];
      this.#sentIn[at] = this.phaseEnd - phases[this.#phase];
      this.homeIn[at] = 0;
    } while (this.phaseEnd === phases[this.#phase]);
    return true;
  }

  #mayBegin(): boolean {
    const { phases, lag, waitingPasses } = this.options;
    const isNewPass = this.#phase === phases.length - 2;
    if (this.#passes + (isNewPass ? 1 : 0) >= waitingPasses) return true;
    if (isNewPass) return this.home === this.sent;
    const at = (this.begun + 1 - lag) & (PHASES_COUNTED - 1);
    return this.homeIn[at] === this.#sentIn[at];
  }
}

export class ReplaySide {
  readonly #replay: Replay;
  readonly #side: number;
  readonly #memory: PortMemory;
  /** Signed: a word beyond 2^31 that a call returns is an object. */
  readonly #words: Int32Array;
  readonly #copier = new BlockCopier();
  /** By slot: which phase its packet belongs to. */
  readonly #phaseOf: Uint8Array;
  readonly #arrival = { length: 0, originalLength: 0, seconds: FIRST_SECOND, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };

  constructor(memory: PortMemory, replay: Replay, side: number) {
    this.#replay = replay;
    this.#side = side;
    this.#memory = memory;
    this.#words = new Int32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
    this.#phaseOf = new Uint8Array(memory.headers.slotCount);
  }

  get exhausted(): boolean {
    return this.#replay.isOver;
  }

  settled(address: number): void {
    this.#replay.home++;
    this.#replay.homeIn[this.#phaseOf[this.#memory.slotIndex(address)]]++;
  }

  receive(slots: Uint32Array, count: number): number {
    const replay = this.#replay;
    // Packets may come by ones and twos, and the clock costs as much as one of them.
    if (replay.sent >= replay.lookAt) {
      replay.lookAt = replay.sent + PACKETS_A_LOOK;
      replay.window.look();
    }
    const { sides, lengths, jumpSeconds, packets } = replay.options;
    let used = 0;
    let sequences = 0;
    while (used < count && !replay.isOver && sides[replay.next] === this.#side && (replay.next < replay.phaseEnd || replay.begin())) {
      const run = Math.min(count - used, replay.phaseEnd - replay.next, packets === null ? Infinity : packets - replay.sent);
      sequences = (sequences + this.#send(slots, used, run)) | 0;
      used += run;
      replay.sent += run;
      replay.next += run;
      if (replay.next === lengths.length) {
        replay.next = 0;
        replay.phaseEnd = 0;
        replay.seconds += jumpSeconds;
      }
    }
    if (used === 0) return 0;
    const { panel } = replay;
    panel[Cell.received] += used;
    panel[Cell.sequenceIn] = (panel[Cell.sequenceIn] + (sequences >>> 0)) % 0x100000000;
    return used;
  }

  /** Packets of one phase. @returns the sum of the words that both ends add up. */
  #send(slots: Uint32Array, from: number, count: number): number {
    const replay = this.#replay;
    const { views, begun, next } = replay;
    const { bytes, offsets, lengths } = replay.options;
    const { region } = this.#memory;
    const arrival = this.#arrival;
    let { nanos } = replay;
    let sequences = 0;
    arrival.seconds = replay.seconds;
    for (let k = 0; k < count; k++) {
      const address = slots[from + k];
      const slot = this.#memory.slotIndex(address);
      const dataOffset = initialDataOffset(slot);
      const start = address + dataOffset;
      const length = lengths[next + k];
      this.#phaseOf[slot] = begun & (PHASES_COUNTED - 1);
      if (length > WORDS_BYTES) region.set(views[next + k]!, start);
      else this.#copier.copy(bytes, offsets[next + k], region, start, length);
      arrival.length = length;
      arrival.originalLength = length;
      arrival.nanos = nanos;
      describeArrival(this.#memory, slot, dataOffset, arrival);
      sequences = (sequences + this.#words[(start + SEQUENCE_AT) >>> 2]) | 0;
      nanos += SPACING_NANOS;
      if (nanos === NANOS_A_SECOND) {
        nanos = 0;
        arrival.seconds++;
      }
    }
    replay.nanos = nanos;
    replay.seconds = arrival.seconds;
    return sequences;
  }
}
