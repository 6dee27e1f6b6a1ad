/**
 * Bundles src/ and bench/ into dist/: a file for each entry, and a few chunks that they share. See ARCHITECTURE.md, "Bundles".
 *
 *   node scripts/bundle.mjs          says nothing
 *   node scripts/bundle.mjs --tell   says on stderr what it does, for whoever waits for what comes after it
 */
import { chmodSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { constantsAsNumbers } from './constants.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** What a user, a process or a thread begins with: each keeps its name and place. */
const ENTRIES = [
  'src/index.ts',
  'src/testing.ts',
  'src/live.ts',
  'src/cli/main.ts',
  'src/cli/program.ts',
  'src/runtime/manager-worker.ts',
  'src/vm/vm-worker.ts',
  'src/port/live/port-worker.ts',
  'src/nf/dpi/index.ts',
  'src/nf/firewall/index.ts',
  'src/nf/nat/index.ts',
  'bench/index.ts',
  'bench/to-markdown.ts',
  'bench/report/page.ts',
  'bench/profiled-run.ts',
  'bench/functions/touch.ts',
  'bench/traffic/record.ts',
  'bench/ports/bench-port.ts',
  'bench/baselines/piscina-task.ts',
  'bench/baselines/thread.ts',
  'bench/rings/ring-thread.ts',
];

/**
 * Chunks of what several entries share, by who loads it: a module goes to the first whose entries reach it by static imports.
 * Few and whole, because a thread pays about a millisecond for each file, and little for code in it that it does not run.
 */
const CHUNKS = [
  { name: 'core', reachedFrom: ['src/vm/vm-worker.ts', 'src/index.ts'] },
  { name: 'ports', reachedFrom: ['src/runtime/manager-worker.ts', 'src/port/live/port-worker.ts', 'src/port/live/native/serve-interface.ts', 'src/runtime/inline-ports.ts'] },
  { name: 'common', reachedFrom: ['src/cli/main.ts', 'src/cli/program.ts'] }, // but for the commands themselves
  { name: 'runtime', reachedFrom: ['src/runtime/run.ts'] },
];

const entryFiles = new Set(ENTRIES.map(at));
const reached = new Map();

/** The modules that an entry reaches by static imports, itself included. */
function reachedFrom(entry, context) {
  const known = reached.get(entry);
  if (known !== undefined) return known;
  const found = new Set();
  const waiting = [entry];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(context.getModuleInfo(id)?.importedIds ?? []));
  }
  reached.set(entry, found);
  return found;
}

/** The name of a module's chunk; null leaves it with the entry that it belongs to. */
function chunkOf(id, context) {
  if (entryFiles.has(id) || id.startsWith(at('src/cli/'))) return null;
  return CHUNKS.find((chunk) => chunk.reachedFrom.some((entry) => reachedFrom(at(entry), context).has(id)))?.name ?? null;
}

const tells = process.argv.includes('--tell');
const begunAt = performance.now();
if (tells) process.stderr.write('building: bundling src/ into dist/, a few seconds ... ');

await build({
  input: Object.fromEntries(ENTRIES.map((path) => [path.replace(/^src\/|\.ts$/g, ''), at(path)])),
  platform: 'node',
  external: (id) => !id.startsWith('.') && !isAbsolute(id),
  tsconfig: at('tsconfig.json'),
  plugins: [constantsAsNumbers(ENTRIES.map(at))],
  transform: { target: 'node20.19' },
  logLevel: 'warn',
  // What a command imports late, the runtime has at once: it is the same chunk.
  checks: { ineffectiveDynamicImport: false, pluginTimings: false, bundlerTimings: false },
  preserveEntrySignatures: 'allow-extension',
  output: {
    dir: at('dist'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    minifyInternalExports: false,
    codeSplitting: {
      // In the order of CHUNKS: a group takes along what its modules import, so that no two chunks import each other.
      groups: CHUNKS.map(({ name }, place) => ({ name: (id, context) => (chunkOf(id, context) === name ? name : null), debugName: name, priority: CHUNKS.length - place })),
    },
  },
});

// npx starts it as a program, from a link that outlives a clean build.
chmodSync(at('dist/cli/main.js'), 0o755);
if (tells) process.stderr.write(`done in ${((performance.now() - begunAt) / 1000).toFixed(1)} s\n`);
