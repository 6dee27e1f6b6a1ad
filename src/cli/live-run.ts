/**
 * What a run on live ports tells and obeys while it lasts: a line now and then, statistics at SIGUSR2, the configuration read
 * again at SIGHUP. (SIGUSR1 is Node's own: it opens the inspector.)
 */
import type { Changes } from '../runtime/compare-plans.js';
import type { RuntimeEvent } from '../runtime/events.js';
import { isLive } from '../runtime/live-ports.js';
import type { Plan } from '../runtime/plan.js';
import { ConfigurationError } from '../runtime/problems.js';
import type { Report } from '../runtime/report.js';
import type { Runtime } from '../runtime/runtime.js';
import { count, duration } from './format.js';
import { describePort } from './plan-summary.js';
import { renderProblems } from './render-problems.js';
import { renderReport } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

/** A line a few times a minute tells that it lives, and fills no disk. */
const LINE_EVERY_MS = 10_000;
const BITS = 8;
const GIGABIT = 1e9;

export interface LiveOptions {
  readonly title: string;
  /** Reads the configuration again and puts it in force. */
  readonly reload: (runtime: Runtime) => Promise<Changes>;
}

export function isLivePlan({ ports }: Plan): boolean {
  return ports.some(({ spec }) => isLive(spec));
}

/** What runs, once packets flow. */
export function startLine({ ports }: Plan): string {
  return `running: ${ports.map(({ name, spec }) => `${name} (${describePort(spec)})`).join(', ')}; Ctrl-C stops, SIGHUP reads the configuration again, SIGUSR2 prints statistics`;
}

/** What has happened since the last line. */
export function statusLine(report: Report, before: Report | null): string {
  const seconds = (report.durationMs - (before?.durationMs ?? 0)) / 1000;
  const rate = (now: number, then: number | undefined): number => (seconds > 0 ? (now - (then ?? 0)) / seconds : 0);
  const ports = Object.entries(report.ports).map(([name, port]) => {
    const last = before?.ports[name];
    const bits = (rate(port.receivedBytes, last?.receivedBytes) * BITS) / GIGABIT;
    return `${name} in ${count(rate(port.received, last?.received))}/s ${bits.toFixed(2)} Gbit/s, out ${count(rate(port.transmitted, last?.transmitted))}/s`;
  });
  const drops = Object.entries(report.drops)
    .map(([reason, total]): [string, number] => [reason, total - (before?.drops[reason] ?? 0)])
    .filter(([, dropped]) => dropped > 0)
    .map(([reason, dropped]) => `${reason} ${count(dropped)}`);
  return [duration(report.durationMs), ...ports, drops.length === 0 ? 'no drops' : `dropped: ${drops.join(', ')}`].join(' · ');
}

/** Tells of a live port that went down or came up. */
export function tellPortState(event: RuntimeEvent, terminal: Terminal): void {
  if (event.type !== 'port-state') return;
  const style = styleFor(terminal.stderr, terminal.env);
  terminal.stderr.write(`${event.up ? style.good('up:') : style.warn('down:')} port '${event.port}': ${event.detail}\n`);
}

/** Begins to tell and to obey. @returns what ends it. */
export function superviseLive(runtime: Runtime, plan: Plan, terminal: Terminal, { title, reload }: LiveOptions): () => void {
  const { stderr, env } = terminal;
  const style = styleFor(stderr, env);
  let before: Report | null = null;
  const tell = (): void => {
    const report = runtime.stats();
    stderr.write(`${style.faint(statusLine(report, before))}\n`);
    before = report;
  };
  // On a terminal the line of `showProgress` is there already.
  const lines = stderr.isTTY === true ? null : setInterval(tell, LINE_EVERY_MS);
  const printStatistics = (): void => {
    stderr.write(renderReport(runtime.stats(), { title, interrupted: false, style, columns: columnsOf(stderr), running: true }));
  };
  const readAgain = (): void => {
    reload(runtime).then(
      ({ updated, replaced, paths }) => {
        const changed = [...updated, ...replaced, ...(paths ? ['paths'] : [])];
        stderr.write(`reloaded: ${changed.length === 0 ? 'nothing has changed' : changed.join(', ')}\n`);
      },
      (error: unknown) => {
        stderr.write(`${style.bad('not reloaded:')} the chain runs on as it was\n`);
        stderr.write(error instanceof ConfigurationError ? renderProblems(error.problems, style) : `${error instanceof Error ? error.message : String(error)}\n`);
      },
    );
  };
  process.on('SIGUSR2', printStatistics).on('SIGHUP', readAgain);
  // Only now: without a handler, a signal would end the process.
  stderr.write(`${startLine(plan)}\n`);
  return () => {
    if (lines !== null) clearInterval(lines);
    process.off('SIGUSR2', printStatistics).off('SIGHUP', readAgain);
  };
}
