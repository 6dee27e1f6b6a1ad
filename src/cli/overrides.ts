/** `--capture name=FILE` and `--write port=FILE`: change what a chain file says, before it is checked. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { STANDARD_INPUT } from '../port/capture/byte-source.js';
import { STANDARD_OUTPUT } from '../port/capture/create-capture.js';
import { oneOf } from '../runtime/place.js';
import type { Problem } from '../runtime/problems.js';
import { didYouMean } from '../runtime/suggest.js';

/** Files by name, as given on the command line. */
export type FilesByName = Readonly<Record<string, string>>;

export interface Overrides {
  readonly capture?: FilesByName;
  readonly write?: FilesByName;
}

/** Reads one `name=FILE` and adds it to those before. */
export function collectFile(text: string, before: FilesByName = {}): FilesByName {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('Expected name=FILE.');
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`'${name}' is given twice.`);
  return { ...before, [name]: text.slice(at + 1) };
}

type Map = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Kind {
  readonly option: '--capture' | '--write';
  readonly list: 'captures' | 'ports';
  readonly key: 'file' | 'write';
  readonly code: 'unknown-capture' | 'unknown-port';
  readonly noun: string;
  /** What `-` stands for. */
  readonly stream: string;
}

const CAPTURE: Kind = { option: '--capture', list: 'captures', key: 'file', code: 'unknown-capture', noun: 'capture', stream: STANDARD_INPUT };
const WRITE: Kind = { option: '--write', list: 'ports', key: 'write', code: 'unknown-port', noun: 'port', stream: STANDARD_OUTPUT };

export interface Overridden {
  readonly document: unknown;
  readonly problems: readonly Problem[];
}

/** The configuration with the files replaced; names that it does not have are problems. Files are relative to the working directory. */
export function override(document: unknown, { capture = {}, write = {} }: Overrides): Overridden {
  if (!isMap(document)) return { document, problems: [] };
  const problems: Problem[] = [];
  const captured = replace(document, CAPTURE, capture, problems);
  return { document: replace(captured, WRITE, write, problems), problems };
}

function replace(document: Map, kind: Kind, files: FilesByName, problems: Problem[]): Map {
  const { option, list, key, code, noun, stream } = kind;
  const listed = document[list];
  // A list of the wrong type is the check's to report.
  if (listed !== undefined && !isMap(listed)) return document;
  const result: Record<string, unknown> = { ...listed };
  for (const [name, file] of Object.entries(files)) {
    if (!Object.hasOwn(result, name)) {
      const names = Object.keys(listed ?? {});
      const message = `there is no ${noun} '${name}'${didYouMean(name, names)}`;
      problems.push({ code, place: `${option} ${name}`, found: `'${name}'`, expected: oneOf(names), message });
    } else if (isMap(result[name])) result[name] = { ...result[name], [key]: file === '-' ? stream : resolve(file) };
  }
  return listed === undefined ? document : { ...document, [list]: result };
}

/** Problems of values that came from the command line are shown there, not in the file. */
export function placed(problem: Problem, { capture = {}, write = {} }: Overrides): Problem {
  for (const [{ option, list, key }, files] of [[CAPTURE, capture], [WRITE, write]] as const) {
    const name = Object.keys(files).find((each) => problem.place === `${list}.${each}.${key}` || problem.place === `${list}["${each}"].${key}`);
    if (name === undefined) continue;
    const { code, found, expected, message } = problem;
    return { code, place: `${option} ${name}`, found, expected, message };
  }
  return problem;
}
