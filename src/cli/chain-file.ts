/** Reads a chain file, applies what the command line overrides, and checks the whole. */
import type { Command } from 'commander';
import type { CheckOptions } from '../runtime/check.js';
import type { ConfigurationSource } from '../runtime/place.js';
import type { Plan } from '../runtime/plan.js';
import { checkConfiguration, readConfiguration } from '../runtime/on-demand.js';
import { ConfigurationError } from '../runtime/problems.js';
import { collectFile, override, placed, type Overrides } from './overrides.js';

type Limits = Pick<CheckOptions, 'startTimeoutMs'>;

/** @throws ConfigurationError with every mistake, in the file and on the command line. */
export async function planOf(file: string, overrides: Overrides, limits: Limits = {}): Promise<Plan> {
  return (await planWithSource(file, overrides, limits)).plan;
}

/** The same, with the text that the plan was read from. @throws as `planOf`. */
export async function planWithSource(file: string, overrides: Overrides, limits: Limits = {}): Promise<{ plan: Plan; source: ConfigurationSource }> {
  const { document, source, baseDirectory } = await readConfiguration(file);
  const changed = override(document, overrides);
  const result = await checkConfiguration(changed.document, { source, baseDirectory, ...limits });
  const found = 'problems' in result ? result.problems.map((problem) => placed(problem, overrides)) : [];
  const problems = [...changed.problems, ...found];
  if (problems.length > 0 || 'problems' in result) throw new ConfigurationError(problems);
  return { plan: result.plan, source };
}

/** A document as the command line changes it. @throws ConfigurationError when that names what the document does not have. */
export function overridden(document: unknown, overrides: Overrides): unknown {
  const result = override(document, overrides);
  if (result.problems.length > 0) throw new ConfigurationError(result.problems);
  return result.document;
}

/** The options with which files are overridden. */
export function takesFiles(command: Command): Command {
  return command
    .option('--capture <name=FILE>', 'read this file instead of the capture of that name, or a stream: -; repeatable', collectFile)
    .option('--write <port=FILE>', 'write what leaves by the port to this file, or to stdout: -; repeatable', collectFile);
}
