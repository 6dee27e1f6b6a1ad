/** Plots as SVG, in text: axes, lines with intervals, names at the ends of lines. Colours come from the page's style. */
import { escapeXml, plain, roundTicks } from './axis.js';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Of the interval; the same as `y` where there is none. */
  readonly low: number;
  readonly high: number;
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Axis {
  readonly label: string;
  readonly log: boolean;
  /** Where it is marked; without them, at powers of ten or round values. */
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** A line across, with its name: a target, the number of cores. */
  readonly marks?: readonly { readonly axis: 'x' | 'y'; readonly at: number; readonly name: string }[];
}

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 74;
const TOP = 18;
const BOTTOM = 52;
const LINE_HEIGHT = 15;
/** Of the average letter of a name, rounded up. */
const LETTER_WIDTH = 7.8;
const NAME_GAP = 10;
/** Room is left for names of at least so many letters: plots of a page look alike. */
const SHORTEST_NAME = 16;
/** Colours of the page's style; with more lines than that they come again. */
const COLOURS = 12;
/** Ways that stand in several plots have the same colour in all of them. */
const OF_ITS_OWN = ['hub', 'mesh', 'together', 'inline', 'hub, copy', 'mesh, copy', 'together, copy', 'inline, copy'];

function coloursOf(names: readonly string[]): number[] {
  let next = OF_ITS_OWN.length;
  return names.map((name) => {
    const own = OF_ITS_OWN.indexOf(name.replace(', zero-copy', ''));
    return own >= 0 ? own : next++ % COLOURS;
  });
}

class Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly #axis: Axis;
  readonly #from: number;
  readonly #to: number;

  constructor(axis: Axis, values: readonly number[], from: number, to: number, padded: boolean) {
    const least = Math.min(...values);
    const most = Math.max(...values);
    this.#axis = axis;
    this.#from = from;
    this.#to = to;
    if (axis.log) {
      this.low = padded ? least / 1.25 : least;
      this.high = padded ? most * 1.25 : Math.max(most, least * 1.01);
    } else {
      this.low = padded ? 0 : least;
      this.high = (padded ? most * 1.08 : most) || 1;
    }
    this.ticks = (axis.ticks ?? roundTicks(this.low, this.high, axis.log)).filter((tick) => tick >= this.low * 0.999 && tick <= this.high * 1.001);
  }

  at(value: number): number {
    const of = this.#axis.log ? Math.log : (each: number): number => each;
    return this.#from + ((of(value) - of(this.low)) / (of(this.high) - of(this.low) || 1)) * (this.#to - this.#from);
  }
}

/** Names at the ends of lines, moved apart until none covers another. */
function labels(x: number, ends: readonly { name: string; y: number; colour: number }[]): string {
  const sorted = ends.toSorted((a, b) => a.y - b.y);
  let last = TOP - LINE_HEIGHT;
  const heights = sorted.map(({ y }) => (last = Math.max(y, last + LINE_HEIGHT)));
  // Those that were moved below the plot move the others up.
  let lowest = HEIGHT - BOTTOM;
  for (let at = heights.length - 1; at >= 0; at--) {
    heights[at] = Math.min(heights[at], lowest);
    lowest = heights[at] - LINE_HEIGHT;
  }
  return sorted.map(({ name, colour }, at) => `<text class="name c${colour}" x="${x}" y="${(heights[at] + 4).toFixed(1)}">${escapeXml(name)}</text>`).join('');
}

export function drawChart({ title, x, y, series, marks = [] }: Chart): string {
  const points = series.flatMap((each) => each.points);
  /** Where the plot ends and names begin. */
  const end = Math.floor(WIDTH - NAME_GAP - LETTER_WIDTH * Math.max(SHORTEST_NAME, ...series.map(({ name }) => name.length)));
  const across = new Scale(x, [...points.map((point) => point.x), ...marks.filter(({ axis }) => axis === 'x').map(({ at }) => at)], LEFT, end, false);
  const up = new Scale(y, [...points.flatMap(({ low, high }) => [low, high]), ...marks.filter(({ axis }) => axis === 'y').map(({ at }) => at)], HEIGHT - BOTTOM, TOP, true);
  const format = { x: x.format ?? plain, y: y.format ?? plain };
  const grid = [
    ...up.ticks.map((tick) => `<line class="grid" x1="${LEFT}" x2="${end}" y1="${up.at(tick).toFixed(1)}" y2="${up.at(tick).toFixed(1)}"/><text class="tick" text-anchor="end" x="${LEFT - 8}" y="${(up.at(tick) + 4).toFixed(1)}">${format.y(tick)}</text>`),
    ...across.ticks.map((tick) => `<line class="grid" x1="${across.at(tick).toFixed(1)}" x2="${across.at(tick).toFixed(1)}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM + 5}"/><text class="tick" text-anchor="middle" x="${across.at(tick).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}">${format.x(tick)}</text>`),
  ];
  const colours = coloursOf(series.map(({ name }) => name));
  const drawn = series.map(({ name, points: own }, at) => {
    const colour = colours[at];
    const line = own.map((point) => `${across.at(point.x).toFixed(1)},${up.at(point.y).toFixed(1)}`).join(' ');
    const signs = own.map((point) => {
      const [px, py] = [across.at(point.x).toFixed(1), up.at(point.y).toFixed(1)];
      const whisker = point.high > point.low ? `<line class="whisker c${colour}" x1="${px}" x2="${px}" y1="${up.at(point.low).toFixed(1)}" y2="${up.at(point.high).toFixed(1)}"/>` : '';
      return `${whisker}<circle class="dot c${colour}" cx="${px}" cy="${py}" r="3.5"><title>${escapeXml(`${name}: ${format.x(point.x)}, ${format.y(point.y)}`)}</title></circle>`;
    });
    return `<polyline class="line c${colour}" points="${line}"/>${signs.join('')}`;
  });
  const lines = marks.map(({ axis, at, name }) => axis === 'y'
    ? `<line class="mark" x1="${LEFT}" x2="${end}" y1="${up.at(at).toFixed(1)}" y2="${up.at(at).toFixed(1)}"/><text class="tick" x="${LEFT + 6}" y="${(up.at(at) - 5).toFixed(1)}">${escapeXml(name)}</text>`
    : `<line class="mark" x1="${across.at(at).toFixed(1)}" x2="${across.at(at).toFixed(1)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text class="tick" x="${(across.at(at) + 6).toFixed(1)}" y="${TOP + 10}">${escapeXml(name)}</text>`);
  const ends = series.flatMap(({ name, points: own }, at) => (own.length === 0 ? [] : [{ name, y: up.at(own[own.length - 1].y), colour: colours[at] }]));
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}">${grid.join('')}<line class="axis" x1="${LEFT}" x2="${end}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>${lines.join('')}${drawn.join('')}${labels(end + NAME_GAP, ends)}<text class="label" text-anchor="middle" x="${(LEFT + end) / 2}" y="${HEIGHT - 8}">${escapeXml(x.label)}</text><text class="label" text-anchor="middle" transform="rotate(-90)" x="${-(TOP + HEIGHT - BOTTOM) / 2}" y="16">${escapeXml(y.label)}</text></svg>`;
}
