/** What a command says when it cannot do what was asked, and with which code the process ends. */
import { RegionAllocationError } from '../memory/region.js';
import { ConfigurationError, type Problem } from '../runtime/problems.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { renderProblems } from './render-problems.js';
import { styleFor, type Terminal } from './terminal.js';

/** Bad use that commander cannot see. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Says what went wrong on stderr, and with `json` as one document on stdout: `{ok: false, problems}` or `{ok: false, error}`. */
export function fail(terminal: Terminal, error: unknown, json: boolean): ExitCode {
  const style = styleFor(terminal.stderr, terminal.env);
  const problems = problemsOf(error);
  if (problems !== null) {
    if (json) printJson(terminal, { ok: false, problems });
    terminal.stderr.write(renderProblems(problems, style));
    return EXIT_CODES.badUse;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (json) printJson(terminal, { ok: false, error: { message } });
  terminal.stderr.write(`${style.bad('error:')} ${message}\n`);
  return error instanceof UsageError ? EXIT_CODES.badUse : EXIT_CODES.failed;
}

function problemsOf(error: unknown): readonly Problem[] | null {
  if (error instanceof ConfigurationError) return error.problems;
  if (!(error instanceof RegionAllocationError)) return null;
  const expected = 'fewer or smaller slots, or more memory';
  return [{ code: 'region-not-allocated', place: 'memory', found: error.message, expected, message: 'the region cannot be allocated' }];
}

export function printJson(terminal: Terminal, value: unknown): void {
  terminal.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
