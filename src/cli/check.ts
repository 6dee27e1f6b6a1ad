/** `millrace check`: all mistakes of a chain file, or what it would run. Starts nothing. */
import type { Command } from 'commander';
import { planWithSource, takesFiles } from './chain-file.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import type { Overrides } from './overrides.js';
import { renderWarnings } from './render-problems.js';
import { renderSummary, summarize } from './plan-summary.js';
import { styleFor, type Terminal } from './terminal.js';

export function addCheck(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(program.command('check').argument('<chain.yaml>', 'what to check'))
    .option('--json', 'print {ok, plan, warnings} or {ok, problems} as one JSON document on stdout')
    .summary('say what is wrong with a chain file, or what it would run')
    .description('Check a chain file without running it: all mistakes at once, or what it would run.\nInterfaces that this machine does not have are warnings: the file may be meant for another one.')
    .addHelpText('after', `
Examples:
  $ millrace check examples/office.yaml
  $ millrace check chain.yaml --json | jq '.problems[] | {line, message}'`)
    .action(async (file: string, flags: { json?: boolean } & Overrides) => {
      ended(await check(file, terminal, flags));
    });
}

async function check(file: string, terminal: Terminal, { json = false, ...overrides }: { json?: boolean } & Overrides): Promise<ExitCode> {
  try {
    const { plan, source } = await planWithSource(file, overrides);
    const { missingHere } = await import('../runtime/check-here.js');
    const warnings = await missingHere(plan, source);
    if (json) printJson(terminal, { ok: true, plan: summarize(plan), warnings });
    else terminal.stdout.write(renderSummary(file, plan, styleFor(terminal.stdout, terminal.env)));
    if (warnings.length > 0) terminal.stderr.write(renderWarnings(warnings, styleFor(terminal.stderr, terminal.env)));
    return EXIT_CODES.done;
  } catch (error) {
    return fail(terminal, error, json);
  }
}
