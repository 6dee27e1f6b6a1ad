/** What DPI saw: protocols and host names side by side where there is room, alerts below. */
import type { Report } from '../runtime/report.js';
import type { RenderOptions } from './render.js';
import { count } from './format.js';
import { table } from './table.js';

/** The report holds all of them. */
const TOP = 12;
const SIDE_GAP = 4;

export function renderSeen({ protocols, hosts, alerts }: Report, { style, columns }: RenderOptions): string[] {
  const byProtocol = Object.entries(protocols).toSorted(([a, one], [b, other]) => other.packets - one.packets || compare(a, b));
  const byHost = Object.entries(hosts).toSorted(([a, one], [b, other]) => other - one || compare(a, b));
  const left = table(
    [{ title: 'Protocols', style: style.name, most: 30 }, { title: 'flows', right: true }, { title: 'packets', right: true }],
    top(byProtocol).map(([name, { flows, packets }]) => [`  ${name}`, count(flows), count(packets)]),
    style.strong,
  ).concat(more(byProtocol.length, style.faint));
  const leftWidth = Math.max(0, ...left.map(visibleLength));
  const room = columns - leftWidth - SIDE_GAP - 7;
  const right = table(
    [{ title: 'Hosts', style: style.name, most: Math.max(24, room) }, { title: 'flows', right: true }],
    top(byHost).map(([name, flows]) => [`  ${name}`, count(flows)]),
    style.strong,
  ).concat(more(byHost.length, style.faint));
  const seen = byProtocol.length === 0 ? (byHost.length === 0 ? [] : right) : byHost.length === 0 ? left : beside(left, leftWidth, right);
  const byAlert = Object.entries(alerts).toSorted(([a, one], [b, other]) => other - one || compare(a, b));
  if (byAlert.length === 0) return seen;
  const alerted = table(
    [{ title: 'Alerts', style: style.warn, most: columns - 10 }, { title: 'times', right: true }],
    top(byAlert).map(([name, times]) => [`  ${name}`, count(times)]),
    style.strong,
  ).concat(more(byAlert.length, style.faint));
  return seen.length === 0 ? alerted : [...seen, '', ...alerted];
}

function top<Entry>(entries: readonly Entry[]): readonly Entry[] {
  return entries.slice(0, TOP);
}

function more(length: number, faint: (text: string) => string): string[] {
  return length > TOP ? [faint(`  and ${count(length - TOP)} more`)] : [];
}

function beside(left: readonly string[], width: number, right: readonly string[]): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) => {
    const line = left[at] ?? '';
    return at >= right.length ? line : `${line}${' '.repeat(width - visibleLength(line) + SIDE_GAP)}${right[at]}`;
  });
}

function visibleLength(line: string): number {
  // eslint-disable-next-line no-control-regex -- the escapes that colours are made of
  return line.replaceAll(/\x1b\[\d+m/g, '').length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
