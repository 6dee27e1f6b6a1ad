/** Signals to a tap: the first asks the instance to end the stream, also where it has not begun; a second one does not wait for that, nor for a reader. */
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import type { Output } from './terminal.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** By then the instance has ended the stream, unless it or the reader is busy. */
const HINT_AFTER_MS = 1000;

/** A second signal has come. */
export class LeftAtOnce extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode) {
    super('ended at once');
    this.code = code;
  }
}

export class TapSignals {
  readonly #stderr: Output;
  #stop: () => void = () => undefined;
  #isAsked = false;
  #hint: NodeJS.Timeout | undefined;
  #leave: (error: LeftAtOnce) => void = () => undefined;
  readonly #left = new Promise<never>((_, reject) => (this.#leave = reject));

  /** Listens from now on. */
  constructor(stderr: Output) {
    this.#stderr = stderr;
    this.#left.catch(() => undefined); // it may come where nobody waits
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** @param stop ends the stream; called at once where that was asked for already. */
  stopBy(stop: () => void): void {
    this.#stop = stop;
    if (this.#isAsked) stop();
  }

  /** What `work` comes to. @throws LeftAtOnce at a second signal. */
  unlessLeft<Result>(work: Promise<Result>): Promise<Result> {
    return Promise.race([work, this.#left]);
  }

  close(): void {
    clearTimeout(this.#hint);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#isAsked) {
      this.#leave(new LeftAtOnce(signal === 'SIGINT' ? EXIT_CODES.interrupted : EXIT_CODES.terminated));
      return;
    }
    this.#isAsked = true;
    this.#hint = setTimeout(() => this.#stderr.write('stopping: the instance, or who reads the packets, takes its time; once more to end at once\n'), HINT_AFTER_MS);
    this.#stop();
  };
}
