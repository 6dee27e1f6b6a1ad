/** What the command line needs of the runtime. `run.ts` and `start.ts` provide it; tests of the command line stand in for it. */
import type { Configuration } from './configuration.js';
import type { Report } from './report.js';

export interface RuntimeOptions {
  baseDirectory?: string;
  flows?: boolean;
}

export interface RunningChain {
  readonly finished: Promise<Report>;
  stats(): Report;
  stop(options?: { drainMs?: number }): Promise<Report>;
}

/** Starts a configuration. @throws ConfigurationError before any thread exists. */
export type StartRuntime = (configuration: Configuration, options: RuntimeOptions) => Promise<RunningChain>;
