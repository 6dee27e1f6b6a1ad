/** Lets a network function check and prepare its own options, and asks what it declares. Main thread, before any other. */
import { isAbsolute, resolve } from 'node:path';
import type { Spread } from '../flow/steering.js';
import type { Definition, NetworkFunctionUse, OptionProblem } from '../nf/contract.js';
import { schemaOf } from '../nf/define.js';
import { inTime } from './in-time.js';
import { at, describe, type Findings, type Site } from './place.js';
import type { PlanFunction } from './plan.js';
import { takeKnownKeys } from './readable-part.js';
import { reportIssue } from './shape.js';

/** What options are prepared against. */
interface Surroundings {
  readonly findings: Findings;
  readonly baseDirectory: string;
  readonly ports: readonly string[];
  /** How long a check may take. */
  readonly limitMs: number;
}

/** A function with its options checked, before it is known how often it exists. */
export type PreparedFunction = Omit<PlanFunction, 'replica'> & { spread: Spread };

/**
 * @param site where the options stand.
 * @returns the VM, or null when there are problems.
 */
export async function prepareUse(
  { findings, baseDirectory, ports, limitMs }: Surroundings,
  chain: string,
  use: NetworkFunctionUse,
  definition: Definition,
  site: Site,
): Promise<PreparedFunction | null> {
  const before = findings.problems.length;
  try {
    const schema = await inTime(schemaOf(definition), limitMs);
    const validate = async (value: unknown) => inTime(Promise.resolve(schema['~standard'].validate(value)), limitMs);
    let validated = await validate(use.options);
    if (validated.issues !== undefined) {
      const known = takeKnownKeys(findings, validated.issues, schema, use.options, site);
      if (known !== use.options) validated = await validate(known);
      if (validated.issues !== undefined) {
        for (const issue of validated.issues) reportIssue(findings, issue, known, site, schema);
        return null;
      }
      // A key too many hides nothing: what the function itself finds in the others is said too.
    }
    const options = await inTime(Promise.resolve(definition.prepare?.(validated.value, {
      ports,
      resolve: (path) => (isAbsolute(path) ? path : resolve(baseDirectory, path)),
      problem: (problem) => {
        optionProblem(findings, problem, use.options, site);
      },
    }) ?? validated.value), limitMs);
    if (findings.problems.length > before) return null;
    if (!isClonable(findings, use, options, site)) return null;
    return {
      name: use.name,
      chain,
      module: use.module,
      function: use.function,
      options,
      spread: (typeof definition.spread === 'function' ? definition.spread(options) : definition.spread) ?? { by: 'connection' },
      drops: [...(definition.drops ?? [])],
      counters: [...(typeof definition.counters === 'function' ? definition.counters(options) : (definition.counters ?? []))],
      tables: { ...((typeof definition.tables === 'function' ? definition.tables(options) : (definition.tables ?? {}))) },
    };
  } catch (cause) {
    if (findings.problems.length === before) {
      const message = `'${use.function}' failed while its options were being prepared`;
      findings.add('function-failed', site, { found: reasonOf(cause), expected: 'problems to be reported, not thrown', message });
    }
    return null;
  }
}

/** What Node says of a file that is not there. */
const NO_FILE = /\b(?:ENOENT|ENOTDIR): [^']*'([^']*)'/;

function optionProblem(findings: Findings, problem: OptionProblem, options: unknown, site: Site): void {
  const { path, message, line, column } = problem;
  const missing = NO_FILE.exec(message)?.[1];
  if (missing !== undefined) {
    findings.add('file-missing', at(site, ...path), { found: 'no file', expected: 'a file to read', message: `there is no file ${describe(missing)}` });
    return;
  }
  // A place in a file that the option names is in the message; ours are places in the option's own text.
  const elsewhere = line !== undefined && message.includes(`:${line}:`);
  let value = options;
  for (const step of path) value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  findings.add('invalid-option', at(site, ...path), {
    found: problem.found ?? describe(value),
    expected: problem.expected ?? 'a value that the function accepts',
    message,
    ...(line !== undefined && !elsewhere && { within: { line, column: column ?? 1 } }),
  });
}

function isClonable(findings: Findings, use: NetworkFunctionUse, options: unknown, site: Site): boolean {
  try {
    structuredClone(options);
    return true;
  } catch (cause) {
    const message = `the options of '${use.name}' cannot cross threads`;
    findings.add('options-not-clonable', site, { found: reasonOf(cause), expected: 'plain data', message });
    return false;
  }
}

/** What went wrong, of anything that may be thrown. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

