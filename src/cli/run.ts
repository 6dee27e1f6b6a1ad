/** `millrace run`: runs a chain file to its end and reports. */
import type { Command } from 'commander';
import type { Plan } from '../runtime/plan.js';
import type { Report } from '../runtime/report.js';
import { planOf, takesFiles } from './chain-file.js';
import { execute, type Execution } from './execute.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import type { Overrides } from './overrides.js';
import type { RenderOptions } from './render-options.js';
import { renderReport } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

export interface ReportFlags {
  readonly json?: boolean;
  readonly flows?: boolean;
  readonly eve?: string;
}

export function addRun(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(reports(program.command('run').argument('<chain.yaml>', 'what to run')))
    .summary('run a chain and report what happened')
    .description('Run a chain until its ports are exhausted, then report what happened to every packet.\nCtrl-C stops receiving, lets what is under way go through, and reports; a second one ends at once.')
    .addHelpText('after', `
Examples:
  $ millrace run examples/office.yaml
  $ millrace run examples/permit.yaml --capture trace=my.pcapng --write outside=translated.pcapng
  $ millrace run examples/office.yaml --eve - | jq -c 'select(.event_type == "alert")'
  $ millrace run examples/office.yaml --json --flows | jq '.flows[] | select(.verdict != "forward")'`)
    .action(async (file: string, flags: ReportFlags & Overrides) => {
      ended(await runPlan(file, () => planOf(file, flags), terminal, flags));
    });
}

/** The options of commands that print a report. */
export function reports(command: Command): Command {
  return command
    .option('--json', 'print the report as one JSON document, and nothing else, on stdout')
    .option('--flows', 'report every flow')
    .option('--eve <file>', "log flows, alerts, HTTP, TLS, DNS and QUIC as Suricata's EVE JSON; '-' is stdout, and the report goes to stderr then");
}

export interface Printing {
  readonly title: string;
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Prints a report in the way that was asked for. A ledger that does not balance is a failure too. */
export function printReport({ report, interrupted }: Execution, render: (report: Report, options: RenderOptions) => string, { title, json, terminal }: Printing): ExitCode {
  const { stdout, stderr, env } = terminal;
  if (json) printJson(terminal, report);
  else stdout.write(render(report, { title, interrupted, style: styleFor(stdout, env), columns: columnsOf(stdout) }));
  if (json && report.error !== undefined) stderr.write(`${styleFor(stderr, env).bad('error:')} ${report.error.message}\n`);
  return report.error === undefined && report.ledger.balanced ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Runs a plan and prints its report, or says why it cannot. */
export async function runPlan(title: string, planned: () => Promise<Plan>, terminal: Terminal, flags: ReportFlags): Promise<ExitCode> {
  const { json = false, flows = false, eve } = flags;
  // What is asked for on stdout is there alone.
  const reportTo = eve === '-' ? { ...terminal, stdout: terminal.stderr } : terminal;
  try {
    const target = eve === '-' ? terminal.stdout : eve;
    const execution = await execute(await planned(), terminal, { flows, ...(target !== undefined && { eve: target }) });
    return printReport(execution, renderReport, { title, json, terminal: reportTo });
  } catch (error) {
    return fail(reportTo, error, json);
  }
}
