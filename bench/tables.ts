/** Rows of text for people: the terminal and the page in docs show the same ones. */
import { FACTORS, groupBy, keyOf, type CaseSummary, type Results } from './results.js';
import type { Factors } from './sample.js';
import type { Summary } from './statistics.js';

export interface TextTable {
  readonly title: string;
  readonly columns: readonly string[];
  /** Leading columns that hold words; the others hold numbers. */
  readonly words: number;
  readonly rows: readonly (readonly string[])[];
}

/** Three significant digits, and never an exponent. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

/** `median [low, high]`; with too few repetitions for an interval, `median (minimum … maximum)`. */
export function withInterval({ median, interval, minimum, maximum, count }: Summary, scale = 1): string {
  const of = (value: number): string => digits(value * scale);
  if (count === 1) return of(median);
  return interval === null ? `${of(median)} (${of(minimum)} … ${of(maximum)})` : `${of(median)} [${of(interval.low)}, ${of(interval.high)}]`;
}

/** Millions of packets per second, from the nanoseconds of one. */
const mpps = ({ median }: Summary): string => digits(1000 / median);

/** Follows from others, or says nothing to a reader of the table: left to the CSV. */
const HIDDEN: readonly (keyof Factors)[] = ['slotBytes', 'threads'];

/** A factor that never differs stands in the title of a table; those that do have columns. */
export function splitFactors(name: string, rows: readonly Factors[]): { readonly title: string; readonly varied: readonly (keyof Factors)[] } {
  const shown = FACTORS.filter((factor) => !HIDDEN.includes(factor));
  const varied = shown.filter((factor) => new Set(rows.map((row) => row[factor])).size > 1);
  const fixed = shown.filter((factor) => !varied.includes(factor) && rows[0][factor] !== null);
  return { title: `${name}${fixed.length === 0 ? '' : ` (${fixed.map((factor) => `${factor} ${rows[0][factor] ?? ''}`).join(', ')})`}`, varied };
}

function tableOf(name: string, cases: readonly CaseSummary[], ratios: Results['ratios']): TextTable {
  const { title, varied } = splitFactors(name, cases);
  const isTimed = cases.some(({ metric }) => metric === 'time');
  const ratioOf = (row: CaseSummary): string => {
    const found = ratios.find(({ of }) => keyOf(of) === keyOf(row));
    return found === undefined ? '' : withInterval(found.ratio);
  };
  return {
    title,
    columns: ['way', ...varied, ...(isTimed ? ['ns a packet', 'Mpps', 'we are faster by', 'GCs'] : ['metric', 'value', 'unit'])],
    words: 1,
    rows: cases.map((row) => [
      row.way, ...varied.map((factor) => String(row[factor] ?? '')),
      ...(isTimed ? [withInterval(row.summary), mpps(row.summary), ratioOf(row), row.collections === null ? '' : String(row.collections)] : [row.metric, withInterval(row.summary), row.unit]),
    ]),
  };
}

/** A table for each case; a case with times and other values has two. */
export function tables({ cases, ratios }: Pick<Results, 'cases' | 'ratios'>): TextTable[] {
  return groupBy(cases, (row) => `${row.case}, ${row.metric === 'time' ? 'time of a packet' : 'other values'}`)
    .map((group) => {
      const [{ case: name, metric }] = group;
      const isBeside = metric !== 'time' && cases.some((row) => row.case === name && row.metric === 'time');
      return tableOf(isBeside ? `${name}, beside time` : name, group, ratios);
    });
}

/** As many as there were: some ways take long, and have fewer than were asked for. */
function repetitionsOf(cases: Results['cases']): string {
  if (cases.length === 0) return 'No repetition';
  const counts = cases.map(({ repetitions }) => repetitions);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return `${fewest === most ? '' : `${fewest} to `}${most} ${most === 1 ? 'repetition' : 'repetitions'}`;
}

/** What the numbers were measured on, and how, in sentences. */
export function conditions({ environment, settings, cases }: Pick<Results, 'environment' | 'settings' | 'cases'>): string[] {
  const { cpu, cores, availableCores, quotaCores, governor, node, v8, date, commit, version, loadBefore, loadAfter, kernel, flags, endedEarly } = environment;
  const threads = Math.max(0, ...cases.map((row) => row.threads ?? 0));
  const usable = Math.min(availableCores, quotaCores ?? Infinity);
  const lines = [
    `${cpu}, ${cores} cores, ${availableCores} of them usable, ${quotaCores === null ? 'no quota' : `a quota of ${digits(quotaCores)}`}, governor ${governor ?? 'unknown'}, Linux ${kernel}.`,
    `Node ${node}${flags === null ? '' : ` with ${flags}`}, V8 ${v8}. Millrace ${version}${commit === null ? '' : ` at ${commit}`}. ${date}. Load ${digits(loadBefore)} before, ${digits(loadAfter)} after.`,
    `${repetitionsOf(cases)}, seed ${settings.seed}. Median, and in brackets the interval between two order statistics that holds the true median with 95 % at least; in parentheses the whole range, where the repetitions are too few for that.`,
  ];
  if (threads > usable) lines.push(`There were up to ${threads} threads at work on ${digits(usable)} cores.`);
  if (endedEarly) lines.push('Ended early: these are the figures until then.');
  if (settings.profile === 'quick') lines.push('A quick run: it shows that everything works, and its numbers are no measurement.');
  return lines;
}
