/** `millrace inspect`: what is in a capture. A chain of DPI alone, with everything forwarded and nothing written. */
import type { Command } from 'commander';
import { planConfiguration } from '../runtime/check.js';
import type { Configuration } from '../runtime/configuration.js';
import { ConfigurationError } from '../runtime/problems.js';
import { execute } from './execute.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import { renderInspection } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

/** The longest packets of any capture fit, jumbo frames and segments before offload included. */
const SLOT_BYTES = 131_072;
/** 64 MiB of them. */
const SLOTS = 512;
const FLOWS = 262_144;

/** Whoever opened a connection is inside. */
function inspection(file: string): Configuration {
  return {
    captures: { capture: { file } },
    ports: { inside: { capture: 'capture', side: 'inside' }, outside: { capture: 'capture', side: 'outside' } },
    chains: { inspect: ['dpi'] },
    paths: [{ between: ['inside', 'outside'], match: 'any', via: 'inspect' }],
    memory: { slots: SLOTS, slotBytes: SLOT_BYTES },
    flows: FLOWS,
  };
}

export function addInspect(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  program
    .command('inspect')
    .argument('<capture>', 'a pcap or pcapng file, plain or gzipped')
    .option('--json', 'print the report with its flows as one JSON document, and nothing else, on stdout')
    .summary('say what is in a capture')
    .description('Say what is in a capture: flows, protocols and host names. Nothing is written.')
    .addHelpText('after', `
Examples:
  $ millrace inspect my.pcapng
  $ millrace inspect my.pcap.gz --json | jq -r '.flows[] | [.a, .b, .protocol, .host] | @tsv'`)
    .action(async (file: string, flags: { json?: boolean }) => {
      ended(await inspect(file, terminal, flags.json ?? false));
    });
}

async function inspect(file: string, terminal: Terminal, json: boolean): Promise<ExitCode> {
  try {
    const plan = await planConfiguration(inspection(file)).catch((error: unknown) => {
      throw error instanceof ConfigurationError ? new ConfigurationError(error.problems.map((problem) => ({ ...problem, place: '<capture>' }))) : error;
    });
    const report = await execute(plan, terminal, { flows: true });
    if (json) printJson(terminal, report);
    else terminal.stdout.write(renderInspection(report, { style: styleFor(terminal.stdout, terminal.env), columns: columnsOf(terminal.stdout) }));
    return report.error === undefined ? EXIT_CODES.done : EXIT_CODES.failed;
  } catch (error) {
    return fail(terminal, error, json);
  }
}
