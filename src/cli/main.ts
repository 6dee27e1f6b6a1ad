#!/usr/bin/env node
/** Entry of the command `millrace`. */
import { processContext } from './context.js';
import { main } from './program.js';

// Not process.exit(): what is written to a pipe would be cut off.
process.exitCode = await main(process.argv.slice(2), processContext());
