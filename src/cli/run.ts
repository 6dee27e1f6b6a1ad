/** `millrace run`: runs a chain file to its end and reports. */
import type { Command } from 'commander';
import type { Plan } from '../runtime/plan.js';
import { planOf, takesFiles } from './chain-file.js';
import { execute } from './execute.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import type { Overrides } from './overrides.js';
import { renderReport } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

export interface ReportFlags {
  readonly json?: boolean;
  readonly flows?: boolean;
}

export function addRun(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(reports(program.command('run').argument('<chain.yaml>', 'what to run')))
    .summary('run a chain and report what happened')
    .description('Run a chain until its ports are exhausted, then report what happened to every packet.\nCtrl-C stops receiving, lets what is under way go through, and reports; a second one ends at once.')
    .addHelpText('after', `
Examples:
  $ millrace run examples/office.yaml
  $ millrace run examples/permit.yaml --capture trace=my.pcapng --write outside=translated.pcapng
  $ millrace run examples/office.yaml --json --flows | jq '.flows[] | select(.verdict != "forward")'`)
    .action(async (file: string, flags: ReportFlags & Overrides) => {
      ended(await runPlan(() => planOf(file, flags), terminal, flags));
    });
}

/** The options of commands that print a report. */
export function reports(command: Command): Command {
  return command
    .option('--json', 'print the report as one JSON document, and nothing else, on stdout')
    .option('--flows', 'report every flow');
}

/** Runs a plan and prints its report, or says why it cannot. */
export async function runPlan(planned: () => Promise<Plan>, terminal: Terminal, flags: ReportFlags): Promise<ExitCode> {
  const { json = false, flows = false } = flags;
  try {
    const report = await execute(await planned(), terminal, { flows });
    if (json) printJson(terminal, report);
    else terminal.stdout.write(renderReport(report, { style: styleFor(terminal.stdout, terminal.env), columns: columnsOf(terminal.stdout) }));
    if (report.error === undefined) return EXIT_CODES.done;
    if (json) terminal.stderr.write(`${styleFor(terminal.stderr, terminal.env).bad('error:')} ${report.error.message}\n`);
    return EXIT_CODES.failed;
  } catch (error) {
    return fail(terminal, error, json);
  }
}
