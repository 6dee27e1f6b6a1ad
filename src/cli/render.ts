/** A report as text: calm, aligned; on a terminal as wide as that and at most 100 columns. */
import { BUILT_IN_DROPS } from '../observe/drop-reasons.js';
import { CAPTURE_PROBLEMS } from '../port/capture/capture-error.js';
import type { PortReport, Report, VmReport } from '../runtime/report.js';
import { bytes, count, counted, duration, printable, shownPath } from './format.js';
import { renderFailure } from './render-failure.js';
import { renderFlows } from './render-flows.js';
import type { RenderOptions } from './render-options.js';
import { renderSeen } from './render-seen.js';
import { table, type Column } from './table.js';
import type { Style } from './terminal.js';
import { wrap } from './wrap.js';

const LABEL_WIDTH = 9;
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, each) => total + each, 0);

/** What `run` and `demo` print. */
export function renderReport(report: Report, options: RenderOptions): string {
  const { style, title, interrupted = false, running = false } = options;
  const outcome = running ? style.good('running') : report.error !== undefined ? style.bad('failed') : interrupted ? style.warn('stopped') : style.good('done');
  return sections([
    [`${style.strong(printable(title))}  ${outcome} ${running ? 'for' : 'in'} ${duration(report.durationMs)}`],
    renderPorts(report, style),
    renderVms(report, style),
    renderDrops(report, options),
    renderSeen(report, options),
    renderFlows(report, options),
    renderProblems(report, options),
    renderSums(report, options),
    renderFailure(report, options),
  ]);
}

/** What `inspect` prints: the capture rather than the chain. */
export function renderInspection(report: Report, options: RenderOptions): string {
  const { style, title, interrupted = false } = options;
  const received = Object.values(report.ports).reduce((total, port) => total + port.receivedBytes, 0);
  const { length } = report.flows ?? [];
  return sections([
    [`${style.strong(printable(title))}  ${counted(report.ledger.received, 'packet')}, ${bytes(received)}, ${counted(length, 'flow')}${interrupted ? style.warn(', stopped') : ''}`],
    renderDrops(report, options),
    renderSeen(report, options),
    renderFlows(report, options),
    renderProblems(report, options),
    renderFailure(report, options),
  ]);
}

