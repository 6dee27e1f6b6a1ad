/** Runs a finite configuration to its end. */
import type { CheckOptions } from './check.js';
import type { Configuration } from './configuration.js';
import type { Report } from './report.js';
import type { StartOptions } from './start-options.js';
import { start } from './start.js';

export interface RunOptions extends StartOptions, CheckOptions {
  /** Aborting it drains what is in flight; `run` then returns the report as usual. */
  signal?: AbortSignal;
}

/** See on-demand.ts. */
export async function run(configuration: Configuration, options: RunOptions = {}): Promise<Report> {
  const runtime = await start(configuration, options);
  const { signal } = options;
  if (signal === undefined) return runtime.finished;
  const stop = (): void => void runtime.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await runtime.finished;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
