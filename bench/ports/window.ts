/** Hot: no allocation. The measured window, as the source sees it: after the warm-up, for a time. One thread, one clock. */
import { writeSync } from 'node:fs';
import { GCProfiler } from 'node:v8';
import { Cell } from './panel.js';
import type { Pace } from './port-options.js';

/** A machine that has no time for us does not get for ever. */
const PATIENCE_MS = 20_000;

/** Set when a run is profiled: then the borders of the window stand between V8's own lines. */
const MARKED = process.env.MILLRACE_BENCH_MARKS === '1';

export class Window {
  readonly #panel: Float64Array;
  readonly #pace: Pace;
  startedMs = -1;
  #endsMs = 0;
  #profiler: GCProfiler | null = null;
  isOpen = false;
  isOver = false;

  constructor(panel: Float64Array, pace: Pace) {
    this.#panel = panel;
    this.#pace = pace;
  }

  /** Moves on to the time `nowMs`, when so many packets had come in and left. */
  pass(nowMs: number): void {
    const panel = this.#panel;
    if (this.startedMs < 0) this.startedMs = nowMs;
    if (this.isOver) return;
    if (!this.isOpen) {
      const warmMs = nowMs - this.startedMs;
      if (warmMs < this.#pace.warmUpMs || (panel[Cell.received] < this.#pace.warmUpPackets && warmMs < PATIENCE_MS)) return;
      this.#open(nowMs);
    } else if (nowMs >= this.#endsMs) {
      const enough = panel[Cell.transmitted] - panel[Cell.beginCount] >= this.#pace.leastPackets;
      if (enough || nowMs >= this.#endsMs + PATIENCE_MS) this.#close(nowMs);
    }
  }

  #open(nowMs: number): void {
    const panel = this.#panel;
    if (this.#pace.packets === null) {
      this.#profiler = new GCProfiler();
      this.#profiler.start();
    }
    if (MARKED) writeSync(1, '\n== window begins\n');
    panel[Cell.beginMs] = performance.now();
    panel[Cell.beginCount] = panel[Cell.transmitted];
    this.#endsMs = nowMs + this.#pace.measuredMs;
    this.isOpen = true;
  }

  #close(nowMs: number): void {
    const panel = this.#panel;
    panel[Cell.endMs] = nowMs;
    panel[Cell.endCount] = panel[Cell.transmitted];
    this.isOpen = false;
    this.isOver = true;
    if (MARKED) writeSync(1, '\n== window ends\n');
    // Node 20 says nothing at all when there was no collection, where later versions give an empty list.
    const seen = this.#profiler?.stop()?.statistics ?? [];
    panel[Cell.collections] = seen.length;
    for (const { cost } of seen) panel[Cell.collectionMs] += cost / 1000;
  }
}
