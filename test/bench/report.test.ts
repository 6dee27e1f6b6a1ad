import { describe, expect, it } from 'vitest';
import { toCsv } from '../../bench/csv.js';
import { drawBars } from '../../bench/report/bars.js';
import { drawChart, type Chart } from '../../bench/report/chart.js';
import { figures } from '../../bench/report/figures.js';
import { reportPage } from '../../bench/report/page.js';
import type { Sample } from '../../bench/sample.js';
import { resultsOf, sample } from './samples.js';

const SAMPLES = [64, 1500, 9000].flatMap((bytes) => [1, 2, 3, 4, 5, 6].flatMap((repetition) => [
  sample('zero-copy', repetition, 100 + repetition, { bytes }), sample('copy', repetition, 100 + bytes / 10 + repetition, { bytes }),
]));

/** The plots with lines. */
const charts = (samples: readonly Sample[]): Chart[] => figures(samples, 2).flatMap(({ chart }) => ('groups' in chart ? [] : [chart]));

describe('the page of plots', () => {
  it('has a point for each size, with the interval of its repetitions', () => {
    const [chart] = charts(SAMPLES);
    expect(chart.series.map(({ name }) => name)).toEqual(['hub, zero-copy', 'hub, copy']);
    expect(chart.series[0].points).toEqual([64, 1500, 9000].map((x) => ({ x, y: 103.5, low: 101, high: 106 })));
  });

  it('holds all factors but its own: other ring depths are no part of a size', () => {
    const deeper = [1, 2, 3].map((repetition) => sample('zero-copy', repetition, 9999, { bytes: 64, slots: 16_384 }));
    expect(charts([...SAMPLES, ...deeper])[0].series[0].points[0].y).toBe(103.5);
  });

  it('draws only what was measured', () => {
    expect(figures(SAMPLES, 2).map(({ chart }) => chart.title)).toContain('Packet size');
    // Neither what was not measured, nor what was measured with one value: bursts here.
    expect(figures(SAMPLES, 2).map(({ chart }) => chart.title)).not.toContain('Burst');
    expect(figures(SAMPLES, 2).map(({ chart }) => chart.title).filter((title) => title.startsWith('Latency'))).toEqual([]);
    expect(figures([], 2)).toEqual([]);
  });

  it('has a plot of latency for each load, the same rate for all first', () => {
    const latencies = [null, 0.5, 0.1].flatMap((load) => ['p50', 'p99', 'max'].map((metric, at) => sample('zero-copy', 1, 10 ** at, { case: 'latency', metric, unit: 'us', load, offered: 1e6 })));
    const found = charts(latencies);
    expect(found.map(({ title }) => title)).toEqual(['Latency at 1 Mpps', 'Latency at 10 % of the rate found', 'Latency at 50 % of the rate found']);
    expect(found[0].series).toEqual([{ name: 'hub', points: [[0, 1], [2, 10], [5, 100]].map(([x, y]) => ({ x, y, low: y, high: y })) }]);
  });

  it('has bars for recorded packets: ours and theirs, a recording together, from zero to the median', () => {
    const real = (touch: string, bytes: number, value: number, changes: Partial<Sample> = {}): Sample[] => [1, 2, 3].map((repetition) => sample('zero-copy', repetition, value * repetition, { case: 'real', placement: 'inline', touch, bytes, ...changes }));
    const click = { way: 'click', placement: null, routing: null };
    const found = figures([
      ...real('firewall, NAT, DPI over Click\'s packets, established', 340, 400), ...real('firewall, NAT, DPI over Click\'s packets, two runtimes, established', 341, 200), ...real('firewall, NAT', 340, 300, click),
      ...real('firewall, NAT, DPI over Click\'s packets, established', 462, 500), ...real('firewall, NAT, two processes', 463, 150, click),
    ], 2);
    expect(found.map(({ chart }) => chart.title)).toEqual(['Beside Click']);
    const [{ chart }] = found;
    if (!('groups' in chart)) throw new Error('expected bars');
    expect(chart.groups.map((group) => group.map(({ name, value, low, high, isOurs }) => [name, value, low, high, isOurs]))).toEqual([
      [['inline, 340 B', 800, 400, 1200, true], ['two runtimes, 341 B', 400, 200, 600, true], ['Click, one core, 340 B', 600, 300, 900, false]],
      [['inline, 462 B', 1000, 500, 1500, true], ['two of Click, 463 B', 300, 150, 450, false]],
    ]);
    const widths = [...drawBars(chart).matchAll(/<rect class="bar (c\d)" x="200" y="[\d.]+" width="([\d.]+)"/g)].map(([, colour, width]) => [colour, Number(width)] as const);
    expect(widths.map(([colour]) => colour)).toEqual(['c0', 'c0', 'c7', 'c0', 'c7']);
    expect(widths[0][1] / widths[1][1]).toBeCloseTo(2, 2);
    for (const [, at] of drawBars(chart).matchAll(/x2?="([\d.]+)"/g)) expect(Number(at)).toBeLessThan(760);
  });

  it('needs no script, names its surroundings, and is whole', () => {
    const page = reportPage(toCsv(resultsOf(SAMPLES)));
    expect(page).not.toMatch(/<script|https?:/);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).toContain('A CPU, &quot;quoted&quot;');
    expect(page.match(/<svg/g)?.length).toBe(page.match(/<\/svg>/g)?.length);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(() => reportPage('a,b\n', 'x.csv')).toThrow('x.csv is no table of samples');
  });

  it('keeps lines within the plot and names apart', () => {
    const flat = { x: 1, y: 5, low: 5, high: 5 };
    const svg = drawChart({ title: 't', x: { label: 'x', log: true }, y: { label: 'y', log: true }, series: [{ name: 'a<b', points: [flat, { ...flat, x: 8 }] }, { name: 'c', points: [flat, { ...flat, x: 8 }] }] });
    expect(svg).toContain('a&lt;b');
    const heights = [...svg.matchAll(/<text class="name[^"]*" x="\d+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.abs(heights[0] - heights[1])).toBeGreaterThanOrEqual(15);
    for (const [, y] of svg.matchAll(/cy="([\d.]+)"/g)) expect(Number(y)).toBeLessThan(380);
  });

  it('keeps names above the axis, and gives a way the same colour in every plot', () => {
    const draw = (...names: string[]): RegExpMatchArray[] => [...drawChart({ title: 't', x: { label: 'x', log: false }, y: { label: 'y', log: false }, series: names.map((name, at) => ({ name, points: [{ x: 1, y: at / 100, low: 0, high: 100 }, { x: 2, y: at / 100, low: 0, high: 100 }] })) }).matchAll(/<text class="name (c\d+)" x="\d+" y="([\d.]+)">([^<]+)/g)];
    for (const [, , y] of draw('a', 'b', 'c', 'd', 'e')) expect(Number(y)).toBeLessThanOrEqual(380 - 52 + 4);
    const colours = (...names: string[]): Record<string, string> => Object.fromEntries(draw(...names).map(([, colour, , name]) => [name, colour]));
    expect(colours('hub, zero-copy', 'clone', 'inline, zero-copy')).toEqual({ 'hub, zero-copy': 'c0', clone: 'c8', 'inline, zero-copy': 'c3' });
    expect(colours('inline', 'hub')).toEqual({ inline: 'c3', hub: 'c0' });
  });
});
