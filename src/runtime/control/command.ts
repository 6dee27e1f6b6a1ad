/** What a command of the control socket is: one file in commands/ each. */
import type { z } from 'zod';
import type { Changes } from '../compare-plans.js';
import type { Runtime } from '../runtime.js';
import type { StreamSink } from './stream-sink.js';

/** What commands are about. */
export interface Instance {
  readonly name: string;
  readonly runtime: Runtime;
  /** The chain file in force, absolute; null: it was started from a program. */
  readonly file: string | null;
  /** @param file absolute; by default the one in force. @param shown how problems name it. */
  apply(file?: string, shown?: string): Promise<Changes>;
}

/** How a command answers. */
export interface Reply {
  /**
   * Answers with a stream instead of one line: `result` goes at once, then what is written to the sink. What the command returns is
   * sent when the stream is over. Once for each request.
   */
  stream(result: unknown): StreamSink;
}

export interface ControlCommand<Arguments extends z.ZodType = z.ZodType> {
  readonly arguments: Arguments;
  /** @returns the result: plain data. @throws ConfigurationError, ControlError or Error: told to the client. */
  readonly run: (instance: Instance, args: z.infer<Arguments>, reply: Reply) => unknown;
}

export type ControlCommands = Readonly<Record<string, ControlCommand>>;

/** So that the arguments of `run` have the types that the schema says. */
export function defineCommand<Arguments extends z.ZodType>(command: ControlCommand<Arguments>): ControlCommand {
  return command;
}
