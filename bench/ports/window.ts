/** Hot: no allocation. The measured window, as the source sees it: after the warm-up, for a time. One thread, one clock. */
import { writeSync } from 'node:fs';
import { GCProfiler } from 'node:v8';
import { CELLS, NOW, readClock } from '../../src/ring/monotonic-clock.js';
import { Cell } from './panel.js';
import type { Pace } from './port-options.js';

/** A machine that has no time for us does not get for ever. */
const PATIENCE_MS = 20_000;

/** How long before the window its collections are counted already, with an offered load. */
const SETTLE_MS = 250;

/** Set when a run is profiled: then the borders of the window stand between V8's own lines. */
const MARKED = process.env.MILLRACE_BENCH_MARKS === '1';

export class Window {
  /** The time of the last look. */
  readonly times = new Float64Array(CELLS);
  readonly #panel: Float64Array;
  readonly #pace: Pace;
  startedMs = 0.5;
  isOpen = false;
  isOver = false;
  #hasStarted = false;
  /** At the barrier: how many have come to the beginning of their window, and to its end. */
  readonly #arrived: Int32Array | null;
  /** Places that this one has come to. */
  #places = 0;
  /** When the next turn is due, and which that is. */
  #turnMs = 0.5;
  #turns = 0;
  readonly #profiler: GCProfiler | null;
  /**
   * Starting and ending the profiler takes milliseconds. Where every packet has a time at which it is due, that would be a stall
   * at each border of the window, so there it counts from a quarter of a second before it until the port is closed.
   */
  readonly #isOffered: boolean;
  #profiles = false;

  /**
   * Nothing of it may look new to V8 at the borders of the window, or compiled code is thrown away just there: fields have had
   * every value and every kind of value, and the place where a turn is taken has been passed once, in the warm-up.
   */
  constructor(panel: Float64Array, pace: Pace) {
    this.#panel = panel;
    this.#pace = pace;
    this.#profiler = pace.packets === null ? new GCProfiler() : null;
    this.#isOffered = pace.offered !== null;
    this.#arrived = pace.barrier === undefined ? null : new Int32Array(pace.barrier.arrived);
    this.isOpen = true;
    this.isOver = true;
    this.isOpen = false;
    this.isOver = false;
  }

  /** Looks at the clock, and moves on. */
  look(): void {
    readClock(this.times);
    const nowMs = this.times[NOW];
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.startedMs = nowMs;
      this.#turnMs = nowMs + this.#pace.warmUpMs / 2;
    }
    // A call that V8 does not look into: what is in there happens once in a run.
    if (nowMs >= this.#turnMs && !this.isOver) Reflect.apply(this.#turn, undefined, [nowMs]);
  }

  readonly #turn = (nowMs: number): void => {
    const panel = this.#panel;
    const pace = this.#pace;
    const isLate = nowMs >= this.#turnMs + PATIENCE_MS;
    if (this.#turns === 0) {
      // In time for what V8 compiles anew now, and throws away for it, to be over when collections count.
      this.#turnMs = this.startedMs + Math.max(pace.warmUpMs / 2, pace.warmUpMs - SETTLE_MS);
    } else if (this.#turns === 1) {
      this.#turnMs = this.startedMs + pace.warmUpMs;
      if (this.#isOffered) this.#startProfiler();
    } else if (this.#turns === 2) {
      if (panel[Cell.received] < pace.warmUpPackets && !isLate) return;
      if (!this.#allAreAt(0) && !isLate) return;
      this.#open(nowMs);
    } else if (this.#turns === 3) {
      if (panel[Cell.transmitted] - panel[Cell.beginCount] < pace.leastPackets && !isLate) return;
      this.#close(nowMs);
      // Nobody's window is to be without the others' load beside it.
      this.isOver = this.#allAreAt(1);
    } else {
      this.isOver = this.#allAreAt(1) || isLate;
      return;
    }
    this.#turns++;
  };

  /** Whether all whom the barrier holds have come there: to the beginning (0) of their windows, or the end (1). */
  #allAreAt(place: number): boolean {
    if (this.#arrived === null) return true;
    if (this.#places === place) {
      this.#places++;
      Atomics.add(this.#arrived, place, 1);
    }
    return Atomics.load(this.#arrived, place) >= this.#pace.barrier!.size;
  }

  #open(nowMs: number): void {
    const panel = this.#panel;
    if (!this.#isOffered) this.#startProfiler();
    if (MARKED) writeSync(1, '\n== window begins\n');
    readClock(this.times);
    panel[Cell.beginMs] = this.times[NOW];
    panel[Cell.beginCount] = panel[Cell.transmitted];
    this.#turnMs = nowMs + this.#pace.measuredMs;
    this.isOpen = true;
  }

  #close(nowMs: number): void {
    const panel = this.#panel;
    panel[Cell.endMs] = nowMs;
    panel[Cell.endCount] = panel[Cell.transmitted];
    this.isOpen = false;
    if (MARKED) writeSync(1, '\n== window ends\n');
    if (!this.#isOffered) this.finish();
  }

  #startProfiler(): void {
    this.#profiler?.start();
    this.#profiles = true;
  }

  /** The port is closed: writes down what the profiler has seen, if that was not done yet. */
  finish(): void {
    if (!this.#profiles) return;
    this.#profiles = false;
    // Node 20 says nothing at all when there was no collection, where later versions give an empty list.
    const seen = this.#profiler?.stop()?.statistics ?? [];
    this.#panel[Cell.collections] = seen.length;
    for (const { cost } of seen) this.#panel[Cell.collectionMs] += cost / 1000;
  }
}
