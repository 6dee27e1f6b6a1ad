/** Entry of a process of its own, run with V8's traces on: one chain, whose window stands between two marks in the output. */
import { runChain } from './chain-run.js';
import type { ChainFactors } from './configure.js';
import type { Pace } from './ports/port-options.js';

export interface ProfiledTask {
  readonly factors: ChainFactors;
  readonly pace: Pace;
  readonly seed: number;
}

const { factors, pace, seed } = JSON.parse(process.argv[2]) as ProfiledTask;
await runChain(factors, pace, { seed, latency: pace.offered !== null });
