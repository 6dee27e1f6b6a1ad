/** Reads a value by a schema, and puts into words what does not fit. */
import type { z } from 'zod';
import type { StandardIssue } from '../nf/standard-schema.js';
import { at, describe, oneOf, type Findings, type Path, type Site } from './place.js';
import { didYouMean } from './suggest.js';

/** The value, typed, or null when problems were found. */
export function readShape<Schema extends z.ZodType>(findings: Findings, schema: Schema, value: unknown, site: Site): z.output<Schema> | null {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(findings, issue, value, site, schema);
  return null;
}

/** As much of an issue of zod as is used; other libraries give the message and the path only. */
interface ShapeIssue extends StandardIssue {
  readonly code?: string;
  readonly keys?: readonly string[];
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly issues?: readonly ShapeIssue[];
  readonly errors?: readonly (readonly ShapeIssue[])[];
}

const KINDS: Readonly<Partial<Record<string, string>>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a map',
  record: 'a map',
};

/** Adds a problem for an issue that a schema found in `root`, which stands at `site`. */
export function reportIssue(findings: Findings, issue: StandardIssue, root: unknown, site: Site, schema: unknown): void {
  const shape: ShapeIssue = issue;
  const path = (shape.path ?? [])
    .map((part) => (typeof part === 'object' ? part.key : part))
    .map((part) => (typeof part === 'symbol' ? String(part) : part));
  const value = valueAt(root, path);
  const place = at(site, ...path);
  const found = describe(value);
  const name = path.length === 0 ? null : String(path.at(-1));
  switch (shape.code) {
    case 'unrecognized_keys':
      for (const key of shape.keys ?? []) unknownKey(findings, at(place, key), key, keysOf(schema, path));
      return;
    case 'invalid_type': {
      const expected = KINDS[shape.expected ?? ''] ?? (shape.expected ?? 'another type');
      if (value === undefined && typeof path.at(-1) === 'string') {
        findings.add('missing-key', place, { found: 'nothing', expected, message: `'${name!}' is missing` });
      } else findings.add('wrong-type', place, { found, expected, message: `${name === null ? 'this' : subject(path)} is not ${expected}` });
      return;
    }
    case 'invalid_value': {
      const values = (shape.values ?? []).map(String);
      const unknown = typeof value === 'string' ? `${found} is not known here${didYouMean(value, values)}` : null;
      const message = unknown ?? `${subject(path)} is not one of the values allowed`;
      findings.add('wrong-value', place, { found, expected: oneOf(values), message });
      return;
    }
    case 'too_small':
    case 'too_big': {
      const numeric = shape.origin === 'number' || shape.origin === 'int';
      const small = shape.code === 'too_small';
      const bound = (small ? shape.minimum : shape.maximum) ?? 0;
      const unit = numeric ? '' : `${shape.origin === 'string' ? ' character' : ' item'}${bound === 1 ? '' : 's'}`;
      const much = numeric ? (small ? 'small' : 'large') : small ? 'short' : 'long';
      const expected = `${small ? 'at least' : 'at most'} ${bound}${unit}`;
      findings.add(numeric ? 'impossible-size' : 'wrong-value', place, { found, expected, message: `${subject(path)} is too ${much}` });
      return;
    }
    case 'invalid_union': {
      // The one form that the value has the type of says more than the list of all.
      const meant = (shape.errors ?? []).filter((issues) => !issues.some(isAboutWhole));
      if (meant.length === 1) {
        for (const inner of meant[0]) reportIssue(findings, { ...inner, path: [...(shape.path ?? []), ...(inner.path ?? [])] }, root, site, schema);
        return;
      }
      const expected = unionExpected(shape.errors ?? []);
      findings.add('wrong-type', place, { found, expected, message: `${subject(path)} is not ${expected}` });
      return;
    }
    case 'invalid_key': {
      const pattern = shape.issues?.find((inner) => inner.pattern !== undefined)?.pattern;
      const expected = pattern === undefined ? 'a key that the schema accepts' : `a key that matches ${pattern}`;
      findings.add('invalid-option', place, { on: 'key', found: `'${name ?? ''}'`, expected, message: `'${name ?? ''}' cannot be a key here` });
      return;
    }
    case 'invalid_format':
      findings.add('invalid-option', place, { found, expected: `a text that matches ${shape.pattern ?? 'the schema'}`, message: `${subject(path)} is not written as it should be` });
      return;
    default: {
      // A check of our own says what it expects, or what it expects and found.
      const expected = /^expected (.+?)(?:, found .*)?$/s.exec(shape.message)?.[1] ?? 'a value that the schema accepts';
      findings.add('invalid-option', place, { found, expected, message: shape.message });
    }
  }
}

/** Adds the problem of a key that should not be there. */
export function unknownKey(findings: Findings, site: Site, key: string, known: readonly string[]): void {
  const expected = known.length === 0 ? 'no such key' : oneOf(known);
  findings.add('unknown-key', site, { on: 'key', found: `'${key}'`, expected, message: `unknown key '${key}'${didYouMean(key, known)}` });
}

function subject(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'this';
  return typeof last === 'number' ? `item ${last + 1}` : `'${last}'`;
}

/** The value is of another type, or is none of the values: nothing in it was looked at. */
function isAboutWhole({ code, path }: ShapeIssue): boolean {
  return (path ?? []).length === 0 && (code === 'invalid_type' || code === 'invalid_value' || code === 'invalid_union');
}

function unionExpected(errors: readonly (readonly ShapeIssue[])[]): string {
  const kinds = errors.map((issues) => {
    const [first] = issues;
    if (first.code === 'invalid_value') return oneOf((first.values ?? []).map(String));
    return KINDS[first.expected ?? ''] ?? first.message;
  });
  return [...new Set(kinds)].join(' or ');
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Keys that a zod object at a path knows. Other libraries do not say, and then nothing is suggested. */
export function keysOf(schema: unknown, path: Path): string[] {
  let here = unwrap(schema);
  for (const step of path) {
    if (here === null) return [];
    here = unwrap(typeof step === 'number' ? here.element : here.shape?.[step]);
  }
  return Object.keys(here?.shape ?? {});
}

interface SchemaLike {
  readonly shape?: Record<string, unknown>;
  readonly element?: unknown;
  readonly def?: { readonly innerType?: unknown; readonly in?: unknown };
}

function unwrap(schema: unknown): SchemaLike | null {
  let here = schema;
  while (typeof here === 'object' && here !== null) {
    const { def } = here as SchemaLike;
    const inner = def?.innerType ?? def?.in;
    if (inner === undefined) return here;
    here = inner;
  }
  return null;
}
