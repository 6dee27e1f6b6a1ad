/** Loads and checks the configuration that a command names, with what the command line overrides. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { checkConfiguration } from '../runtime/check.js';
import type { Configuration } from '../runtime/configuration.js';
import type { ConfigurationSource, Path } from '../runtime/place.js';
import type { Plan } from '../runtime/plan.js';
import { ConfigurationError } from '../runtime/problems.js';
import { didYouMean } from '../runtime/suggest.js';
import { readConfiguration } from '../runtime/yaml.js';

/** Files by name, as `--capture` and `--write` give them. */
export type Overrides = Readonly<Record<string, string>>;

/** A command was used in a way that it does not understand. */
export class UsageError extends Error {
  override name = 'UsageError';
}

export interface LoadedChain {
  readonly configuration: Configuration;
  readonly plan: Plan;
  readonly baseDirectory: string;
  readonly source: ConfigurationSource;
}

/** Reads `name=FILE` of a repeatable option. */
export function collectOverride(text: string, before: Overrides = {}): Overrides {
  const equals = text.indexOf('=');
  if (equals < 1 || equals === text.length - 1) throw new InvalidArgumentError('Expected name=FILE.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/**
 * @param file as the user named it; relative to `cwd`, as are the files of the overrides.
 * @throws ConfigurationError, UsageError.
 */
export async function loadChain(file: string, cwd: string, overrides: { capture?: Overrides; write?: Overrides } = {}): Promise<LoadedChain> {
  const { document, source: text, baseDirectory } = await readConfiguration(resolve(cwd, file), file);
  const overridden: Path[] = [];
  for (const [name, path] of Object.entries(overrides.capture ?? {})) {
    overridden.push(override(document, [['captures', 'file'], ['ports', 'file']], name, resolve(cwd, path), '--capture'));
  }
  for (const [name, path] of Object.entries(overrides.write ?? {})) {
    overridden.push(override(document, [['ports', 'write']], name, resolve(cwd, path), '--write'));
  }
  const source: ConfigurationSource = {
    file,
    position: (path, on, within) => (overridden.some((each) => startsWith(path, each)) ? null : text.position(path, on, within)),
  };
  const result = await checkConfiguration(document, { baseDirectory, source });
  if ('problems' in result) throw new ConfigurationError(result.problems);
  return { configuration: document as Configuration, plan: result.plan, baseDirectory, source };
}

/** Puts a file in place of the one that the document names, and says where that was. */
function override(document: unknown, places: readonly (readonly [list: string, key: string])[], name: string, file: string, option: string): Path {
  const known: string[] = [];
  for (const [list, key] of places) {
    const entries = (document as Partial<Record<string, unknown>> | null)?.[list];
    if (typeof entries !== 'object' || entries === null) continue;
    for (const [each, entry] of Object.entries(entries as Record<string, unknown>)) {
      if (typeof entry !== 'object' || entry === null) continue;
      if (key === 'file' && !('file' in entry)) continue;
      if (each !== name) {
        known.push(each);
        continue;
      }
      (entry as Record<string, unknown>)[key] = file;
      return [list, name, key];
    }
  }
  const what = option === '--capture' ? 'capture' : 'port';
  throw new UsageError(`${option} ${name}=…: there is no ${what} '${name}'${didYouMean(name, known) || ` (found: ${known.join(', ') || 'none'})`}`);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, at) => path[at] === step);
}
