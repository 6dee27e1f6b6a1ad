import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests that leave nothing behind in their process. */
const PARTS = [
  ...['flow', 'golden', 'memory', 'nf', 'packet', 'packet-manager', 'port', 'ring', 'runtime', 'tidy'].map((folder) => `test/${folder}/**/*.test.ts`),
  'test/bench/!(bench-command).test.ts', 'test/captures/{office,labels}.test.ts',
];

// Tests that import 'millrace' get the built package, as a user does, and its workers run plain JavaScript.
// Tests that import from ../src drive the same code in this thread, where coverage and a debugger can see it.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^millrace$/, replacement: here('./dist/index.js') },
      { find: /^millrace\/live$/, replacement: here('./dist/live.js') },
      { find: /^millrace\/testing$/, replacement: here('./dist/testing.js') },
    ],
  },
  test: {
    projects: [
      // A file here changes nothing that another could see, so they share a process and what it has imported.
      { extends: true, test: { name: 'parts', include: PARTS, isolate: false, setupFiles: ['test/support/properties.ts'] } },
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: PARTS } },
    ],
    globalSetup: ['test/support/temporary-folder.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Two, also on a larger machine: the tests that run a chain have threads of their own, four or five each.
    maxWorkers: 2,
    reporters: process.env['CI'] === undefined ? ['default'] : ['default', ['json', { outputFile: 'out/test-report.json' }]],
    server: { deps: { external: [/\/dist\//] } },
    coverage: { include: ['src/**/*.ts'] },
  },
});
