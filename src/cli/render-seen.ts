/** What DPI saw: protocols and host names side by side, alerts below. */
import type { Report } from '../runtime/report.js';
import { count } from './format.js';
import type { RenderOptions } from './render-options.js';
import { table, type Column } from './table.js';
import type { Style } from './terminal.js';

/** The report holds all of them. */
const TOP = 12;
const SIDE_GAP = 4;
/** Each of two tables side by side gets at least this much. */
const MIN_SIDE = 28;

export function renderSeen({ protocols, hosts, alerts }: Report, { style, columns }: RenderOptions): string[] {
  const byProtocol = Object.entries(protocols).toSorted(([a, one], [b, other]) => other.packets - one.packets || compare(a, b));
  const left = top(
    [{ title: 'Protocols', style: style.name }, { title: 'flows', right: true }, { title: 'packets', right: true }],
    byProtocol.map(([name, { flows, packets }]) => [`  ${name}`, count(flows), count(packets)]),
    style,
    columns - SIDE_GAP - MIN_SIDE,
  );
  const leftWidth = Math.max(0, ...left.map(visibleLength));
  const hostWidth = left.length === 0 ? columns : columns - leftWidth - SIDE_GAP;
  const right = top([{ title: 'Hosts', style: style.name }, { title: 'flows', right: true }], largestFirst(hosts), style, hostWidth);
  const alerted = top([{ title: 'Alerts', style: style.warn }, { title: 'times', right: true }], largestFirst(alerts), style, columns);
  const seen = left.length === 0 ? right : beside(left, leftWidth, right);
  return seen.length > 0 && alerted.length > 0 ? [...seen, '', ...alerted] : [...seen, ...alerted];
}

function top(titles: readonly Column[], rows: readonly (readonly string[])[], style: Style, width: number): string[] {
  if (rows.length === 0) return [];
  const lines = table(titles, rows.slice(0, TOP), { titleStyle: style.strong, width });
  return rows.length > TOP ? [...lines, style.faint(`  and ${count(rows.length - TOP)} more`)] : lines;
}

function largestFirst(counts: Readonly<Record<string, number>>): string[][] {
  return Object.entries(counts)
    .toSorted(([a, one], [b, other]) => other - one || compare(a, b))
    .map(([name, times]) => [`  ${name}`, count(times)]);
}

function beside(left: readonly string[], width: number, right: readonly string[]): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const line = left[at] ?? '';
    return at >= right.length ? line : `${line}${' '.repeat(width - visibleLength(line) + SIDE_GAP)}${right[at]}`;
  });
}

function visibleLength(line: string): number {
  // oxlint-disable-next-line no-control-regex -- the escapes that colours are made of
  return line.replaceAll(/\x1b\[\d+m/g, '').length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
