#!/usr/bin/env node
/** The command line. Main thread. */
import { EXIT_CODES } from './exit-code.js';
import { runProgram } from './program.js';

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
process.exitCode = await runProgram(process.argv.slice(2), { stdout, stderr, env, onReaderGone: (next) => { told = next; } });
