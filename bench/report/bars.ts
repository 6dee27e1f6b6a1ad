/** Bars as SVG, in text: a row for each thing that is compared, from zero, with its interval and its value. */
import { escapeXml, plain, roundTicks } from './axis.js';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Of the interval; the same as `value` where there is none. */
  readonly low: number;
  readonly high: number;
  /** Ours, or what it is set beside. */
  readonly isOurs: boolean;
}

export interface BarChart {
  readonly title: string;
  readonly label: string;
  /** Groups of rows stand a little apart. */
  readonly groups: readonly (readonly Bar[])[];
}

const WIDTH = 760;
const LEFT = 200;
const RIGHT = 70;
const TOP = 8;
const BOTTOM = 48;
const ROW = 24;
const BAR = 14;
const GAP = 12;
/** Colours of the page's style. */
const OURS = 'c0';
const THEIRS = 'c7';

export function drawBars({ title, label, groups }: BarChart): string {
  const bars = groups.flat();
  const most = Math.max(...bars.map(({ high }) => high)) * 1.02;
  const across = (value: number): number => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const rows: string[] = [];
  let y = TOP;
  for (const group of groups) {
    for (const { name, value, low, high, isOurs } of group) {
      const colour = isOurs ? OURS : THEIRS;
      const middle = y + ROW / 2;
      const whisker = high > low ? `<line class="interval" x1="${across(low).toFixed(1)}" x2="${across(high).toFixed(1)}" y1="${middle}" y2="${middle}"/>` : '';
      rows.push(`<text class="bar-name" text-anchor="end" x="${LEFT - 8}" y="${middle + 4}">${escapeXml(name)}</text><rect class="bar ${colour}" x="${LEFT}" y="${middle - BAR / 2}" width="${(across(value) - LEFT).toFixed(1)}" height="${BAR}"/>${whisker}<text class="tick" x="${(across(Math.max(high, value)) + 6).toFixed(1)}" y="${middle + 4}">${plain(value)}</text>`);
      y += ROW;
    }
    y += GAP;
  }
  const foot = y - GAP + 6;
  const ticks = roundTicks(0, most, false).map((tick) => `<line class="grid" x1="${across(tick).toFixed(1)}" x2="${across(tick).toFixed(1)}" y1="${TOP}" y2="${foot}"/><text class="tick" text-anchor="middle" x="${across(tick).toFixed(1)}" y="${foot + 16}">${plain(tick)}</text>`);
  return `<svg viewBox="0 0 ${WIDTH} ${foot + BOTTOM}" role="img" aria-label="${escapeXml(title)}">${ticks.join('')}${rows.join('')}<line class="axis" x1="${LEFT}" x2="${LEFT}" y1="${TOP}" y2="${foot}"/><text class="label" text-anchor="middle" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${foot + BOTTOM - 12}">${escapeXml(label)}</text></svg>`;
}
