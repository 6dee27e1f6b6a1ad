import { describe, expect, it } from 'vitest';
import { toCsv } from '../../bench/csv.js';
import { drawChart } from '../../bench/report/chart.js';
import { figures } from '../../bench/report/figures.js';
import { reportPage } from '../../bench/report/page.js';
import { resultsOf, sample } from './samples.js';

const SAMPLES = [64, 1500, 9000].flatMap((bytes) => [1, 2, 3, 4, 5, 6].flatMap((repetition) => [
  sample('zero-copy', repetition, 100 + repetition, { bytes }), sample('copy', repetition, 100 + bytes / 10 + repetition, { bytes }),
]));

describe('the page of plots', () => {
  it('has a point for each size, with the interval of its repetitions', () => {
    const [{ chart }] = figures(SAMPLES, 2);
    expect(chart.series.map(({ name }) => name)).toEqual(['hub, zero-copy', 'hub, copy']);
    expect(chart.series[0].points).toEqual([64, 1500, 9000].map((x) => ({ x, y: 103.5, low: 101, high: 106 })));
  });

  it('holds all factors but its own: other ring depths are no part of a size', () => {
    const deeper = [1, 2, 3].map((repetition) => sample('zero-copy', repetition, 9999, { bytes: 64, slots: 16_384 }));
    expect(figures([...SAMPLES, ...deeper], 2)[0].chart.series[0].points[0].y).toBe(103.5);
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
    const found = figures(latencies, 2).map(({ chart }) => chart);
    expect(found.map(({ title }) => title)).toEqual(['Latency at 1 Mpps', 'Latency at 10 % of the rate found', 'Latency at 50 % of the rate found']);
    expect(found[0].series).toEqual([{ name: 'hub', points: [[0, 1], [2, 10], [5, 100]].map(([x, y]) => ({ x, y, low: y, high: y })) }]);
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
