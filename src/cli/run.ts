/** `millrace run`: runs a chain file to its end and reports. */
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { parseListenAddress } from '../runtime/metrics/listen-address.js';
import type { Plan } from '../runtime/plan.js';
import { FileInForce } from '../runtime/file-in-force.js';
import { ConfigurationError } from '../runtime/problems.js';
import type { Report } from '../runtime/report.js';
import type { WatchOptions } from '../runtime/watch/watch-options.js';
import { STANDARD_OUTPUT } from '../port/capture/create-capture.js';
import { overridden, planOf, takesFiles } from './chain-file.js';
import { execute, type ExecuteOptions, type Execution } from './execute.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import { instanceNameOf, readInstanceName } from './instance-name.js';
import type { Overrides } from './overrides.js';
import type { RenderOptions } from './render-options.js';
import { renderReport } from './render.js';
import { RunSignals } from './run-signals.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';
import { isUnread } from './unread.js';

export interface ReportFlags {
  readonly json?: boolean;
  readonly flows?: boolean;
  readonly eve?: string;
  readonly trace?: string;
  readonly writeDrops?: string;
}

export function addRun(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(reports(program.command('run').argument('<chain.yaml>', 'what to run')))
    .option('--trace <filter>', "tell of each packet that matches what every function did with it, and why: 'host 10.0.0.5 and tcp port 443'")
    .option('--write-drops <file>', "keep dropped packets as pcapng, with the reason as comment; '-' is stdout, and the report goes to stderr then")
    .option('--duration <time>', 'stop after so long: 30s, 5m, 1h', readDuration)
    .option('--start-timeout <time>', 'how long network functions may take to be imported, checked and created, each a minute by default', readDuration)
    .option('--name <name>', "what `millrace ps` calls it; by default the file's name, with the pid behind it when that is taken", readInstanceName)
    .option('--metrics <[host]:port>', 'serve Prometheus metrics at /metrics and the report at /stats; on loopback unless a host is given', readListenAddress)
    .option('--no-control', 'open no control socket: `millrace ps` does not show it')
    .summary('run a chain and report what happened')
    .description('Run a chain until its ports are exhausted, then report what happened to every packet.\nOn live ports it runs until it is stopped. SIGHUP reads the file that is in force again, SIGUSR2 prints statistics.\n`millrace ps`, `stats`, `apply` and `stop` reach it by its name.\nCtrl-C stops receiving, lets what is under way go through, and reports; a second one ends at once.')
    .addHelpText('after', `
Examples:
  $ millrace run examples/office.yaml
  $ millrace run examples/permit.yaml --capture trace=my.pcapng --write outside=translated.pcapng
  $ millrace run examples/office.yaml --eve - | jq -c 'select(.event_type == "alert")'
  $ millrace run examples/office.yaml --trace 'host 10.0.1.10 and port 443' --write-drops d.pcapng
  $ tcpdump -i eth0 -w - | millrace run chain.yaml --capture trace=- --write outside=- >out.pcapng
  $ millrace run examples/office.yaml --json --flows | jq '.flows[] | select(.verdict != "forward")'`)
    .action(async (file: string, flags: RunFlags) => {
      const { duration, startTimeout, name, metrics, control } = flags;
      const inForce = new FileInForce(file, (document) => overridden(document, flags));
      ended(await runPlan(file, () => planOf(file, flags, startTimeout === undefined ? {} : { startTimeoutMs: startTimeout }), terminal, flags, {
        inForce,
        liveTitle: file,
        ...(duration !== undefined && { durationMs: duration }),
        ...(startTimeout !== undefined && { startTimeoutMs: startTimeout }),
        ...(metrics !== undefined && { metrics }),
        ...(control && { control: { name: name ?? instanceNameOf(file), nameIsFixed: name !== undefined, inForce } }),
      }));
    });
}

interface RunFlags extends ReportFlags, Overrides {
  readonly duration?: number;
  readonly startTimeout?: number;
  readonly name?: string;
  readonly metrics?: string;
  /** False with --no-control. */
  readonly control: boolean;
}

