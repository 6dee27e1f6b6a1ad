/** The commands of `millrace` and their help. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { RegionAllocationError } from '../memory/region.js';
import type { Configuration } from '../runtime/configuration.js';
import { ConfigurationError } from '../runtime/problems.js';
import { Exit, type CliContext, type ExitCode } from './context.js';
import { describePlan, planToJson } from './describe-plan.js';
import { execute } from './execute.js';
import { collectOverride, loadChain, UsageError, type Overrides } from './load.js';
import { mermaid } from './mermaid.js';
import { renderInspection, renderReport } from './render.js';
import { styleFor } from './style.js';

/** Both from src/cli and from dist/cli. */
const PACKAGE = new URL('../../package.json', import.meta.url);
const DEMO = new URL('../../examples/office.yaml', import.meta.url);

interface RunFlags {
  json?: true;
  flows?: true;
  capture?: Overrides;
  write?: Overrides;
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}

/** Builds the program. Commands set the exit code through `exit`; nothing here ends the process. */
export function buildProgram(context: CliContext, exit: (code: ExitCode) => void): Command {
  const { stdout, stderr, env, cwd } = context;
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  const program = new Command('millrace')
    .description('Runs chains of network functions over packets that are written once and then only pointed at.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => { stdout.write(text); }, writeErr: (text) => { stderr.write(text); } })
    .showHelpAfterError('(add --help for how it is used)')
    .addHelpText('after', examples('millrace demo', 'millrace check chain.yaml', 'millrace run chain.yaml --flows') +
      '\nExit codes: 0 done, 1 failed while running, 2 bad use or configuration.');

  program
    .command('run')
    .description('run a chain over its ports until they are exhausted, then report')
    .argument('<chain.yaml>', 'the configuration')
    .option('--capture <name=FILE>', 'read FILE for this capture (repeatable)', collectOverride)
    .option('--write <port=FILE>', 'write what leaves by this port to FILE (repeatable)', collectOverride)
    .option('--json', 'print the report as one JSON document')
    .option('--flows', 'report every flow')
    .addHelpText('after', examples(
      'millrace run office.yaml',
      'millrace run office.yaml --capture trace=monday.pcap --write outside=translated.pcapng',
      "millrace run office.yaml --json --flows | jq '.flows[] | select(.verdict != \"forward\")'",
    ) + '\nCtrl-C lets what is under way go through and still reports; a second one ends it at once.')
    .action(async (file: string, flags: RunFlags) => {
      const { configuration, baseDirectory, source } = await loadChain(file, cwd, flags);
      exit(await execute(context, { title: file, configuration, check: { baseDirectory, source }, json: flags.json ?? false, flows: flags.flows ?? false, render: renderReport }));
    });

  program
    .command('check')
    .description('find all mistakes in a configuration, and say what it would run')
    .argument('<chain.yaml>', 'the configuration')
    .option('--json', 'print one JSON document: the plan, or the problems')
    .addHelpText('after', examples('millrace check office.yaml', "millrace check office.yaml --json | jq '.problems'"))
    .action(async (file: string, { json }: { json?: true }) => {
      const { plan } = await loadChain(file, cwd);
      stdout.write(json ? `${JSON.stringify(planToJson(plan), null, 2)}\n` : describePlan(plan, { title: file, cwd, style: styleFor(stdout, env) }));
    });

  program
    .command('graph')
    .description('draw a configuration as a Mermaid flowchart')
    .argument('<chain.yaml>', 'the configuration')
    .addHelpText('after', examples('millrace graph office.yaml', 'millrace graph office.yaml > office.mmd'))
    .action(async (file: string) => {
      stdout.write(mermaid((await loadChain(file, cwd)).plan));
    });

  program
    .command('inspect')
    .description('say what is in a capture: flows, protocols, host names')
    .argument('<capture>', 'a pcap or pcapng file, plain or gzipped')
    .option('--json', 'print one JSON document with all flows')
    .addHelpText('after', examples('millrace inspect monday.pcapng', "millrace inspect monday.pcap.gz --json | jq '.hosts'"))
    .action(async (file: string, { json }: { json?: true }) => {
      const check = { baseDirectory: cwd };
      try {
        exit(await execute(context, { title: file, configuration: inspection(file), check, json: json ?? false, flows: true, render: renderInspection }));
      } catch (error) {
        // The user wrote no configuration, so what is wrong is said without places in one.
        if (error instanceof ConfigurationError) throw new UsageError(error.problems.map(({ message, found }) => `${message} (${found})`).join('\n'));
        throw error;
      }
    });

  program
    .command('demo')
    .description('run the example: an office behind firewall, NAT and DPI; writes to ./out/')
    .option('--json', 'print the report as one JSON document')
    .option('--flows', 'report every flow')
    .addHelpText('after', examples('millrace demo', 'millrace demo --flows'))
    .action(async ({ json = false, flows = false }: { json?: boolean; flows?: boolean }) => {
      const write = { inside: 'out/inside.pcapng', outside: 'out/outside.pcapng' };
      const { configuration, baseDirectory, source } = await loadChain(fileURLToPath(DEMO), cwd, { write });
      const title = 'examples/office.yaml';
      exit(await execute(context, { title, configuration, check: { baseDirectory, source }, json, flows, render: renderReport }));
    });

  return program;
}

/** DPI alone, everything forwarded, nothing written; whoever spoke first is inside. */
export function inspection(file: string): Configuration {
  return {
    captures: { capture: { file } },
    ports: { inside: { capture: 'capture', side: 'inside' }, outside: { capture: 'capture', side: 'outside' } },
    chains: { inspect: [{ dpi: {} }] },
    paths: [{ between: ['inside', 'outside'], match: 'any', via: 'inspect' }],
  };
}

/** Runs one command line. @param argv without the interpreter and the script. */
export async function main(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  const { stdout, stderr } = context;
  let code: ExitCode = Exit.done;
  const program = buildProgram(context, (set) => (code = set));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.done : Exit.badUse;
    if (error instanceof ConfigurationError) {
      stderr.write(`${error.message}\n`);
      if (argv.includes('--json')) stdout.write(`${JSON.stringify({ schemaVersion: 1, problems: error.problems }, null, 2)}\n`);
      return Exit.badUse;
    }
    const message = error instanceof Error ? error.message : String(error);
    stderr.write(`millrace: ${message}\n`);
    const badUse = error instanceof UsageError || error instanceof RegionAllocationError;
    if (argv.includes('--json')) stdout.write(`${JSON.stringify({ schemaVersion: 1, error: { message } }, null, 2)}\n`);
    return badUse ? Exit.badUse : Exit.failed;
  }
}
