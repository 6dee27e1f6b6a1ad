#!/usr/bin/env node
/** The command line. Main thread. */
import { runProgram } from './program.js';

// Whoever reads may have had enough (`millrace … | head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runProgram(process.argv.slice(2), process);
