/** `millrace tap`: the packets on a link of a running instance, as pcapng on stdout or in a file. */
import { InvalidArgumentError, type Command } from 'commander';
import { ask, askStream, findInstance, type ControlStream } from '../runtime/control/client.js';
import type { TapBegin } from '../runtime/control/commands/tap.js';
import type { TapSummary } from '../runtime/watch/tap.js';
import { FileOutput, StreamOutput, type CaptureOutput } from './capture-output.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail } from './failure.js';
import { count, counted } from './format.js';
import { LeftAtOnce, TapSignals } from './tap-signals.js';
import type { Terminal } from './terminal.js';

interface TapFlags {
  readonly filter?: string;
  readonly snap?: number;
  readonly write?: string;
}

export function addTap(program: Command, terminal: Terminal, ended: (code: ExitCode) => void): void {
  program.command('tap').argument('<instance>', 'its name or pid, as `millrace ps` shows them, or the path of its socket').argument('[link]', 'such as inside>firewall; without it, the links are listed')
    .option('--filter <filter>', "only packets that match, as they are on the link: 'host 10.0.0.5 and tcp port 443'")
    .option('--snap <bytes>', 'keep so many bytes of each packet', readBytes)
    .option('--write <file>', 'write to this file; by default to stdout')
    .summary('show the packets on a link of a running instance')
    .description('Write the packets on a link as pcapng, until Ctrl-C or the end of the instance. The link is the interface, what its near\nend said of a packet the comment. The chain never waits: what finds no room is skipped, and counted at the end.')
    .addHelpText('after', `
Examples:
  $ millrace tap edge
  $ millrace tap edge 'firewall>nat' | tshark -r -
  $ millrace tap edge 'nat>outside' --filter 'tcp port 443' --snap 128 --write tls.pcapng`)
    .action(async (instance: string, link: string | undefined, flags: TapFlags) => {
      try {
        ended(link === undefined ? await listLinks(instance, terminal) : await tapLink(instance, link, flags, terminal));
      } catch (error) {
        ended(fail(terminal, error, false));
      }
    });
}

async function listLinks(instance: string, { stdout }: Terminal): Promise<ExitCode> {
  const { path } = await findInstance(instance);
  const { links } = await ask<{ links: string[] }>(path, 'tap');
  stdout.write(`${links.join('\n')}\n`);
  return EXIT_CODES.done;
}

async function tapLink(instance: string, link: string, { filter, snap, write }: TapFlags, terminal: Terminal): Promise<ExitCode> {
  const { stdout, stderr } = terminal;
  if (write === undefined && stdout.isTTY === true) {
    stderr.write('error: a capture is not for a terminal: --write FILE, or a pipe such as | tshark -r -\n');
    return EXIT_CODES.badUse;
  }
  const output = write === undefined ? new StreamOutput(process.stdout) : new FileOutput(write);
  const signals = new TapSignals(stderr);
  let stream: ControlStream<TapBegin, TapSummary> | null = null;
  let summary: TapSummary | null = null;
  // However it ends, the process by others too: nobody may read stdout any more.
  let isTold = true;
  const tell = (): void => {
    if (isTold) return;
    isTold = true;
    stderr.write(`${link}: ${summaryText(summary, output.packets)}\n`);
  };
  process.on('exit', tell);
  try {
    const { path } = await signals.unlessLeft(findInstance(instance));
    stream = await signals.unlessLeft(askStream<TapBegin, TapSummary>(path, 'tap', { link, ...(filter !== undefined && { filter }), ...(snap !== undefined && { snapLength: snap }) }));
    isTold = false;
    signals.stopBy(stream.stop);
    summary = await signals.unlessLeft(forward(stream.chunks(), output));
    return EXIT_CODES.done;
  } catch (error) {
    if (error instanceof LeftAtOnce) {
      isTold = false;
      await output.close();
      return process.exit(error.code);
    }
    if (stream === null) throw error;
    stream.destroy();
    fail(terminal, error, false);
    return EXIT_CODES.failed;
  } finally {
    signals.close();
    await output.close();
    tell();
    process.off('exit', tell);
  }
}

/** @returns what the instance says at the end. */
async function forward(chunks: AsyncGenerator<Buffer, TapSummary>, output: CaptureOutput): Promise<TapSummary> {
  for (;;) {
    const next = await chunks.next();
    if (next.done === true) return next.value;
    await output.write(next.value);
  }
}

/** @param written packets that came; where the instance has not said how it ended, that is all that is known. */
function summaryText(summary: TapSummary | null, written: number): string {
  if (summary === null) return `${counted(written, 'packet')} until it broke off; how many were skipped is not known`;
  const { packets, skipped } = summary;
  return `${counted(packets, 'packet')}${skipped === 0 ? '' : `, ${count(skipped)} more found no room and were skipped`}`;
}

function readBytes(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || bytes < 1) throw new InvalidArgumentError('Expected a whole number of bytes from 1.');
  return bytes;
}
