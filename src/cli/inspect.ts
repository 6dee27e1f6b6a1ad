/** `millrace inspect`: what is in a capture. A chain of DPI alone, with everything forwarded and nothing written. */
import type { Command } from 'commander';
import type { Configuration } from '../runtime/configuration.js';
import { ConfigurationError } from '../runtime/problems.js';
import { execute } from './execute.js';
import type { ExitCode } from './exit-code.js';
import { fail } from './failure.js';
import { renderInspection } from './render.js';
import { printReport } from './run.js';
import type { Terminal } from './terminal.js';

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
    const { planConfiguration } = await import('../runtime/check.js');
    const plan = await planConfiguration(inspection(file)).catch((error: unknown) => {
      throw error instanceof ConfigurationError ? new ConfigurationError(error.problems.map((problem) => ({ ...problem, place: '<capture>' }))) : error;
    });
    return printReport(await execute(plan, terminal, { flows: true }), renderInspection, { title: file, json, terminal });
  } catch (error) {
    return fail(terminal, error, json);
  }
}
