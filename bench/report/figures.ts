/** Which rows of the table make which plot. */
import { groupBy } from '../results.js';
import type { Sample } from '../sample.js';
import { CLICK, CLICK_IN_TWO, EDGE, EDGE_BESIDE_CLICK, EDGE_IN_TWO, MANNERS, SLOTS } from '../settings.js';
import { summarise } from '../statistics.js';
import type { Bar, BarChart } from './bars.js';
import type { Axis, Chart, Point, Series } from './chart.js';

export interface Figure {
  readonly chart: Chart | BarChart;
  /** What it shows, in a sentence. */
  readonly says: string;
}

type Pick_ = (sample: Sample) => boolean;

/** Lines: the median of each x, with its interval. */
function lines(samples: readonly Sample[], name: (sample: Sample) => string, x: (sample: Sample) => number | null, y: (value: number) => number = (value) => value): Series[] {
  return groupBy(samples.filter((sample) => x(sample) !== null), name).map((group) => ({
    name: name(group[0]),
    points: groupBy(group, (sample) => String(x(sample))).map((same): Point => {
      const { median, interval, minimum, maximum } = summarise(same.map(({ value }) => y(value)));
      return { x: x(same[0])!, y: median, low: interval?.low ?? minimum, high: interval?.high ?? maximum };
    }).toSorted((a, b) => a.x - b.x),
  }));
}

const toMpps = (ns: number): number => 1000 / ns;
const NS_A_PACKET: Axis = { label: 'nanoseconds a packet', log: true };
const topology = ({ routing, placement, mode }: Sample): string => `${placement === 'per-vm' ? routing : placement}${mode === 'copy' ? ', copy' : ', zero-copy'}`;
const TARGET_US = 160;
const QUANTILES = ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max'];

/** @param samples of one load: a share of the rate that each way was found to have, or the same rate for all. */
function latencyFigure(samples: readonly Sample[]): Figure {
  const [{ load, offered }] = samples;
  const isShare = load !== null;
  return {
    says: isShare
      ? 'Latency through three functions, from when a packet was due, each way at that share of the highest rate it was found to have.'
      : 'Latency through three functions, from when a packet was due. Each point: the median of the repetitions. The clock alone: the stalls of the machine itself.',
    chart: {
      title: isShare ? `Latency at ${load * 100} % of the rate found` : `Latency at ${(offered ?? 0) / 1e6} Mpps`,
      x: { label: 'share of packets that were faster', log: false, ticks: QUANTILES.map((_, at) => at), format: (at) => QUANTILES[at] ?? '' },
      y: { label: 'microseconds', log: true },
      series: lines(samples, (sample) => (sample.way === 'millrace' ? topology(sample).replace(', zero-copy', '') : sample.way), ({ metric }) => QUANTILES.indexOf(metric)),
      marks: [{ axis: 'y', at: TARGET_US, name: `${TARGET_US} µs, p99.9 of ixy.js` }],
    },
  };
}

/** Of recorded packets: a bar for each way, those of a recording (which its packets' size tells) together. */
function recordedBars(samples: readonly Sample[], name: (sample: Sample) => string | null): Bar[][] {
  const bars = groupBy(samples.filter((sample) => name(sample) !== null), (sample) => `${name(sample) ?? ''}, ${sample.bytes ?? 0} B`).map((group) => {
    const { median, interval, minimum, maximum } = summarise(group.map(({ value }) => value));
    const [{ way, bytes }] = group;
    return { name: `${name(group[0]) ?? ''}, ${bytes ?? 0} B`, value: median, low: interval?.low ?? minimum, high: interval?.high ?? maximum, isOurs: way === 'millrace', bytes: bytes ?? 0 };
  });
  // The halves of a recording may have a byte more on average.
  return groupBy(bars, ({ bytes }) => String(bars.find((other) => Math.abs(other.bytes - bytes) <= bytes / 100)?.bytes));
}

