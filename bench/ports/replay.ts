/**
 * Hot: no allocation. Packets that were read or made before, sent again and again in their order by two ports: each has those
 * of its side and waits while it is the other's turn, or while what its packets answer is under way.
 */
import type { PortMemory } from '../../src/port/contract.js';
import { Cell } from './panel.js';
import type { ReplayOptions } from './port-options.js';
import { PHASES_COUNTED, recordedWriter, type RecordedWriter } from './recorded-writer.js';
import { Window } from './window.js';

/** Packets between two looks at the clock. */
const PACKETS_A_LOOK = 64;

/** Where both sides are. */
export class Replay {
  readonly options: ReplayOptions;
  readonly panel: Float64Array;
  readonly window: Window;
  readonly writer: RecordedWriter;
  /** Index of the next packet, and packets sent in all. */
  next = 0;
  sent = 0;
  /** Packets sent when the clock is looked at again. */
  lookAt = 0;
  /** Up to here packets may be sent. */
  phaseEnd = 0;
  /** Phases begun in all, and the last one's index in the pass. */
  begun = 0;
  #phase = -1;
  #passes = 0;
  readonly #sentIn = new Int32Array(PHASES_COUNTED);

  constructor(memory: PortMemory, options: ReplayOptions) {
    this.options = options;
    this.panel = new Float64Array(options.panel);
    this.window = new Window(this.panel, options);
    this.writer = recordedWriter(memory, options);
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
      this.writer.beginPhase(at);
    } while (this.phaseEnd === phases[this.#phase]);
    return true;
  }

  #mayBegin(): boolean {
    const { phases, lag, waitingPasses } = this.options;
    const isNewPass = this.#phase === phases.length - 2;
    if (this.#passes + (isNewPass ? 1 : 0) >= waitingPasses) return true;
    if (isNewPass) return this.writer.home() === (this.sent | 0);
    const at = (this.begun + 1 - lag) & (PHASES_COUNTED - 1);
    return this.writer.homeIn(at) === this.#sentIn[at];
  }
}

export class ReplaySide {
  readonly #replay: Replay;
  readonly #side: number;
  readonly settled: (address: number) => void;

  constructor(replay: Replay, side: number) {
    this.#replay = replay;
    this.#side = side;
    this.settled = replay.writer.settle;
  }

  get exhausted(): boolean {
    return this.#replay.isOver;
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
      sequences = (sequences + replay.writer.write(slots, used, run, replay.next, replay.begun & (PHASES_COUNTED - 1))) | 0;
      used += run;
      replay.sent += run;
      replay.next += run;
      if (replay.next === lengths.length) {
        replay.next = 0;
        replay.phaseEnd = 0;
        replay.writer.skip(jumpSeconds);
      }
    }
    if (used === 0) return 0;
    const { panel } = replay;
    panel[Cell.received] += used;
    panel[Cell.sequenceIn] = (panel[Cell.sequenceIn] + (sequences >>> 0)) % 0x100000000;
    return used;
  }
}
