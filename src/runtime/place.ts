/** Places in a configuration, and the collection of what is wrong at them. */
import type { Problem, ProblemCode } from './problems.js';

/** Keys and indexes from the top of a configuration. */
export type Path = readonly (string | number)[];

/** 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text that a configuration was read from. */
export interface ConfigurationSource {
  /** As the user named it. */
  readonly file: string;
  /**
   * Where the value at a path stands in the text, or its key; when there is no such value, where the nearest one around it stands.
   * `within` is a position in the text of a scalar. Null for values that did not come from the text.
   */
  position(path: Path, on: 'key' | 'value', within?: Position): Position | null;
}

/**
 * A place by two paths: as it is shown, and as it stands in the document. They differ inside network functions, whose
 * options lie a key deeper in YAML than in what `chain(...)` builds.
 */
export interface Site {
  readonly shown: Path;
  readonly source: Path;
}

export const TOP: Site = { shown: [], source: [] };

/** The place `keys` below a place. */
export function at(site: Site, ...keys: Path): Site {
  return { shown: [...site.shown, ...keys], source: [...site.source, ...keys] };
}

/** `chains.edge[0].rules[3]`; keys that are not plain words stand in brackets. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** A value as a problem shows it: short, on one line. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 77)}...` : value}'`.replaceAll('\n', '\\n');
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') {
    const keys = Object.keys(value);
    if (keys.length === 0) return 'an empty map';
    return `a map of ${keys.slice(0, 4).join(', ')}${keys.length > 4 ? ', ...' : ''}`;
  }
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  return `a ${typeof value}`;
}

/** `'a', 'b' or 'c'`. */
export function oneOf(names: readonly string[], none = 'none is defined'): string {
  const quoted = names.map((name) => `'${name}'`);
  if (quoted.length === 0) return none;
  return quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)!}`;
}

export interface Finding {
  found: string;
  expected: string;
  message: string;
  /** Points at the key rather than at the value. */
  on?: 'key' | 'value';
  /** Position in the text at the place. */
  within?: Position;
}

/** Collects problems, and turns places into positions in the YAML. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly #source: ConfigurationSource | null;
  /** Keys as they are written, by the path of what they were meant to be. */
  readonly #written = new Map<string, string>();

  constructor(source: ConfigurationSource | null) {
    this.#source = source;
  }

  /** What stands at a place is written under another key there. */
  rename({ source }: Site, written: string): void {
    this.#written.set(formatPath(source), written);
  }

  add(code: ProblemCode, site: Site, finding: Finding): void {
    const { found, expected, message, on = 'value', within } = finding;
    const file = this.#source?.file;
    const position = this.#source?.position(this.#asWritten(site.source), on, within) ?? (file === undefined ? within : undefined);
    this.problems.push({
      code,
      place: formatPath(site.shown),
      ...(file !== undefined && { file }),
      ...(position !== undefined && { line: position.line, column: position.column }),
      found,
      expected,
      message,
    });
  }

  #asWritten(path: Path): Path {
    return this.#written.size === 0 ? path : path.map((step, depth) => this.#written.get(formatPath(path.slice(0, depth + 1))) ?? step);
  }
}
