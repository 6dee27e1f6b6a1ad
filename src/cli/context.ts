/** What the command line has of the world: streams, directory, signals, and the runtime that it starts. */
import type { CheckOptions } from '../runtime/check.js';
import type { Configuration } from '../runtime/configuration.js';
import type { Report } from '../runtime/report.js';
import type { StartOptions } from '../runtime/runtime.js';

/** A stream for text, and whether a person is reading it. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
}

/** A running chain, as much of it as commands use. */
export interface RunningChain {
  readonly finished: Promise<Report>;
  stats(): Report;
  stop(options?: { drainMs?: number }): Promise<Report>;
}

export interface CliContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls the listener each time the user asks to stop (Ctrl-C, SIGTERM), until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** `start` of the runtime, loaded when first needed: `check` and `--help` do without its workers. */
  start(configuration: Configuration, options: StartOptions & CheckOptions): Promise<RunningChain>;
}

/** What the process exits with. */
export const Exit = { done: 0, failed: 1, badUse: 2 } as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** The context of this process. */
export function processContext(): CliContext {
  const output = (stream: NodeJS.WriteStream): Output => ({
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY,
  });
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    onInterrupt: (listener) => {
      const signals = ['SIGINT', 'SIGTERM'] as const;
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    start: async (configuration, options) => (await import('../runtime/start.js')).start(configuration, options),
  };
}
