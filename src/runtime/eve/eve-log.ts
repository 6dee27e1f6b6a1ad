/** The EVE log of one run: what its events and flows come to, on its way to a file. Main thread. */
import type { RuntimeEvent } from '../events.js';
import type { DescribedFlow } from '../flow-log.js';
import { EveOutput, type EveTarget } from './eve-output.js';
import { EveWriter } from './eve-writer.js';
import type { WriteFailure } from '../write-failures.js';

export class EveLog {
  readonly #output: EveOutput;
  readonly #writer: EveWriter;
  /** Names of drop reasons by number. */
  readonly #dropNames: readonly string[];

  /** @throws ConfigurationError when the file cannot be written. */
  constructor(target: string | EveTarget, baseDirectory: string, dropNames: readonly string[]) {
    this.#output = EveOutput.open(target, baseDirectory);
    this.#writer = new EveWriter(this.#output.write);
    this.#dropNames = dropNames;
  }

  event(event: RuntimeEvent): void {
    this.#writer.event(event);
  }

  flowEnded(flow: DescribedFlow): void {
    this.#flow(flow, 'timeout');
  }

  flush(): void {
    this.#output.flush();
  }

  /** The run is over: the flows that still stand are written, and the file is closed. */
  finish(standing: Iterable<DescribedFlow>): void {
    for (const flow of standing) this.#flow(flow, 'shutdown');
    this.#output.close();
  }

  /** Why the log ends early; null: it does not. */
  get failure(): WriteFailure | null {
    const { name, failure } = this.#output;
    return failure === null ? null : { what: 'eve', file: name, ...failure };
  }

  #flow(flow: DescribedFlow, reason: 'timeout' | 'shutdown'): void {
    this.#writer.flow(flow, reason, flow.verdict === 0 ? null : (this.#dropNames[flow.verdict] ?? ''));
  }
}
