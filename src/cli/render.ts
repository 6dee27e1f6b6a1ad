/** The report as text for a terminal. */
import { relative } from 'node:path';
import type { FlowReport, Report } from '../runtime/report.js';
import { counted, duration, grouped, PLAIN, printable, type Style } from './style.js';
import { table, type Column } from './table.js';

export interface RenderOptions {
  /** What was run, as the user named it. */
  title: string;
  /** Written files are shown relative to it. */
  cwd: string;
  style?: Style;
  /** The run ended because it was asked to. */
  interrupted?: boolean;
}

/** Rows of a table that says what is most common. The JSON has all. */
const TOP_ROWS = 10;
/** Flows shown in the terminal. */
const TOP_FLOWS = 40;

const number = (title: string): Column => ({ title, align: 'right' });
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);
const largestFirst = (counts: Readonly<Record<string, number>>): [string, number][] => Object.entries(counts).sort(([, a], [, b]) => b - a);

/** Text of a report, ending with a line end. */
export function renderReport(report: Report, { title, cwd, style = PLAIN, interrupted = false }: RenderOptions): string {
  const { error } = report;
  const outcome = error !== undefined ? style.bad('failed') : interrupted ? 'stopped' : style.good('done');
  const heading = `${style.bold(printable(title))}  ${outcome} in ${duration(report.durationMs)}`;
  const blocks = [
    [heading],
    ...(error === undefined ? [] : [errorLines(error, style)]),
    vmTable(report, style),
    portTable(report, style),
    dropTable(report, style),
    ...seenTables(report, style),
    ...(report.flows === undefined ? [] : [flowTable(report.flows, style)]),
    problemTable(report, style),
    summaryLines(report, cwd, style),
  ];
  return `${blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What a capture holds: protocols, hosts, signatures, flows. */
export function renderInspection(report: Report, { title, style = PLAIN, interrupted = false }: RenderOptions): string {
  const { ledger, flows = [], error } = report;
  const blocks = [
    [`${style.bold(printable(title))}  ${counted(ledger.received, 'packet')}, ${counted(flows.length, 'flow')}${interrupted ? ', stopped' : ''}`],
    ...(error === undefined ? [] : [errorLines(error, style)]),
    ...seenTables(report, style),
    flowTable(flows, style),
    dropTable(report, style),
    problemTable(report, style),
  ];
  return `${blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function errorLines(error: NonNullable<Report['error']>, style: Style): string[] {
  const lines = [`  ${style.bad(printable(error.message))}`];
  const { packet } = error;
  if (packet != null) {
    const time = new Date(packet.timestampMs).toISOString();
    const bytes = packet.hex.length > 80 ? `${packet.hex.slice(0, 80)}…` : packet.hex;
    lines.push(`  in hand: a packet of ${packet.length} B from ${time}`, `  ${style.dim(bytes)}`);
  }
  return lines;
}

function vmTable({ vms }: Report, style: Style): string[] {
  const columns = [{ title: 'VM' }, { title: 'function' }, { title: 'chain' }, number('received'), number('returned'), number('dropped'), number('alerts'), number('restarts')];
  const rows = vms.map((vm) => [
    vm.name,
    vm.function,
    vm.chain,
    ...[vm.received, vm.returned, sum(vm.drops), sum(vm.alerts), vm.restarts].map(grouped),
  ]);
  return table(columns, rows, style);
}

function portTable({ ports }: Report, style: Style): string[] {
  const columns = [{ title: 'port' }, number('received'), number('transmitted'), number('originated'), number('dropped')];
  const rows = Object.entries(ports).map(([name, port]) => [name, ...[port.received, port.transmitted, port.originated, sum(port.drops)].map(grouped)]);
  return table(columns, rows, style);
}

function dropTable({ drops, vms }: Report, style: Style): string[] {
  const rows = largestFirst(drops).map(([reason, count]) => {
    const by = vms.filter((vm) => (vm.drops[reason] ?? 0) > 0).map((vm) => vm.name);
    return [reason, grouped(count), by.length === 0 ? 'packet manager' : by.join(', ')];
  });
  return rows.length === 0 ? [] : table([{ title: 'dropped' }, number('packets'), { title: 'by' }], rows, style);
}

function seenTables({ protocols, hosts, alerts }: Report, style: Style): string[][] {
  const byPackets = Object.entries(protocols).sort(([, a], [, b]) => b.packets - a.packets);
  return [
    topTable([{ title: 'protocol' }, number('flows'), number('packets')], byPackets.map(([name, { flows, packets }]) => [name, grouped(flows), grouped(packets)]), style),
    topTable([{ title: 'host' }, number('flows')], largestFirst(hosts).map(([name, flows]) => [name, grouped(flows)]), style),
    topTable([{ title: 'alert' }, number('times')], largestFirst(alerts).map(([name, times]) => [name, grouped(times)]), style),
  ];
}

function flowTable(flows: readonly FlowReport[], style: Style): string[] {
  const columns: Column[] = [
    { title: 'flow' },
    { title: 'from', cut: 'middle' },
    { title: 'to', cut: 'middle' },
    { title: 'protocol' },
    { title: 'host' },
    number('→'),
    number('←'),
    { title: 'dropped as' },
  ];
  const byPackets = flows.toSorted((a, b) => b.packets[0] + b.packets[1] - a.packets[0] - a.packets[1]);
  const rows = byPackets.map(({ l4, a, b, protocol, host, packets, verdict }) => {
    return [l4.toLowerCase(), a, b, protocol, host, grouped(packets[0]), grouped(packets[1]), verdict === 'forward' ? '' : verdict];
  });
  // Where nothing was dropped, the room goes to the addresses.
  const all = rows.every((row) => row[7] === '');
  return all ? topTable(columns.slice(0, 7), rows.map((row) => row.slice(0, 7)), style, TOP_FLOWS) : topTable(columns, rows, style, TOP_FLOWS);
}

function topTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style, top = TOP_ROWS): string[] {
  if (rows.length === 0) return [];
  const lines = table(columns, rows.slice(0, top), style);
  if (rows.length > top) lines.push(style.dim(`  and ${grouped(rows.length - top)} more (--json has all)`));
  return lines;
}

function problemTable({ problems }: Report, style: Style): string[] {
  const columns = [{ title: 'problem in a file' }, { title: 'port' }, number('times'), number('first at byte'), { title: 'found' }];
  return topTable(columns, problems.map(({ kind, port, count, firstAt, detail }) => [kind, port, grouped(count), grouped(firstAt), detail]), style);
}

function summaryLines(report: Report, cwd: string, style: Style): string[] {
  const { ledger, bytesCopied, packetsPerSecond, ports, eventsLost } = report;
  const books = `${grouped(ledger.received)} received + ${grouped(ledger.originated)} originated = ${grouped(ledger.transmitted)} transmitted + ${grouped(ledger.dropped)} dropped + ${grouped(ledger.inFlight)} in flight`;
  const lines: [string, string][] = [
    ['ledger', `${books}  ${ledger.balanced ? style.good('balanced') : style.bad('NOT BALANCED')}`],
    ['rate', `${grouped(packetsPerSecond)} packets/s`],
    ['copied', `${grouped(bytesCopied)} bytes of packets`],
  ];
  if (eventsLost > 0) lines.push(['lost', `${counted(eventsLost, 'event')}: alerts and descriptions of flows are incomplete`]);
  for (const [name, { written, transmitted }] of Object.entries(ports)) {
    if (written === undefined) continue;
    const path = relative(cwd, written);
    lines.push(['wrote', `${printable(path.startsWith('..') ? written : path)} ${style.dim(`(${counted(transmitted, 'packet')} out of ${name})`)}`]);
  }
  return lines.map(([label, text]) => `  ${style.title(label.padEnd(6))}  ${text}`);
}
