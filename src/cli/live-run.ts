/**
 * What a run on live ports tells while it lasts: a view on a terminal, a line now and then elsewhere.
 */
import type { RuntimeEvent } from '../runtime/events.js';
import { isLive } from '../runtime/live-ports.js';
import type { Plan } from '../runtime/plan.js';
import type { CounterReport } from '../runtime/report.js';
import type { Runtime } from '../runtime/runtime.js';
import { bitRate, count, duration } from './format.js';
import { eventLine } from './event-line.js';
import { LiveView } from './live-view.js';
import { describePort } from './plan-summary.js';
import { styleFor, type Terminal } from './terminal.js';

/** A line a few times a minute tells that it lives, and fills no disk. */
const LINE_EVERY_MS = 10_000;
const BITS = 8;

export function isLivePlan({ ports }: Plan): boolean {
  return ports.some(({ spec }) => isLive(spec));
}

/** What runs, once packets flow. */
export function startLine({ ports }: Plan, instance: string | null): string {
  const named = instance === null ? '' : `instance '${instance}'; `;
  return `running: ${named}${ports.map(({ name, spec }) => `${name} (${describePort(spec)})`).join(', ')}; Ctrl-C stops, SIGHUP reads the configuration again, SIGUSR2 prints statistics`;
}

/** What has happened since the last line. */
export function statusLine(now: CounterReport, before: CounterReport | null): string {
  const seconds = (now.durationMs - (before?.durationMs ?? 0)) / 1000;
  const rate = (after: number, first: number | undefined): number => (seconds > 0 ? (after - (first ?? 0)) / seconds : 0);
  const ports = Object.entries(now.ports).map(([name, port]) => {
    const last = before?.ports[name];
    const bits = rate(port.receivedBytes, last?.receivedBytes) * BITS;
    return `${name}${port.down === true ? ' (down)' : ''} in ${count(rate(port.received, last?.received))}/s ${bitRate(bits)}, out ${count(rate(port.transmitted, last?.transmitted))}/s`;
  });
  const drops = Object.entries(now.drops)
    .map(([reason, total]): [string, number] => [reason, total - (before?.drops[reason] ?? 0)])
    .filter(([, dropped]) => dropped > 0)
    .map(([reason, dropped]) => `${reason} ${count(dropped)}`);
  return [duration(now.durationMs), ...ports, drops.length === 0 ? 'no drops' : `dropped: ${drops.join(', ')}`].join(' · ');
}

export class LiveRun {
  readonly #runtime: Runtime;
  readonly #terminal: Terminal;
  readonly #view: LiveView | null;
  readonly #lines: NodeJS.Timeout | null;
  #before: CounterReport | null = null;

  /** Begins to tell. */
  constructor(runtime: Runtime, terminal: Terminal, title: string) {
    const { stderr, env } = terminal;
    this.#runtime = runtime;
    this.#terminal = terminal;
    stderr.write(`${startLine(runtime.plan, runtime.control?.name ?? null)}\n`);
    const canDraw = stderr.isTTY === true && env.TERM !== 'dumb';
    this.#view = canDraw ? new LiveView(runtime, terminal, title) : null;
    this.#lines = canDraw ? null : setInterval(() => { this.#tellLine(); }, LINE_EVERY_MS);
  }

  /** Tells of what concerns the operator, and shows alerts. */
  tell(event: RuntimeEvent): void {
    this.#view?.tell(event);
    const line = eventLine(event, styleFor(this.#terminal.stderr, this.#terminal.env));
    if (line !== '') this.write(line);
  }

  close(): void {
    this.#view?.close();
    if (this.#lines !== null) clearInterval(this.#lines);
  }

  /** Writes a text that stays. */
  write(text: string): void {
    if (this.#view === null) this.#terminal.stderr.write(text);
    else this.#view.write(text);
  }

  #tellLine(): void {
    const now = this.#runtime.counters();
    this.write(`${styleFor(this.#terminal.stderr, this.#terminal.env).faint(statusLine(now, this.#before))}\n`);
    this.#before = now;
  }
}
