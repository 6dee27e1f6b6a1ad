/**
 * SIGUSR2 and SIGHUP to a run, from its first moment to its last: statistics, and the configuration read again. Without a handler
 * either would end the process. (SIGUSR1 is Node's own: it opens the inspector.)
 */
import type { FileInForce } from '../runtime/file-in-force.js';
import { ConfigurationError } from '../runtime/problems.js';
import type { Runtime } from '../runtime/runtime.js';
import { changesText } from './changes-text.js';
import { shownPath } from './format.js';
import { renderProblems } from './render-problems.js';
import { renderReport } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

export class RunSignals {
  readonly #terminal: Terminal;
  readonly #title: string;
  readonly #inForce: FileInForce | null;
  #write: (text: string) => void;
  #runtime: Runtime | null = null;
  #isOver = false;
  #isReloadDue = false;

  /** Listens from now on. @param inForce null: what runs is no chain file of the user's. */
  constructor(terminal: Terminal, title: string, inForce: FileInForce | null) {
    this.#terminal = terminal;
    this.#title = title;
    this.#inForce = inForce;
    this.#write = (text) => { terminal.stderr.write(text); };
    process.on('SIGUSR2', this.#printStatistics).on('SIGHUP', this.#readAgain);
  }

  /** Packets flow: from now on there is something to tell of and to change. @param write writes a text that stays. */
  begin(runtime: Runtime, write: (text: string) => void): void {
    this.#runtime = runtime;
    this.#write = write;
    if (this.#isReloadDue) this.#readAgain();
  }

  /** Packets flow no more; the last report is all that follows. */
  end(): void {
    this.#runtime = null;
    this.#isOver = true;
  }

  close(): void {
    process.off('SIGUSR2', this.#printStatistics).off('SIGHUP', this.#readAgain);
  }

  readonly #printStatistics = (): void => {
    if (this.#runtime === null) {
      this.#write(this.#isOver ? 'no statistics: the run is over, and its report follows\n' : 'no statistics yet: it is starting\n');
      return;
    }
    const { stderr, env } = this.#terminal;
    this.#write(renderReport(this.#runtime.stats(), { title: this.#title, interrupted: false, style: styleFor(stderr, env), columns: columnsOf(stderr), running: true }));
  };

  readonly #readAgain = (): void => {
    const inForce = this.#inForce;
    const runtime = this.#runtime;
    if (inForce === null) this.#write('not reloaded: it runs no chain file that could be read again\n');
    else if (this.#isOver) this.#write('not reloaded: the run is over\n');
    else if (runtime === null) {
      if (!this.#isReloadDue) this.#write('it is starting: reads its configuration again as soon as packets flow\n');
      this.#isReloadDue = true;
    } else void this.#reload(inForce, runtime);
  };

  async #reload(inForce: FileInForce, runtime: Runtime): Promise<void> {
    const style = styleFor(this.#terminal.stderr, this.#terminal.env);
    try {
      const changes = await inForce.apply(runtime);
      this.#write(`reloaded: ${changesText(changes)} (${shownPath(inForce.file)})\n`);
    } catch (error) {
      const why = error instanceof ConfigurationError ? renderProblems(error.problems, style) : `${error instanceof Error ? error.message : String(error)}\n`;
      this.#write(this.#isOver ? 'not reloaded: the run is over\n' : `${style.bad('not reloaded:')} the chain runs on as it was\n${why}`);
    }
  }
}
