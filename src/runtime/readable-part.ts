/**
 * What of a value can be read in spite of its mistakes, so that one mistake hides no other: a key that looks like another
 * one is taken for that, and what is wrong is left out. Nothing is started from what is read in this way.
 */
import type { z } from 'zod';
import type { StandardIssue } from '../nf/standard-schema.js';
import { at, type Findings, type Path, type Site } from './place.js';
import { keysOf, reportIssue } from './shape.js';
import { nearest } from './suggest.js';

export interface Part<Value> {
  readonly value: Value;
  /** Nothing is wrong with its shape. */
  readonly isWhole: boolean;
}

/** The value, typed, as far as it can be read; what is wrong is in the findings. Null when nothing of it can be used. */
export function readPart<Schema extends z.ZodType>(findings: Findings, schema: Schema, value: unknown, site: Site): Part<z.output<Schema>> | null {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, isWhole: true };
  const known = takeKnownKeys(findings, result.error.issues, schema, value, site);
  const again = known === value ? result : schema.safeParse(known);
  if (again.success) return { value: again.data, isWhole: false };
  for (const issue of again.error.issues) reportIssue(findings, issue, known, site, schema);
  const rest = schema.safeParse((again.error.issues as readonly Issue[]).reduce(withoutValue, known));
  return rest.success ? { value: rest.data, isWhole: false } : null;
}

/**
 * Reports the keys that a schema does not know.
 * @returns the value with these keys as they were meant, or without them; the value itself when it has none.
 */
export function takeKnownKeys(findings: Findings, issues: readonly StandardIssue[], schema: unknown, value: unknown, site: Site): unknown {
  return (issues as readonly Issue[]).filter(isUnknownKeys).reduce((known, issue) => {
    reportIssue(findings, issue, value, site, schema);
    const path = pathOf(issue);
    return changed(known, path, (map) => meantBy(findings, map, issue.keys ?? [], keysOf(schema, path), at(site, ...path)));
  }, value);
}

interface Issue extends StandardIssue {
  readonly code?: string;
  readonly keys?: readonly string[];
}

function isUnknownKeys(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys';
}

/** A map with unknown keys under the names that they were meant to have; those that look like none are left out. */
function meantBy(findings: Findings, map: Readonly<Record<string, unknown>>, unknown: readonly string[], known: readonly string[], site: Site): Record<string, unknown> {
  const result = Object.fromEntries(Object.entries(map).filter(([key]) => !unknown.includes(key)));
  for (const key of unknown) {
    const meant = nearest(key, known);
    if (meant === null || Object.hasOwn(result, meant)) continue;
    result[meant] = map[key];
    findings.rename(at(site, meant), key);
  }
  return result;
}

/** Leaves out the key of the outermost map in which an issue lies. */
function withoutValue(root: unknown, issue: Issue): unknown {
  const [key] = pathOf(issue);
  if (isUnknownKeys(issue) || typeof key !== 'string') return root;
  return changed(root, [], (map) => Object.fromEntries(Object.entries(map).filter(([each]) => each !== key)));
}

function pathOf({ path = [] }: Issue): Path {
  return path.map((part) => (typeof part === 'object' ? part.key : part)).map((part) => (typeof part === 'symbol' ? String(part) : part));
}

/** A copy in which the map at a path is another; the value itself where there is no map. */
function changed(root: unknown, path: Path, change: (map: Readonly<Record<string, unknown>>) => unknown): unknown {
  if (typeof root !== 'object' || root === null) return root;
  if (path.length === 0) return Array.isArray(root) ? root : change(root as Record<string, unknown>);
  const [step, ...rest] = path;
  if (Array.isArray(root)) return root.map((each: unknown, at) => (at === step ? changed(each, rest, change) : each));
  const map = root as Record<string, unknown>;
  return Object.hasOwn(map, step) ? { ...map, [step]: changed(map[step], rest, change) } : root;
}
