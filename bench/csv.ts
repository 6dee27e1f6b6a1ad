/** The tidy table: a row a sample, a column a factor, the environment in every row, so that files can be put together. */
import type { Results } from './results.js';
import type { Sample } from './sample.js';

const SAMPLE_COLUMNS = [
  'suite', 'case', 'mode', 'bytes', 'vms', 'burst', 'slots', 'slotBytes', 'threads', 'repetition', 'operations', 'seconds',
  'nsPerOperation', 'window', 'bytesCopied', 'payloadHash',
] as const satisfies readonly (keyof Sample)[];
const ENVIRONMENT_COLUMNS = [
  'date', 'cpu', 'cores', 'availableCores', 'quotaCores', 'governor', 'memoryBytes', 'kernel', 'node', 'v8', 'loadBefore', 'loadAfter', 'commit', 'version',
] as const satisfies readonly (keyof Results['environment'])[];

/** RFC 4180: quoted where a comma, a quote or a line break makes it necessary. What is not known is empty. */
export function csvField(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function toCsv({ samples, environment, settings }: Pick<Results, 'samples' | 'environment' | 'settings'>): string {
  const shared = [...ENVIRONMENT_COLUMNS.map((column) => environment[column]), settings.seed];
  const lines = [
    [...SAMPLE_COLUMNS, ...ENVIRONMENT_COLUMNS, 'seed'],
    ...samples.map((sample) => [...SAMPLE_COLUMNS.map((column) => sample[column]), ...shared]),
  ];
  return lines.map((line) => `${line.map(csvField).join(',')}\n`).join('');
}