function recordedFigures(samples: readonly Sample[]): Figure[] {
  const real = samples.filter(({ case: name, metric }) => name === 'real' && metric === 'time');
  const label = 'nanoseconds a packet';
  const besideClick: Readonly<Record<string, string>> = { [CLICK]: 'Click, one core', [CLICK_IN_TWO]: 'two of Click', [`${EDGE_IN_TWO}, established`]: 'two runtimes' };
  const manners: Readonly<Record<string, string>> = Object.fromEntries(MANNERS.map((manner) => [`DPI alone, ${manner}`, manner === 'fresh' ? 'new' : 'known']));
  const place = (sample: Sample): string => topology(sample).replace(', zero-copy', '');
  return [
    {
      says: 'Firewall, NAT and DPI over recorded packets in both directions, by where the functions run.',
      chart: { title: 'Recorded packets', label, groups: recordedBars(real, (sample) => (sample.touch === `${EDGE}, established` ? place(sample) : null)) },
    },
    {
      says: 'The same over those packets that Click can translate, beside its firewall and NAT. Inline and one Click have one core, the others two.',
      chart: { title: 'Beside Click', label, groups: recordedBars(real, (sample) => besideClick[sample.touch ?? ''] ?? (sample.touch === `${EDGE_BESIDE_CLICK}, established` ? place(sample) : null)) },
    },
    {
      says: 'DPI alone, connections known or all new, beside nDPI\'s own reader. Inline and the reader have one core, the hub two.',
      chart: { title: 'DPI alone', label, groups: recordedBars(real, (sample) => (manners[sample.touch ?? ''] === undefined ? null : `${sample.way === 'millrace' ? place(sample) : sample.way}, ${manners[sample.touch ?? '']}`)) },
    },
  ];
}

