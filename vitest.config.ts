import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

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
    include: ['test/**/*.test.ts'],
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
