/** Rows of text for people: the terminal and the page in docs show the same ones. */
import type { CaseSummary, Results } from './results.js';
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
export function withInterval({ median, interval, minimum, maximum }: Summary, scale = 1): string {
  const of = (value: number): string => digits(value * scale);
  return interval === null ? `${of(median)} (${of(minimum)} … ${of(maximum)})` : `${of(median)} [${of(interval.low)}, ${of(interval.high)}]`;
}

/** Millions of packets per second, from the time of one: the order turns round. */
function mpps({ median, interval, minimum, maximum, count }: Summary): string {
  const of = (ns: number): number => 1000 / ns;
  return withInterval({
    count,
    median: of(median),
    minimum: of(maximum),
    maximum: of(minimum),
    interval: interval === null ? null : { low: of(interval.high), high: of(interval.low), coverage: interval.coverage },
  });
}

export function macroTable({ cases, ratios }: Pick<Results, 'cases' | 'ratios'>): TextTable {
  const macro = cases.filter(({ suite }) => suite === 'macro');
  const ratioOf = ({ case: name, bytes, mode }: CaseSummary): string => {
    const found = ratios.find((ratio) => ratio.case === name && ratio.bytes === bytes && ratio.baseline === mode);
    return found === undefined ? '' : withInterval(found.ratio);
  };
  return {
    title: 'Macro: through the real runtime, and by messages',
    columns: ['case', 'mode', 'threads', 'B', 'Mpps', 'ns a packet', 'zero-copy is faster by'],
    words: 2,
    rows: macro.map((summary) => [
      summary.case, summary.mode, String(summary.threads), String(summary.bytes ?? ''), mpps(summary.nsPerOperation),
      withInterval(summary.nsPerOperation), ratioOf(summary),
    ]),
  };
}

export function microTable({ cases }: Pick<Results, 'cases'>): TextTable {
  return {
    title: 'Micro: one thread',
    columns: ['case', 'B', 'burst', 'ns an operation'],
    words: 1,
    rows: cases
      .filter(({ suite }) => suite === 'micro')
      .map((summary) => [summary.case, String(summary.bytes ?? ''), String(summary.burst ?? ''), withInterval(summary.nsPerOperation)]),
  };
}

/** What the numbers were measured on, and how, in sentences. */
export function conditions({ environment, settings, samples }: Pick<Results, 'environment' | 'settings' | 'samples'>): string[] {
  const { cpu, cores, availableCores, quotaCores, governor, node, v8, date, commit, version, loadBefore, loadAfter, kernel } = environment;
  const threads = Math.max(0, ...samples.map((sample) => sample.threads));
  const usable = Math.min(availableCores, quotaCores ?? Infinity);
  const lines = [
    `${cpu}, ${cores} cores, ${availableCores} of them usable, ${quotaCores === null ? 'no quota' : `a quota of ${digits(quotaCores)}`}, governor ${governor ?? 'unknown'}, Linux ${kernel}.`,
    `Node ${node}, V8 ${v8}. Millrace ${version}${commit === null ? '' : ` at ${commit}`}. ${date}. Load ${digits(loadBefore)} before, ${digits(loadAfter)} after.`,
    `${settings.repetitions} repetitions after one that does not count, seed ${settings.seed}. Median, and in brackets the interval between two order statistics that holds the true median with 95 % at least; in parentheses the whole range, where the repetitions are too few for that.`,
  ];
  if (threads > usable) lines.push(`There were more threads at work (${threads}) than cores (${digits(usable)}).`);
  if (settings.quick) lines.push('A quick run: it shows that everything works, and its numbers mean nothing.');
  return lines;
}