export function figures(samples: readonly Sample[], cores: number): Figure[] {
  const chain = samples.filter(({ case: name, way, metric }) => name === 'chain' && way === 'millrace' && metric === 'time');
  const base: Pick_ = (sample) => sample.touch === 'headers' && sample.replicas === 1 && sample.wakeUp === 'auto' && sample.slots === SLOTS;
  const values = (of: readonly (number | null)[]): number[] => [...new Set(of.filter((value) => value !== null))].toSorted((a, b) => a - b);
  const sizes = chain.filter((sample) => base(sample) && sample.vms === 3 && sample.burst === 64);
  const ingress = samples.filter(({ case: name, way, slots }) => name === 'chain' && way === 'ingress alone' && slots === SLOTS);
  const lengths = chain.filter((sample) => base(sample) && sample.bytes === 64 && sample.burst === 64 && sample.mode === 'zero-copy');
  const spread = lengths.filter(({ placement }) => placement === 'per-vm');
  const bursts = chain.filter((sample) => base(sample) && sample.bytes === 64 && sample.vms === 3 && sample.mode === 'zero-copy' && sample.placement === 'per-vm');
  const ways = samples.filter(({ case: name, metric, vms, way, touch, burst, routing, placement, mode, slots }) => name === 'chain' && metric === 'time' && vms === 3 && touch === 'headers'
    && (way !== 'millrace' || (slots === SLOTS && burst === 64 && routing === 'hub' && placement === 'per-vm' && mode === 'zero-copy')));
  const hop = samples.filter(({ case: name, metric }) => name === 'hop' && metric === 'time');
  const latency = samples.filter(({ case: name, metric }) => name === 'latency' && /^p|^max$/.test(metric));
  const flows = samples.filter(({ case: name, metric, flows: count }) => name === 'flows' && metric === 'time' && count !== null);
  const full = samples.filter(({ case: name, way, metric }) => name === 'full' && way === 'millrace' && metric === 'time');
  const firewalls = full.filter(({ touch }) => touch === 'firewall');
  // The first two groups have as many connections each; those that grow have others.
  const known = full.filter(({ touch, vms, flows: count }) => touch !== 'firewall' && (vms === 2 || full.some((other) => other.vms === 2 && other.flows === count)));
  const soak = samples.filter(({ case: name, metric }) => name === 'soak' && metric === 'resident memory');
  const all: Figure[] = [
    {
      says: 'Zero-copy should be flat: a packet of 9000 B costs what one of 64 B costs, but for writing it at ingress, which is beside it. Copy mode differs in the copies alone. Three network functions that touch headers.',
      chart: { title: 'Packet size', x: { label: 'bytes of a packet', log: true, ticks: values(sizes.map(({ bytes }) => bytes)) }, y: NS_A_PACKET, series: lines([...sizes, ...ingress], (sample) => (sample.way === 'millrace' ? topology(sample) : sample.way), ({ bytes }) => bytes) },
    },
    {
      says: 'Cost of a packet against the number of network functions, 64 B.',
      chart: { title: 'Length of the chain', x: { label: 'network functions', log: false, ticks: values(lengths.map(({ vms }) => vms)) }, y: { label: 'nanoseconds a packet', log: false }, series: lines(lengths, topology, ({ vms }) => vms) },
    },
    {
      says: 'The same with a VM for each function, as throughput against threads at work. Past the number of cores, threads take turns.',
      chart: { title: 'Threads and cores', x: { label: 'threads at work', log: false, ticks: values(spread.map(({ threads }) => threads)) }, y: { label: 'million packets per second', log: false }, series: lines(spread, topology, ({ threads }) => threads, toMpps), marks: [{ axis: 'x', at: cores, name: `${cores} cores` }] },
    },
    {
      says: 'One wake-up and one store of an index serve a burst: the larger, the less of them a packet pays.',
      chart: { title: 'Burst', x: { label: 'packets that a VM takes in one step', log: true, ticks: values(bursts.map(({ burst }) => burst)) }, y: NS_A_PACKET, series: lines(bursts, topology, ({ burst }) => burst) },
    },
    {
      says: 'Three functions, by what carries the packets: addresses in rings, or messages. Both sizes, on a scale of ratios.',
      chart: { title: 'Against messages', x: { label: 'bytes of a packet', log: true, ticks: values(ways.map(({ bytes }) => bytes)) }, y: NS_A_PACKET, series: lines(ways, ({ way }) => way, ({ bytes }) => bytes) },
    },
    {
      says: 'One hop between two threads. rte_ring and c are compiled C between the same cores; dpdk-test is DPDK\'s own measurement.',
      chart: { title: 'One hop', x: { label: 'addresses in a burst', log: true, ticks: values(hop.map(({ burst }) => burst)) }, y: { label: 'nanoseconds an address', log: true }, series: lines(hop, ({ way }) => way, ({ burst }) => burst) },
    },
    ...recordedFigures(samples),
    ...groupBy(latency, ({ load }) => String(load)).toSorted(([a], [b]) => (a.load ?? 0) - (b.load ?? 0)).map(latencyFigure),
    {
      says: 'Lookups as connections grow from a thousand to a million: alone, and within a chain of one function.',
      chart: { title: 'Connections', x: { label: 'connections known', log: true, ticks: values(flows.map(({ flows: count }) => count)) }, y: NS_A_PACKET, series: lines(flows, ({ way }) => (way === 'millrace' ? 'chain of one' : way), ({ flows: count }) => count) },
    },
    {
      says: 'Stateful firewalls one after the other, each with a table of its own, over connections that they know; 64 B, both directions.',
      chart: { title: 'Firewalls in a row', x: { label: 'firewalls', log: false, ticks: values(firewalls.map(({ vms }) => vms)) }, y: { label: 'nanoseconds a packet', log: false }, series: lines(firewalls, (sample) => topology(sample).replace(', zero-copy', ''), ({ vms }) => vms) },
    },
    {
      says: 'The functions in full, as the connections that they know grow from a thousand to a million; 64 B, both directions. Translated connections have two keys each, so half a million is the most.',
      chart: { title: 'Connections that all functions know', x: { label: 'connections known', log: true, ticks: values(known.map(({ flows: count }) => count)) }, y: { label: 'nanoseconds a packet', log: false }, series: lines(known, (sample) => `${sample.touch ?? ''}, ${sample.placement === 'per-vm' ? 'per VM' : (sample.placement ?? '')}`, ({ flows: count }) => count) },
    },
    {
      says: 'Resident memory under full load.',
      chart: { title: 'Memory', x: { label: 'reading', log: false }, y: { label: 'MB', log: false }, series: [{ name: 'resident', points: soak.map(({ value }, at) => ({ x: at, y: value, low: value, high: value })) }] },
    },
  ];
  // A factor that had one value makes no plot: its numbers are in the table.
  return all.filter(({ chart }) => ('groups' in chart ? chart.groups.length > 0 : new Set(chart.series.flatMap(({ points }) => points.map(({ x }) => x))).size > 1));
}
