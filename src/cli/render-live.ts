/** What a run on live ports is doing, as lines of text: the differences of two moments. */
import type { CounterReport, ThreadReport } from '../runtime/report.js';
import { bitRate, count, duration, printable } from './format.js';
import { table, type Column } from './table.js';
import type { Style } from './terminal.js';

export interface Moment {
  readonly counters: CounterReport;
  readonly connections: number;
}

export interface LiveViewOptions {
  readonly title: string;
  readonly style: Style;
  readonly columns: number;
  /** Connections that can be known at a time. */
  readonly connectionsLimit: number;
  /** Alerts that came last, the latest last. */
  readonly alerts: readonly string[];
  readonly hint: string;
}

const BITS = 8;
const BAR_CELLS = 10;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
/** Drop reasons and signatures that are shown: the ones that count most. */
const MAX_REASONS = 6;
const MAX_SIGNATURES = 4;

export function renderLive(before: Moment, now: Moment, options: LiveViewOptions): string[] {
  const { style, columns, title } = options;
  const { counters } = now;
  const seconds = (counters.durationMs - before.counters.durationMs) / 1000;
  const rate = (after: number, first: number | undefined): number => (seconds > 0 ? (after - (first ?? 0)) / seconds : 0);
  const titles = { titleStyle: style.strong, width: columns };
  return [
    `${style.strong(printable(title))}  ${style.good('running')} for ${duration(counters.durationMs)}`,
    ...table(columnsOf('Ports', ['in packets/s', 'bit/s', 'out packets/s', 'bit/s', 'dropped/s'], style), portRows(before.counters, counters, rate), titles),
    ...table(columnsOf('VMs', ['packets/s', 'dropped/s', 'alerts/s'], style), functionRows(before.counters, counters, rate), titles),
    ...table(
      [{ title: 'Load', style: style.name }, { title: 'busy', right: true }, { title: '', style: style.faint }],
      counters.threads.map(({ name, kind, busyMs }, at) => {
        const share = Math.min(1, Math.max(0, rate(busyMs, before.counters.threads[at]?.busyMs) / 1000));
        return [`  ${threadName(name, kind)}`, `${Math.round(share * 100)} %`, bar(share)];
      }),
      titles,
    ),
    ...dropLines(before.counters, counters, rate, options),
    `${style.strong('Flows')}  ${count(now.connections)} of ${count(options.connectionsLimit)}`,
    ...alertLines(counters, options),
    style.faint(options.hint),
  ];
}

function threadName(name: string, kind: ThreadReport['kind']): string {
  if (kind === 'manager') return 'packet manager';
  if (kind === 'port-receive') return `${name}, receiving`;
  return kind === 'port-send' ? `${name}, sending` : name;
}

type Rate = (after: number, first: number | undefined) => number;

function columnsOf(title: string, titles: readonly string[], { name }: Style): Column[] {
  return [{ title, style: name }, ...titles.map((each) => ({ title: each, right: true }))];
}

function portRows(before: CounterReport, now: CounterReport, rate: Rate): string[][] {
  return Object.entries(now.ports).map(([name, port]) => {
    const then = before.ports[name];
    return [
      `  ${name}${port.down === true ? ' (down)' : ''}`,
      count(rate(port.received, then?.received)),
      bitRate(rate(port.receivedBytes, then?.receivedBytes) * BITS),
      count(rate(port.transmitted, then?.transmitted)),
      bitRate(rate(port.transmittedBytes, then?.transmittedBytes) * BITS),
      count(rate(sum(port.drops), then && sum(then.drops))),
    ];
  });
}

function functionRows(before: CounterReport, now: CounterReport, rate: Rate): string[][] {
  return now.vms.map((vm, at) => {
    const then = before.vms[at];
    return [
      `  ${vm.name}`,
      count(rate(vm.received, then?.received)),
      count(rate(sum(vm.drops), then && sum(then.drops))),
      count(rate(sum(vm.alerts), then && sum(then.alerts))),
    ];
  });
}

function dropLines(before: CounterReport, now: CounterReport, rate: Rate, { style, columns }: LiveViewOptions): string[] {
  const entries = Object.entries(now.drops).filter(([, total]) => total > 0);
  if (entries.length === 0) return [`${style.strong('Drops')}  none`];
  // In an order that stays: by name, of those that are most.
  const most = entries.toSorted((a, b) => b[1] - a[1]).slice(0, MAX_REASONS).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rest = entries.length - most.length;
  return table(
    [{ title: 'Drops', style: style.warn }, { title: 'packets/s', right: true }, { title: 'packets', right: true }],
    [
      ...most.map(([reason, total]) => [`  ${reason}`, count(rate(total, before.drops[reason])), count(total)]),
      ...(rest > 0 ? [[`  ${rest} more`, '', '']] : []),
    ],
    { titleStyle: style.strong, width: columns },
  );
}

function alertLines({ alerts }: CounterReport, { style, alerts: last }: LiveViewOptions): string[] {
  const entries = Object.entries(alerts).toSorted((a, b) => b[1] - a[1]);
  if (entries.length === 0) return [`${style.strong('Alerts')} none`];
  const most = entries.slice(0, MAX_SIGNATURES).map(([signature, times]) => `${printable(signature)} ${count(times)}`);
  const rest = entries.length - most.length;
  return [
    `${style.strong('Alerts')} ${[...most, ...(rest > 0 ? [`${rest} more`] : [])].join(' · ')}`,
    ...last.map((text) => `  ${style.warn(printable(text))}`),
  ];
}

/** A share as a bar, to the eighth of a character. */
function bar(share: number): string {
  const eighths = Math.round(share * BAR_CELLS * 8);
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