function sections(all: readonly (readonly string[])[]): string {
  return `${all.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function renderPorts({ ports }: Report, style: Style): string[] {
  const columns = countColumns('Ports', ['received', 'transmitted', 'originated', 'dropped', 'bytes in', 'bytes out'], style);
  const row = ([name, port]: [string, PortReport]): string[] => [
    `  ${name}`,
    ...[port.received, port.transmitted, port.originated, sum(port.drops)].map(count),
    bytes(port.receivedBytes),
    bytes(port.transmittedBytes),
  ];
  return table(columns, Object.entries(ports).map(row), { titleStyle: style.strong });
}

function renderVms({ vms }: Report, style: Style): string[] {
  // What should never happen gets a column when it did.
  const rare = ([['invalid', 'invalidReturns'], ['restarts', 'restarts']] as const).filter(([, key]) => vms.some((vm) => vm[key] > 0));
  const columns = countColumns('VMs', ['received', 'returned', 'originated', 'dropped', 'alerts', ...rare.map(([title]) => title)], style);
  const row = (vm: VmReport): string[] => [
    `  ${vm.name}${vm.name === vm.function ? '' : ` (${vm.function})`}`,
    ...[vm.received, vm.returned, vm.originated, sum(vm.drops), sum(vm.alerts), ...rare.map(([, key]) => vm[key])].map(count),
  ];
  return table(columns, vms.map(row), { titleStyle: style.strong });
}

function countColumns(title: string, titles: readonly string[], { name }: Style): Column[] {
  return [{ title, style: name }, ...titles.map((each) => ({ title: each, right: true }))];
}

function renderDrops({ drops, vms }: Report, { style, columns }: RenderOptions): string[] {
  const entries = Object.entries(drops).filter(([, dropped]) => dropped > 0);
  if (entries.length === 0) return [];
  const why = (reason: string): string => {
    const builtIn = BUILT_IN_DROPS.find(({ name }) => name === reason);
    return builtIn?.why ?? `by ${vms.filter((vm) => (vm.drops[reason] ?? 0) > 0).map((vm) => vm.name).join(', ')}`;
  };
  return table(
    [{ title: 'Drops', style: style.warn }, { title: 'packets', right: true }, { title: '', style: style.faint }],
    entries.toSorted((a, b) => b[1] - a[1]).map(([reason, dropped]) => [`  ${reason}`, count(dropped), why(reason)]),
    { titleStyle: style.strong, width: columns },
  );
}

function renderProblems({ problems }: Report, { style, columns }: RenderOptions): string[] {
  if (problems.length === 0) return [];
  const meanings: Readonly<Record<string, string>> = CAPTURE_PROBLEMS;
  return [
    style.strong('Captures'),
    ...problems.flatMap(({ port, kind, count: times, firstAt, detail }) => [
      `  ${style.name(port)}  ${style.warn(kind)}  ${counted(times, 'time')}, first at byte ${count(firstAt)}: ${printable(detail)}`,
      ...(Object.hasOwn(meanings, kind) ? wrap(meanings[kind], columns - 4).map((line) => `    ${style.faint(line)}`) : []),
    ]),
  ];
}

function renderSums(report: Report, { style, columns, running = false }: RenderOptions): string[] {
  const { bytesCopied, durationMs, packetsPerSecond, connectionsEvicted, eventsLost, ports, watched } = report;
  const rows: [string, string][] = [
    ...ledgerLines(report, style, columns - LABEL_WIDTH, running).map((line, at): [string, string] => [at === 0 ? 'Ledger' : '', line]),
    ['Rate', `${count(packetsPerSecond)} packets/s over ${duration(durationMs)}`],
    ['Copied', `${bytesCopied === 0 ? style.good('0 bytes') : bytes(bytesCopied)} between ingress and egress`],
  ];
  if (connectionsEvicted > 0) rows.push(['Evicted', `${style.warn(counted(connectionsEvicted, 'connection'))} before their time: the table is too small for them (flows)`]);
  if (eventsLost > 0) rows.push(['Lost', `${style.warn(counted(eventsLost, 'event'))}: alerts and descriptions of flows are incomplete`]);
  const written = Object.entries(ports).filter(([, port]) => port.written !== undefined);
  written.forEach(([name, port], at) => {
    rows.push([at === 0 ? 'Written' : '', `${shownPath(port.written!)} ${style.faint(`(${counted(port.transmitted, 'packet')} out of ${name})`)}`]);
  });
  if (watched?.drops?.file !== undefined) {
    const { file, written: kept, skipped } = watched.drops;
    rows.push(['Drops', `${shownPath(file)} ${style.faint(`(${counted(kept, 'packet')}${skipped === 0 ? '' : `, ${count(skipped)} skipped`})`)}`]);
  }
  if (watched?.trace !== undefined) {
    const { packets, skipped } = watched.trace;
    rows.push(['Traced', `${counted(packets, 'packet')}${skipped === 0 ? '' : style.warn(`, ${counted(skipped, 'record')} skipped`)}`]);
  }
  return rows.map(([label, text]) => `${style.strong(label)}${' '.repeat(LABEL_WIDTH - label.length)}${text}`);
}

/** The two sides of the ledger, on one line where they fit. */
function ledgerLines({ ledger }: Report, style: Style, width: number, running: boolean): string[] {
  const { received, originated, transmitted, dropped, inFlight, balanced } = ledger;
  const left = `received ${count(received)} + originated ${count(originated)}`;
  const right = `transmitted ${count(transmitted)} + dropped ${count(dropped)} + in flight ${count(inFlight)}`;
  const sign = balanced || running ? '=' : style.bad('≠');
  const verdict = balanced ? style.good('balanced') : running ? style.faint('counted at the end') : style.bad('NOT BALANCED');
  if (left.length + right.length + 3 <= width) return [`${left} ${sign} ${right}`, verdict];
  return [left, `${sign} ${right}`, verdict];
}
