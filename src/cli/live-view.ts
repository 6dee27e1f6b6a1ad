/** Shows once a second, on a terminal, what a run on live ports is doing. What is written meanwhile stays above it. */
import type { RuntimeEvent } from '../runtime/events.js';
import type { Runtime } from '../runtime/runtime.js';
import { renderLive, type Moment } from './render-live.js';
import { Screen } from './screen.js';
import { styleFor, type Terminal } from './terminal.js';

const EVERY_MS = 1000;
/** Counting connections takes time of the main thread: this share of it at most. */
const MAX_SHARE = 0.05;
const LAST_ALERTS = 3;

export class LiveView {
  readonly #runtime: Runtime;
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #title: string;
  readonly #alerts: string[] = [];
  #before: Moment;
  #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(runtime: Runtime, terminal: Terminal, title: string) {
    this.#runtime = runtime;
    this.#terminal = terminal;
    this.#title = title;
    this.#screen = new Screen(terminal.stderr);
    this.#before = this.#look();
    this.#timer = setTimeout(() => { this.#show(); }, EVERY_MS);
  }

  /** Writes a text that stays. */
  write(text: string): void {
    if (this.#isOver) this.#terminal.stderr.write(text);
    else this.#screen.above(text);
  }

  /** Remembers the alerts that came last. */
  tell(event: RuntimeEvent): void {
    if (event.type !== 'alert') return;
    this.#alerts.push(`${event.signature}  ${event.flow}  by ${event.vm}`);
    if (this.#alerts.length > LAST_ALERTS) this.#alerts.shift();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#screen.clear();
  }

  #look(): Moment {
    return { counters: this.#runtime.counters(), connections: this.#runtime.connections() };
  }

  #show(): void {
    const startedAt = performance.now();
    const now = this.#look();
    this.#screen.draw(renderLive(this.#before, now, {
      title: this.#title,
      style: styleFor(this.#terminal.stderr, this.#terminal.env),
      columns: this.#screen.size.columns,
      connectionsLimit: this.#runtime.plan.flows,
      alerts: this.#alerts,
      hint: 'Ctrl-C stops · SIGHUP reads the file again · SIGUSR2 prints statistics',
    }));
    this.#before = now;
    this.#timer = setTimeout(() => { this.#show(); }, Math.max(EVERY_MS, (performance.now() - startedAt) / MAX_SHARE));
  }
}
