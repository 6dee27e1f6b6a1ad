/** `millrace demo`: the package's own example, written into the working directory. */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { planOf } from './chain-file.js';
import type { ExitCode } from './exit-code.js';
import { reports, runPlan, type ReportFlags } from './run.js';
import type { Terminal } from './terminal.js';

const EXAMPLE = fileURLToPath(new URL('../../examples/office.yaml', import.meta.url));
/** Relative to the working directory: the package may be where nothing can be written. */
const WRITE = { inside: 'out/inside.pcapng', outside: 'out/outside.pcapng' };

export function addDemo(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  reports(program.command('demo'))
    .summary('run the example: an office behind firewall, NAT and DPI')
    .description("Run the package's examples/office.yaml over the capture beside it: an office behind firewall, NAT and DPI.\nWhat was translated is written to ./out/.")
    .addHelpText('after', `
Examples:
  $ millrace demo
  $ millrace demo --json --flows > report.json`)
    .action(async (flags: ReportFlags) => {
      ended(await runPlan('examples/office.yaml', () => planOf(EXAMPLE, { write: WRITE }), terminal, flags));
    });
}
