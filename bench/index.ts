/** The benchmarks, as `millrace bench` runs them. Main thread. */
import { table } from '../src/cli/table.js';
import { makeFolders } from '../src/runtime/make-folders.js';
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { alternate, type Collected } from './alternate.js';
import { CASES } from './cases.js';
import { toCsv } from './csv.js';
import { readEnvironment } from './environment.js';
import { interruptible } from './interruption.js';
import { summariseCases, summariseRatios, type Results } from './results.js';
import { PROFILES, type BenchSettings } from './settings.js';
import { conditions, tables, type TextTable } from './tables.js';

export { compareFiles } from './compare.js';

export interface BenchRequest extends Partial<BenchSettings> {
  readonly json?: string;
  readonly csv?: string;
  readonly html?: string;
  /** Takes the table. */
  readonly write: (text: string) => void;
  /** Takes what is under way, a line at a time. */
  readonly progress: (text: string) => void;
}

/** Names of the cases, and what each is about. */
export function listCases(): readonly { name: string; says: string; byDefault: boolean }[] {
  return CASES.map(({ name, says, byDefault }) => ({ name, says, byDefault }));
}

/**
 * @returns the results; those with failures must not be published.
 * @throws Error for a case that there is not. @throws ConfigurationError for files whose folders cannot be made, before anything is measured.
 */
export async function bench({ json, csv, html, write, progress, ...asked }: BenchRequest): Promise<Results> {
  const settings: BenchSettings = { ...PROFILES[asked.profile ?? 'default'], ...asked };
  const unknown = settings.cases.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0) throw new Error(`there is no case '${unknown[0]}', expected ${CASES.map(({ name }) => name).join(', ')}`);
  const chosen = CASES.filter(({ name, byDefault }) => (settings.cases.length === 0 ? byDefault : settings.cases.includes(name)));
  await makeFolders(Object.entries({ json, csv, html }).flatMap(([option, file]) => (file === undefined ? [] : [{ file: resolve(file), place: `--${option}` }])));
  const environment = readEnvironment();
  const collected: Collected = { samples: [], failures: [], leftOut: [] };
  const endedEarly = await interruptible(progress, async (interrupted) => {
    for (const { name, groups } of chosen) {
      if (interrupted.aborted) break;
      for (const group of await groups(settings, progress, interrupted)) {
        if (interrupted.aborted) break;
        await alternate(name, group, settings, collected, progress, interrupted);
      }
    }
    return interrupted.aborted;
  });
  const results: Results = {
    schemaVersion: 2,
    environment: { ...environment, loadAfter: loadavg()[0], endedEarly },
    settings,
    cases: summariseCases(collected.samples),
    ratios: summariseRatios(collected.samples),
    ...collected,
  };
  write(render(results));
  // Samples are in the CSV; twice they would only be larger.
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ ...results, samples: csv === undefined ? results.samples : [] }, null, 1)}\n`);
  if (csv !== undefined) await writeFile(csv, toCsv(results));
  if (html !== undefined) {
    const { reportPage } = await import('./report/page.js');
    await writeFile(html, reportPage(toCsv(results)));
  }
  return results;
}

export function render(results: Results): string {
  const shown = tables(results).flatMap((text) => [text.title, ...lines(text), '']);
  const failed = results.failures.map(({ case: name, way, factors, repetition, reason }) =>
    `no number: ${name}, ${way} (${Object.entries(factors).filter(([, value]) => value !== null).map(([factor, value]) => `${factor} ${value}`).join(', ')}), repetition ${repetition}: ${reason}`);
  const absent = new Map(results.leftOut.map(({ case: name, way, reason }) => [`${name} ${reason}`, `left out: ${name}, ${way}: ${reason}`]));
  return [...shown, ...conditions(results), ...absent.values(), ...failed, ''].join('\n');
}

function lines({ columns, words, rows }: TextTable): string[] {
  return table(columns.map((title, at) => ({ title, right: at >= words })), rows, { titleStyle: (text) => text });
}
