/** A report as text: calm, aligned, at most 100 columns wide. */
import { BUILT_IN_DROPS } from '../observe/drop-reasons.js';
import type { PortReport, Report, VmReport } from '../runtime/report.js';
import { CAPTURE_PROBLEMS } from '../port/capture/capture-error.js';
import { bytes, count, counted, duration, shownPath } from './format.js';
import { renderFlows } from './render-flows.js';
import { renderSeen } from './render-seen.js';
import { table, type Column } from './table.js';
import type { Style } from './terminal.js';

export interface RenderOptions {
  readonly style: Style;
  readonly columns: number;
}

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, each) => total + each, 0);

/** What `run` and `demo` print. */
export function renderReport(report: Report, options: RenderOptions): string {
  return sections([
    ports(report, options.style),
    vms(report, options.style),
    drops(report, options),
    renderSeen(report, options),
    renderFlows(report, options),
    problems(report, options),
    outcome(report, options.style),
    failure(report, options),
  ]);
}

/** What `inspect` prints: the capture rather than the chain. */
export function renderInspection(report: Report, options: RenderOptions): string {
  const { style } = options;
  const received = Object.values(report.ports).reduce((total, port) => total + port.receivedBytes, 0);
  const flows = report.flows ?? [];
  const head = `${style.strong(counted(report.ledger.received, 'packet'))}, ${bytes(received)}, ${counted(flows.length, 'flow')}`;
  return sections([[head], drops(report, options), renderSeen(report, options), renderFlows(report, options), problems(report, options), failure(report, options)]);
}

function sections(all: readonly (readonly string[])[]): string {
  return `${all.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function ports({ ports: byName }: Report, style: Style): string[] {
  const columns = countColumns('Ports', ['received', 'transmitted', 'originated', 'dropped', 'bytes in', 'bytes out'], style);
  const row = (name: string, port: PortReport): string[] => [
    `  ${name}`,
    ...[port.received, port.transmitted, port.originated, sum(port.drops)].map(count),
    bytes(port.receivedBytes),
    bytes(port.transmittedBytes),
  ];
  return table(columns, Object.entries(byName).map(([name, port]) => row(name, port)), style.strong);
}

function vms({ vms: all }: Report, style: Style): string[] {
  const titles = ['received', 'returned', 'originated', 'dropped', 'alerts'];
  // What should never happen gets a column when it did.
  const rare = ([['invalid', 'invalidReturns'], ['restarts', 'restarts']] as const).filter(([, key]) => all.some((vm) => vm[key] > 0));
  const columns = countColumns('VMs', [...titles, ...rare.map(([title]) => title)], style);
  const row = (vm: VmReport): string[] => [
    `  ${vm.name}${vm.name === vm.function ? '' : ` (${vm.function})`}`,
    ...[vm.received, vm.returned, vm.originated, sum(vm.drops), sum(vm.alerts), ...rare.map(([, key]) => vm[key])].map(count),
  ];
  return table(columns, all.map(row), style.strong);
}

function countColumns(title: string, titles: readonly string[], { name }: Style): Column[] {
  return [{ title, style: name }, ...titles.map((each) => ({ title: each, right: true }))];
}

function drops({ drops: byReason, vms: all }: Report, { style, columns }: RenderOptions): string[] {
  const entries = Object.entries(byReason).filter(([, dropped]) => dropped > 0);
  if (entries.length === 0) return [];
  const why = (reason: string): string => {
    const builtIn = BUILT_IN_DROPS.find(({ name }) => name === reason);
    if (builtIn !== undefined) return builtIn.why;
    return `by ${all.filter((vm) => (vm.drops[reason] ?? 0) > 0).map((vm) => vm.name).join(', ')}`;
  };
  const rows = entries.toSorted((a, b) => b[1] - a[1]).map(([reason, dropped]) => [`  ${reason}`, count(dropped), why(reason)]);
  const left = 4 + Math.max(...rows.map((row) => row[0].length)) + Math.max(7, ...rows.map((row) => row[1].length));
  return table(
    [{ title: 'Drops', style: style.warn }, { title: 'packets', right: true }, { title: '', style: style.faint, most: columns - left }],
    rows,
    style.strong,
  );
}

function problems({ problems: all }: Report, { style, columns }: RenderOptions): string[] {
  if (all.length === 0) return [];
  const meanings: Readonly<Record<string, string>> = CAPTURE_PROBLEMS;
  return [
    style.strong('Captures: not everything was right'),
    ...all.flatMap(({ port, kind, count: times, firstAt, detail }) => [
      `  ${style.name(port)}  ${style.warn(kind)}  ${count(times)} times, first at byte ${count(firstAt)}: ${detail}`,
      ...(Object.hasOwn(meanings, kind) ? wrap(meanings[kind], columns - 4).map((line) => `    ${style.faint(line)}`) : []),
    ]),
  ];
}

function outcome(report: Report, style: Style): string[] {
  const { ledger, bytesCopied, durationMs, packetsPerSecond, eventsLost } = report;
  const balance = ledger.balanced ? style.good('balanced') : style.bad('NOT BALANCED');
  const flowing = `received ${count(ledger.received)} + originated ${count(ledger.originated)} = transmitted ${count(ledger.transmitted)} + dropped ${count(ledger.dropped)} + in flight ${count(ledger.inFlight)}`;
  const rows = [
    ['Ledger', flowing],
    ['', balance],
    ['Rate', `${count(packetsPerSecond)} packets/s over ${duration(durationMs)}`],
    ['Copied', `${bytesCopied === 0 ? style.good('0 bytes') : bytes(bytesCopied)} between ingress and egress`],
    ...(eventsLost > 0 ? [['Events', `${style.warn(count(eventsLost))} lost on their way to the report`]] : []),
    ...Object.values(report.ports).flatMap(({ written }) => (written === undefined ? [] : [shownPath(written)])).map((file, at) => [at === 0 ? 'Written' : '', file]),
  ];
  return rows.map(([title, text]) => `${style.strong(title)}${' '.repeat(9 - title.length)}${text}`);
}

/** Bytes of the packet in hand that are shown; `--json` has them all. */
const SHOWN_BYTES = 64;
const LINE_BYTES = 16;

function failure({ error }: Report, { style, columns }: RenderOptions): string[] {
  if (error === undefined) return [];
  const lines = wrap(error.message, columns - 9);
  const rows = [`${style.bad(style.strong('Failed'))}   ${lines[0]}`, ...lines.slice(1).map((line) => `         ${line}`)];
  const { packet } = error;
  if (packet == null) return rows;
  rows.push(`         it held a packet of ${counted(packet.length, 'byte')} from ${new Date(packet.timestampMs).toISOString()}`);
  const hex = packet.hex.replaceAll(/\s/g, '').match(/../g) ?? [];
  for (let at = 0; at < Math.min(hex.length, SHOWN_BYTES); at += LINE_BYTES) {
    rows.push(style.faint(`         ${at.toString(16).padStart(4, '0')}  ${hex.slice(at, at + LINE_BYTES).join(' ')}`));
  }
  if (hex.length > SHOWN_BYTES) rows.push(style.faint(`         and ${count(hex.length - SHOWN_BYTES)} more`));
  return rows;
}

function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    let current = '';
    for (const word of line.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > most) {
        lines.push(current);
        current = word;
      } else current = current === '' ? word : `${current} ${word}`;
    }
    lines.push(current);
  }
  return lines;
}