function readListenAddress(text: string): string {
  if (parseListenAddress(text) === null) throw new InvalidArgumentError('Expected [host]:port, such as :9100, 0.0.0.0:9100 or [::1]:9100.');
  return text;
}

/** The options of commands that print a report. */
export function reports(command: Command): Command {
  return command
    .option('--json', 'print the report as one JSON document, and nothing else, on stdout')
    .option('--flows', 'report every flow')
    .option('--eve <file>', "log flows, alerts, HTTP, TLS, DNS and QUIC as Suricata's EVE JSON; '-' is stdout, and the report goes to stderr then");
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Node's timers hold no longer one. */
const MAX_DURATION_MS = 2 ** 31 - 1;

function readDuration(text: string): number {
  const [, value, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(value) * UNIT_MS[unit];
  if (!(ms > 0) || ms > MAX_DURATION_MS) throw new InvalidArgumentError('Expected a time such as 500ms, 30s, 5m or 1h, at most 24 days.');
  return ms;
}

export interface Printing {
  readonly title: string;
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Prints a report in the way that was asked for. A ledger that does not balance is a failure too. */
export function printReport({ report, interrupted, readerGone }: Execution, render: (report: Report, options: RenderOptions) => string, { title, json, terminal }: Printing): ExitCode {
  if (readerGone || wentUnread(report)) return EXIT_CODES.readerGone;
  const { stderr, env } = terminal;
  // Where packets go to stdout, nothing else does.
  const stdout = Object.values(report.ports).some(({ written }) => written === STANDARD_OUTPUT) ? stderr : terminal.stdout;
  if (json) printJson({ ...terminal, stdout }, report);
  else stdout.write(render(report, { title, interrupted, style: styleFor(stdout, env), columns: columnsOf(stdout) }));
  if (json && report.error !== undefined) stderr.write(`${styleFor(stderr, env).bad('error:')} ${report.error.message}\n`);
  return report.error === undefined && report.ledger.balanced ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** A short run is over before anybody has noticed that packets on stdout had no reader. */
function wentUnread({ problems, ports }: Report): boolean {
  return problems.some(({ port, kind, detail }) => kind === 'write-failed' && isUnread(ports[port].written, detail));
}

/** Runs a plan and prints its report, or says why it cannot. */
export async function runPlan(
  title: string, planned: () => Promise<Plan>, terminal: Terminal, flags: ReportFlags,
  { inForce = null, ...more }: Omit<ExecuteOptions, 'flows' | 'eve' | 'watch' | 'signals'> & { inForce?: FileInForce | null } = {},
): Promise<ExitCode> {
  const { json = false, flows = false, eve, writeDrops } = flags;
  // What is asked for on stdout is there alone.
  const reportTo = eve === '-' || writeDrops === '-' ? { ...terminal, stdout: terminal.stderr } : terminal;
  const signals = new RunSignals(terminal, title, inForce);
  try {
    const target = eve === '-' ? terminal.stdout : eve;
    const plan = await planned();
    const execution = await execute(plan, terminal, { flows, watch: watchOf(flags, plan, reportTo), ...(target !== undefined && { eve: target }), ...more, signals });
    return printReport(execution, renderReport, { title, json, terminal: reportTo });
  } catch (error) {
    return fail(reportTo, error, json);
  } finally {
    signals.close();
  }
}

/** @throws ConfigurationError when two things want stdout. */
function watchOf({ json = false, eve, trace, writeDrops }: ReportFlags, plan: Plan, { stdout, stderr }: Terminal): WatchOptions {
  const isTaken = plan.ports.some(({ spec }) => 'write' in spec && spec.write === STANDARD_OUTPUT);
  if (writeDrops === '-' && (eve === '-' || isTaken)) {
    throw new ConfigurationError([{ code: 'write-twice', place: '--write-drops', found: '-', expected: 'a file', message: 'something else is written to stdout already' }]);
  }
  return {
    // Stories are read before the report, and where it is not in the way of something else.
    ...(trace !== undefined && { trace: { filter: trace, to: json || isTaken ? stderr : stdout } }),
    ...(writeDrops !== undefined && { writeDrops: writeDrops === '-' ? process.stdout : resolve(writeDrops) }),
  };
}
