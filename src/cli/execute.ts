/** Runs a checked plan for a command: progress on the way, Ctrl-C drains, a second one ends at once. */
import type { EveTarget } from '../runtime/eve/eve-output.js';
import type { Plan } from '../runtime/plan.js';
import type { Report } from '../runtime/report.js';
import { startPlan } from '../runtime/start.js';
import { EXIT_CODES } from './exit-code.js';
import { showProgress } from './progress.js';
import { styleFor, type Terminal } from './terminal.js';

export interface ExecuteOptions {
  /** Report every flow. */
  readonly flows: boolean;
  /** Where the EVE log goes. */
  readonly eve?: string | EveTarget;
}

export interface Execution {
  readonly report: Report;
  /** It ended because it was asked to. */
  readonly interrupted: boolean;
}

/** @throws as `start`. What fails while packets flow is in the report. */
export async function execute(plan: Plan, terminal: Terminal, options: ExecuteOptions): Promise<Execution> {
  let interrupted = false;
  let stop: () => void = () => undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupted) process.exit(signal === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.terminated);
    interrupted = true;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const runtime = await startPlan(plan, new Map(), options);
    const hide = showProgress(runtime, terminal);
    stop = () => {
      hide();
      const style = styleFor(terminal.stderr, terminal.env);
      terminal.stderr.write(style.faint('stopping: what is under way goes through; once more to end at once\n'));
      void runtime.stop();
    };
    // The signal may have come while the threads were starting.
    if (wasInterrupted()) stop();
    try {
      return { report: await runtime.finished, interrupted: wasInterrupted() };
    } finally {
      hide();
    }
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }

  function wasInterrupted(): boolean {
    return interrupted;
  }
}
