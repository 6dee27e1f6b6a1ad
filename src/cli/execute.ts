/** Runs a checked plan for a command: progress on the way, Ctrl-C drains, a second one ends at once. */
import type { ControlOptions } from '../runtime/control/control-options.js';
import type { EveTarget } from '../runtime/eve/eve-output.js';
import type { Plan } from '../runtime/plan.js';
import type { Report } from '../runtime/report.js';
import type { WatchOptions } from '../runtime/watch/watch-options.js';
import { eventLine } from './event-line.js';
import { EXIT_CODES } from './exit-code.js';
import { LiveRun, isLivePlan } from './live-run.js';
import { needsLine } from './needs.js';
import { ERASE_LINE, showProgress } from './progress.js';
import type { RunSignals } from './run-signals.js';
import { tellWaiting } from './stalls.js';
import { styleFor, type Terminal } from './terminal.js';
import { isUnread } from './unread.js';

/** Nobody waits for what is still under way. */
const READER_GONE_DRAIN_MS = 500;

export interface ExecuteOptions {
  /** Report every flow. */
  readonly flows: boolean;
  /** Where the EVE log goes. */
  readonly eve?: string | EveTarget;
  /** What is traced, and where dropped packets go. */
  readonly watch?: WatchOptions;
  /** Runs on live ports say what happens, under this title. */
  readonly liveTitle?: string;
  /** What obeys signals that end nothing. */
  readonly signals?: RunSignals;
  /** By which others reach it. */
  readonly control?: ControlOptions;
  /** Where metrics are served: `[host]:port`. */
  readonly metrics?: string;
  /** How long network functions may take to be created. */
  readonly startTimeoutMs?: number;
  /** Stops by itself after so long. */
  readonly durationMs?: number;
}

export interface Execution {
  readonly report: Report;
  /** It ended because it was asked to. */
  readonly interrupted: boolean;
  /** It ended because nobody reads its output any more. */
  readonly readerGone: boolean;
}

/** @throws as `start`. What fails while packets flow is in the report. */
export async function execute(plan: Plan, terminal: Terminal, options: ExecuteOptions): Promise<Execution> {
  let interrupted = false;
  let readerGone = false;
  // Until packets flow, there is nothing to let through.
  let stop = (): void => { tellFaint('stopping once it has started; once more to end at once'); };
  let unwatch: () => void = () => undefined;
  let unheard = false;
  let leaveUnread = (): void => { unheard = true; };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (interrupted) process.exit(signal === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.terminated);
    interrupted = true;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const { flows, eve, watch, liveTitle, signals, control, metrics, startTimeoutMs, durationMs } = options;
    let liveRun: LiveRun | null = null;
    const overProgress = terminal.stderr.isTTY === true ? ERASE_LINE : '';
    const { startPlan } = await import('../runtime/start.js');
    const runtime = await startPlan(plan, new Map(), {
      flows,
      describeFlows: false,
      ...watch,
      ...(eve !== undefined && { eve }),
      ...(control !== undefined && { control: { ...control, unavailable: control.nameIsFixed === true ? undefined : warnOf(terminal) } }),
      ...(metrics !== undefined && { metrics }),
      ...(startTimeoutMs !== undefined && { startTimeoutMs }),
      onEvent: (event) => {
        // The thread that writes packets to stdout is the one that finds nobody there.
        if (event.type === 'write-failed' && isUnread(event.file, event.why)) leaveUnread();
        if (liveRun !== null) liveRun.tell(event);
        else terminal.stderr.write(eventLine(event, styleFor(terminal.stderr, terminal.env), overProgress));
      },
    });
    const needs = liveTitle === undefined ? null : needsLine(plan.ports);
    if (needs !== null) terminal.stderr.write(`${needs}\n`);
    if (runtime.metrics !== null) terminal.stderr.write(`metrics: ${runtime.metrics}/metrics, statistics: ${runtime.metrics}/stats\n`);
    const isLive = liveTitle !== undefined && isLivePlan(plan);
    if (isLive) liveRun = new LiveRun(runtime, terminal, liveTitle);
    signals?.begin(runtime, (text) => {
      if (liveRun === null) terminal.stderr.write(`${overProgress}${text}`);
      else liveRun.write(text);
    });
    const hideProgress = isLive ? () => undefined : showProgress(runtime, terminal);
    const late = durationMs === undefined ? undefined : setTimeout(() => { stop(); }, durationMs);
    const hide = (): void => {
      liveRun?.close();
      hideProgress();
      clearTimeout(late);
    };
    stop = () => {
      hide();
      if (interrupted) tellFaint('stopping: what is under way goes through; once more to end at once');
      void runtime.stop();
      unwatch = tellWaiting(runtime, terminal);
    };
    const leave = (): void => {
      if (readerGone) return;
      readerGone = true;
      hide();
      void runtime.stop({ drainMs: READER_GONE_DRAIN_MS });
    };
    terminal.onReaderGone?.(leave);
    leaveUnread = leave;
    if (isUnheard()) leave();
    // The signal may have come while the threads were starting.
    if (wasInterrupted()) stop();
    try {
      return { report: await runtime.finished, interrupted: wasInterrupted(), readerGone: isReaderGone() };
    } finally {
      signals?.end();
      unwatch();
      hide();
    }
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    terminal.onReaderGone?.(null);
  }

  function tellFaint(text: string): void {
    terminal.stderr.write(styleFor(terminal.stderr, terminal.env).faint(`${text}\n`));
  }

  function isReaderGone(): boolean {
    return readerGone;
  }

  function isUnheard(): boolean {
    return unheard;
  }

  function wasInterrupted(): boolean {
    return interrupted;
  }
}

/** A run that nobody can reach is better than none. */
function warnOf({ stderr, env }: Terminal): (error: Error) => void {
  return ({ message }) => {
    stderr.write(`${styleFor(stderr, env).warn('no control socket:')} ${message}\n`);
  };
}
