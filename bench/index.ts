/** The benchmarks, as `millrace bench` runs them. Main thread. */
import { table } from '#millrace/cli/table.js';
import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { toCsv } from './csv.js';
import { readEnvironment } from './environment.js';
import { runMacro } from './macro-run.js';
import { runMicro } from './micro/micro-run.js';
import { summariseCases, summariseRatios, type Results } from './results.js';
import type { Failure, Sample } from './sample.js';
import { DEFAULTS, QUICK, type BenchSettings } from './settings.js';
import { conditions, macroTable, microTable, type TextTable } from './tables.js';

export interface BenchRequest extends Partial<BenchSettings> {
  readonly json?: string;
  readonly csv?: string;
  /** Takes the table. */
  readonly write: (text: string) => void;
  /** Takes what is under way, a line at a time. */
  readonly progress: (text: string) => void;
}

/** @returns the results; those with failures must not be published. */
export async function bench({ json, csv, write, progress, ...asked }: BenchRequest): Promise<Results> {
  const settings: BenchSettings = { ...DEFAULTS, ...(asked.quick === true ? QUICK : {}), ...asked };
  const environment = readEnvironment();
  const samples: Sample[] = [];
  const failures: Failure[] = [];
  if (settings.suites.includes('micro')) await runMicro(settings, samples, failures, progress);
  if (settings.suites.includes('macro')) await runMacro(settings, samples, failures, progress);
  const results: Results = {
    schemaVersion: 1,
    environment: { ...environment, loadAfter: loadavg()[0] },
    settings,
    cases: summariseCases(samples),
    ratios: summariseRatios(samples),
    failures,
    samples,
  };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  if (csv !== undefined) await writeFile(csv, toCsv(results));
  write(render(results));
  return results;
}

export function render(results: Results): string {
  const shown = [microTable(results), macroTable(results)].filter(({ rows }) => rows.length > 0).flatMap((text) => [text.title, ...lines(text), '']);
  const failed = results.failures.map(({ case: name, mode, bytes, repetition, reason }) =>
    `no number: ${name}, ${mode}${bytes === null ? '' : `, ${bytes} B`}, repetition ${repetition}: ${reason}`);
  return [...shown, ...conditions(results), ...failed, ''].join('\n');
}

function lines({ columns, words, rows }: TextTable): string[] {
  return table(columns.map((title, at) => ({ title, right: at >= words })), rows, { titleStyle: (text) => text });
}
