/**
 * Runs scripts of package.json at the same time, and shows what each said once it has ended: the last one named as it goes.
 *
 *   node scripts/in-parallel.mjs lint types vitest
 *
 * Exits with 1 when one of them failed, and names it.
 */
import { spawn } from 'node:child_process';

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error('usage: node scripts/in-parallel.mjs SCRIPT…');
  process.exit(2);
}

/** Resolves with whether the script succeeded. */
function run(name, live) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'], shell: process.platform === 'win32' });
    const said = [];
    child.stdout?.on('data', (data) => said.push(data));
    child.stderr?.on('data', (data) => said.push(data));
    child.on('error', (error) => { console.error(`${name}: ${error.message}`); resolve(false); });
    child.on('close', (code) => {
      process.stderr.write(Buffer.concat(said));
      if (code !== 0) console.error(`${name}: failed`);
      resolve(code === 0);
    });
  });
}

const ended = await Promise.all(names.map((name, at) => run(name, at === names.length - 1)));
const failed = names.filter((_, at) => !ended[at]);
if (failed.length > 0) console.error(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
