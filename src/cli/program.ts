/** The commands of `millrace`, put together. */
import { Command, CommanderError } from 'commander';
import { packageVersion } from '../runtime/version.js';
import { addBench } from './bench.js';
import { addCheck } from './check.js';
import { addDemo } from './demo.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { addGraph } from './graph.js';
import { addInspect } from './inspect.js';
import { addApply, addPs, addStats, addStop } from './instances.js';
import { addRules } from './rules.js';
import { addRun } from './run.js';
import { addTap } from './tap.js';
import { widthOf, type Terminal } from './terminal.js';

/** One file a command: what it is called, what it takes and what it does. */
const COMMANDS = [addRun, addPs, addStats, addApply, addTap, addStop, addCheck, addGraph, addInspect, addRules, addDemo, addBench];

/** @param args without the names of node and the script. @returns the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.done;
  const program = new Command('millrace')
    .description('Zero-copy service chains of network functions: a packet is written once, then only pointed at.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => widthOf(terminal.stdout),
      getErrHelpWidth: () => widthOf(terminal.stderr),
    })
    .addHelpText('after', `
Examples:
  $ millrace demo
  $ millrace run chain.yaml --capture trace=my.pcapng
  $ millrace inspect my.pcapng
  $ millrace ps

Exit codes: 0 done, 1 failed while running, 2 bad use or configuration.`)
    .exitOverride();
  for (const add of COMMANDS) add(program, terminal, (ended) => { code = ended; });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version that were asked for are no errors; help because nothing was asked is.
    return error.exitCode === 0 ? EXIT_CODES.done : EXIT_CODES.badUse;
  }
  return code;
}
