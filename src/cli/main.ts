#!/usr/bin/env node
/** The command line. Main thread. */
import { EXIT_CODES } from './exit-code.js';

let told: (() => void) | null = null;
let isReaderGone = false;
// Whoever reads may have had enough (`millrace … | head`): other programs end by SIGPIPE then, which Node ignores.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isReaderGone) return;
    if (error.code !== 'EPIPE') {
      if (stream === process.stdout) process.stderr.write(`error: stdout cannot be written: ${error.message}\n`);
      process.exit(EXIT_CODES.failed);
    }
    isReaderGone = true;
    if (told === null) process.exit(EXIT_CODES.readerGone);
    told();
  });
}

const { stdout, stderr, env } = process;
if (process.argv[2] === 'run') {
  // Signals that a run obeys (run-signals.ts) do not end it before it can, or when all is done: so early, and for good.
  for (const signal of ['SIGUSR2', 'SIGHUP']) process.on(signal, () => undefined);
}
const { runProgram } = await import('./program.js');
process.exitCode = await runProgram(process.argv.slice(2), { stdout, stderr, env, onReaderGone: (next) => { told = next; } });
