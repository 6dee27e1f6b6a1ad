/** What a command says when it cannot do what was asked, and with which code the process ends. */
import { InstanceError } from '../runtime/control/client.js';
import { ConfigurationError } from '../runtime/problems.js';
import { StartError } from '../runtime/start-error.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { renderProblems } from './render-problems.js';
import { styleFor, type Terminal } from './terminal.js';

/** The command was asked for something that there is not. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Says what went wrong on stderr, and with `json` as one document on stdout: `{ok: false, problems}` or `{ok: false, error}`. */
export function fail(terminal: Terminal, error: unknown, json: boolean): ExitCode {
  const style = styleFor(terminal.stderr, terminal.env);
  if (error instanceof ConfigurationError) {
    if (json) printJson(terminal, { ok: false, problems: error.problems });
    terminal.stderr.write(renderProblems(error.problems, style));
    return EXIT_CODES.badUse;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (json) printJson(terminal, { ok: false, error: error instanceof StartError ? error.toJSON() : { message } });
  terminal.stderr.write(`${style.bad('error:')} ${message}\n`);
  return error instanceof InstanceError || error instanceof UsageError ? EXIT_CODES.badUse : EXIT_CODES.failed;
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
