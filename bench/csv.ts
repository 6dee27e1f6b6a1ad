/** The tidy table: a row a measured value, a column a factor, the environment in every row, so that files can be put together. */
import { FACTORS, type Results } from './results.js';
import type { Sample } from './sample.js';

const SAMPLE_COLUMNS = [
  'case', 'way', 'metric', 'unit', 'value', 'repetition', ...FACTORS, 'packets', 'seconds', 'collections', 'bytesCopied', 'payloadHash',
] as const satisfies readonly (keyof Sample)[];
const ENVIRONMENT_COLUMNS = [
  'date', 'cpu', 'cores', 'availableCores', 'quotaCores', 'governor', 'memoryBytes', 'kernel', 'node', 'v8', 'loadBefore', 'loadAfter', 'commit', 'version', 'flags', 'compiler', 'endedEarly',
] as const satisfies readonly (keyof Results['environment'])[];
/** Columns of numbers: an empty field is null, not a text. */
const TEXTS = new Set(['case', 'way', 'metric', 'unit', 'mode', 'routing', 'placement', 'wakeUp', 'touch', 'payloadHash']);

/** RFC 4180: quoted where a comma, a quote or a line break makes it necessary. What is not known is empty. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Nine significant digits are more than any clock gives. */
const shortened = (value: string | number | null): string | number | null =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;

export function toCsv({ samples, environment, settings }: Pick<Results, 'samples' | 'environment' | 'settings'>): string {
  const shared = [...ENVIRONMENT_COLUMNS.map((column) => (column === 'endedEarly' ? (environment.endedEarly ? 'yes' : '') : environment[column])), settings.profile, settings.seed];
  const lines = [
    [...SAMPLE_COLUMNS, ...ENVIRONMENT_COLUMNS, 'profile', 'seed'],
    ...samples.map((sample) => [...SAMPLE_COLUMNS.map((column) => shortened(sample[column])), ...shared]),
  ];
  return lines.map((line) => `${line.map(csvField).join(',')}\n`).join('');
}

/** The fields of a table by RFC 4180. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** What a CSV file holds. */
export interface Table {
  readonly samples: readonly Sample[];
  /** Of the first row: date, processor, version of Node and the rest. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws Error when the text is not a table of samples. */
export function fromCsv(text: string, name = 'this file'): Table {
  const [head, ...rows] = parseCsv(text);
  const missing = SAMPLE_COLUMNS.filter((column) => !(head?.includes(column)));
  if (head === undefined || missing.length > 0) throw new Error(`${name} is no table of samples: columns missing: ${missing.slice(0, 4).join(', ')}`);
  const samples = rows.map((row) => Object.fromEntries(SAMPLE_COLUMNS.map((column) => {
    const field = row[head.indexOf(column)] ?? '';
    return [column, field === '' ? null : TEXTS.has(column) ? field : Number(field)];
  })) as unknown as Sample);
  const first = rows[0] ?? [];
  return { samples, environment: Object.fromEntries([...ENVIRONMENT_COLUMNS, 'profile', 'seed'].map((column) => [column, first[head.indexOf(column)] ?? ''])) };
}
