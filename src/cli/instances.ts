/** `millrace ps`, `stats`, `apply` and `stop`: what can be done with running instances, by their control sockets. */
import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { Changes } from '../runtime/compare-plans.js';
import { ask, findInstance } from '../runtime/control/client.js';
import type { Report } from '../runtime/report.js';
import { changesText } from './changes-text.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail, printJson } from './failure.js';
import { count, printable, shownPath } from './format.js';
import { listInstances, renderInstances } from './list-instances.js';
import { renderReport } from './render.js';
import { columnsOf, styleFor, type Terminal } from './terminal.js';

type Ended = (code: ExitCode) => void;
const INSTANCE = 'its name or pid, as `millrace ps` shows them, or the path of its socket';

export function addPs(program: Command, terminal: Terminal, ended: Ended): void {
  program.command('ps')
    .option('--json', 'print them as one JSON document on stdout')
    .summary('list the running instances')
    .description("List this user's running instances: name, pid, how long, chain file, ports and their rates over half a second.")
    .action(async ({ json = false }: { json?: boolean }) => {
      const found = await listInstances();
      if (json) printJson(terminal, found);
      else terminal.stdout.write(renderInstances(found, styleFor(terminal.stdout, terminal.env), columnsOf(terminal.stdout)));
      ended(EXIT_CODES.done);
    });
}

export function addStats(program: Command, terminal: Terminal, ended: Ended): void {
  program.command('stats').argument('<instance>', INSTANCE)
    .option('--json', 'print the report as one JSON document on stdout')
    .summary('print the statistics of a running instance')
    .description('Print the report of a running instance, as of now.')
    .action(async (instance: string, { json = false }: { json?: boolean }) => {
      ended(await tried(terminal, json, async () => {
        const { path, label } = await findInstance(instance);
        const report = await ask<Report>(path, 'stats');
        if (json) printJson(terminal, report);
        else terminal.stdout.write(renderReport(report, { title: label, style: styleFor(terminal.stdout, terminal.env), columns: columnsOf(terminal.stdout), running: true }));
        return EXIT_CODES.done;
      }));
    });
}

export function addApply(program: Command, terminal: Terminal, ended: Ended): void {
  program.command('apply').argument('<instance>', INSTANCE).argument('[chain.yaml]', 'what to put in force; by default the file that is in force, as it reads now')
    .option('--json', 'print what changed, or {ok, problems}, as one JSON document on stdout')
    .summary('put a chain file in force in a running instance')
    .description('Put a chain file in force under traffic, by difference: what has not changed is not touched, and no packet is lost.\nWhen it has mistakes, or changes what lies fixed in memory, all of that is said and nothing is changed.')
    .addHelpText('after', `
Examples:
  $ millrace apply edge chain.yaml
  $ millrace apply edge`)
    .action(async (instance: string, file: string | undefined, { json = false }: { json?: boolean }) => {
      ended(await tried(terminal, json, async () => {
        const { path, label } = await findInstance(instance);
        const changes = await ask<Changes & { file: string }>(path, 'apply', file === undefined ? {} : { file: resolve(file), shown: file });
        if (json) printJson(terminal, changes);
        else terminal.stdout.write(`${label}: ${changesText(changes)} (${shownPath(changes.file)})\n`);
        return EXIT_CODES.done;
      }));
    });
}

export function addStop(program: Command, terminal: Terminal, ended: Ended): void {
  program.command('stop').argument('<instance>', INSTANCE)
    .option('--drain <seconds>', 'how long what is under way may take to go through', readSeconds)
    .option('--json', 'print the last report as one JSON document on stdout')
    .summary('stop a running instance')
    .description('Stop a running instance: it stops receiving, lets what is under way go through, reports and ends.')
    .action(async (instance: string, { json = false, drain }: { json?: boolean; drain?: number }) => {
      ended(await tried(terminal, json, async () => {
        const { path, label } = await findInstance(instance);
        const report = await ask<Report>(path, 'stop', drain === undefined ? {} : { drainMs: drain });
        const { received, originated, transmitted, dropped, inFlight, balanced } = report.ledger;
        if (json) printJson(terminal, report);
        else {
          const style = styleFor(terminal.stdout, terminal.env);
          const verdict = balanced ? style.good('balanced') : style.bad('NOT BALANCED');
          terminal.stdout.write(`${label} has stopped: received ${count(received)}, originated ${count(originated)}, transmitted ${count(transmitted)}, dropped ${count(dropped)}, in flight ${count(inFlight)}: ${verdict}\n`);
          if (report.error !== undefined) terminal.stdout.write(`${style.bad('failed:')} ${printable(report.error.message)}\n`);
        }
        return balanced && report.error === undefined ? EXIT_CODES.done : EXIT_CODES.failed;
      }));
    });
}

async function tried(terminal: Terminal, json: boolean, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    return fail(terminal, error, json);
  }
}

const MAX_DRAIN_SECONDS = 3600;

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= MAX_DRAIN_SECONDS)) throw new InvalidArgumentError(`Expected a number of seconds, at most ${MAX_DRAIN_SECONDS}.`);
  return Math.round(seconds * 1000);
}
