/** Runs a chain for a command: progress, Ctrl-C, report, exit code. */
import type { Configuration } from '../runtime/configuration.js';
import type { CheckOptions } from '../runtime/check.js';
import type { Report } from '../runtime/report.js';
import { Exit, type CliContext, type ExitCode } from './context.js';
import { showProgress } from './progress.js';
import type { RenderOptions } from './render.js';
import { styleFor } from './style.js';

export interface Execution {
  readonly title: string;
  readonly configuration: Configuration;
  readonly check: CheckOptions;
  readonly json: boolean;
  readonly flows: boolean;
  readonly render: (report: Report, options: RenderOptions) => string;
}

/** What a drain may take after the first Ctrl-C. The second ends it at once. */
const DRAIN_MS = 5000;

/** Runs to the end, or to Ctrl-C, and prints the report either way. */
export async function execute(context: CliContext, { title, configuration, check, json, flows, render }: Execution): Promise<ExitCode> {
  let interrupts = 0;
  let stop = (): void => undefined;
  const forget = context.onInterrupt(() => {
    interrupts++;
    stop();
  });
  try {
    const chain = await context.start(configuration, { ...check, flows });
    stop = () => {
      chain.stop({ drainMs: interrupts > 1 ? 0 : DRAIN_MS }).catch(() => undefined);
    };
    if (interrupts > 0) stop();
    const endProgress = showProgress(context, chain, () => interrupts > 0);
    const report = await chain.finished.finally(endProgress);
    const { stdout, stderr, env, cwd } = context;
    if (json) stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else stdout.write(render(report, { title, cwd, style: styleFor(stdout, env), interrupted: interrupts > 0 }));
    const { error, ledger } = report;
    if (error !== undefined && json) stderr.write(`millrace: ${error.message}\n`);
    return error === undefined && ledger.balanced ? Exit.done : Exit.failed;
  } finally {
    forget();
  }
}
