/** `millrace tap`: the packets on a link of a running instance, as pcapng on stdout or in a file. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { InvalidArgumentError, type Command } from 'commander';
import { ask, askStream, findInstance } from '../runtime/control/client.js';
import type { TapBegin } from '../runtime/control/commands/tap.js';
import type { TapSummary } from '../runtime/watch/tap.js';
import { EXIT_CODES, type ExitCode } from './exit-code.js';
import { fail } from './failure.js';
import { counted } from './format.js';
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
        const { path } = await findInstance(instance);
        ended(link === undefined ? await listLinks(path, terminal) : await tapLink(path, link, flags, terminal));
      } catch (error) {
        ended(fail(terminal, error, false));
      }
    });
}

async function listLinks(path: string, { stdout }: Terminal): Promise<ExitCode> {
  const { links } = await ask<{ links: string[] }>(path, 'tap');
  stdout.write(`${links.join('\n')}\n`);
  return EXIT_CODES.done;
}

async function tapLink(path: string, link: string, { filter, snap, write }: TapFlags, { stdout, stderr }: Terminal): Promise<ExitCode> {
  if (write === undefined && stdout.isTTY === true) {
    stderr.write('error: a capture is not for a terminal: --write FILE, or a pipe such as | tshark -r -\n');
    return EXIT_CODES.badUse;
  }
  const { chunks, stop } = await askStream<TapBegin, TapSummary>(path, 'tap', { link, ...(filter !== undefined && { filter }), ...(snap !== undefined && { snapLength: snap }) });
  const file = write === undefined ? null : createWriteStream(write);
  const output: Writable = file ?? process.stdout;
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const stream = chunks();
    for (;;) {
      const next = await stream.next();
      if (next.done === true) {
        const { packets, skipped } = next.value;
        stderr.write(`${link}: ${counted(packets, 'packet')}${skipped === 0 ? '' : `, ${skipped} more found no room and were skipped`}\n`);
        return EXIT_CODES.done;
      }
      if (!output.write(next.value)) await once(output, 'drain');
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (file !== null) await new Promise<void>((resolve) => file.end(() => { resolve(); }));
  }
}

function readBytes(text: string): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || bytes < 1) throw new InvalidArgumentError('Expected a whole number of bytes from 1.');
  return bytes;
}
