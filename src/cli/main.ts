#!/usr/bin/env node
/** The command line. Main thread. */
import { EXIT_CODES } from './exit-code.js';
import { runProgram } from './program.js';

// Whoever reads may have had enough (`millrace … | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`error: stdout cannot be written: ${error.message}\n`);
  process.exit(EXIT_CODES.failed);
});

process.exitCode = await runProgram(process.argv.slice(2), process);
