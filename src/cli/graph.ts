/** `millrace graph`: draws a chain file. */
import type { Command } from 'commander';
import { planOf, takesFiles } from './chain-file.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail } from './failure.js';
import { drawPlan } from './mermaid.js';
import type { Overrides } from './overrides.js';
import type { Terminal } from './terminal.js';

export function addGraph(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  takesFiles(program.command('graph').argument('<chain.yaml>', 'what to draw'))
    .summary('draw a chain file (Mermaid)')
    .description('Draw a chain file as a Mermaid flowchart: whole lines forward, dotted lines back.')
    .addHelpText('after', `
Examples:
  $ millrace graph examples/office.yaml
  $ millrace graph chain.yaml > chain.mmd`)
    .action(async (file: string, overrides: Overrides) => {
      ended(await graph(file, terminal, overrides));
    });
}

async function graph(file: string, terminal: Terminal, overrides: Overrides): Promise<ExitCode> {
  try {
    terminal.stdout.write(drawPlan(await planOf(file, overrides)));
    return EXIT_CODES.done;
  } catch (error) {
    return fail(terminal, error, false);
  }
}
