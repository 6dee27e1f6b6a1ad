/** Reads a chain file, applies what the command line overrides, and checks the whole. */
import type { Command } from 'commander';
import { checkConfiguration } from '../runtime/check.js';
import type { Plan } from '../runtime/plan.js';
import { ConfigurationError } from '../runtime/problems.js';
import { readConfiguration } from '../runtime/yaml.js';
import { collectFile, override, placed, type Overrides } from './overrides.js';

/** @throws ConfigurationError with every mistake, in the file and on the command line. */
export async function planOf(file: string, overrides: Overrides): Promise<Plan> {
  const { document, source, baseDirectory } = await readConfiguration(file);
  const overridden = override(document, overrides);
  const result = await checkConfiguration(overridden.document, { source, baseDirectory });
  const found = 'problems' in result ? result.problems.map((problem) => placed(problem, overrides)) : [];
  const problems = [...overridden.problems, ...found];
  if (problems.length > 0 || 'problems' in result) throw new ConfigurationError(problems);
  return result.plan;
}

/** The options with which files are overridden. */
export function takesFiles(command: Command): Command {
  return command
    .option('--capture <name=FILE>', 'read this file instead of the capture of that name; repeatable', collectFile)
    .option('--write <port=FILE>', 'write what leaves by the port to this file; repeatable', collectFile);
}
