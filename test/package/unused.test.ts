/** Nothing in the repository is unused: files, exports, dependencies. knip.json says where knip begins. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../tidy/source-files.js';

it('knip finds nothing', async () => {
  const ended = promisify(execFile)(join(ROOT, 'node_modules/.bin/knip'), ['--no-config-hints', '--reporter', 'compact'], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } });
  const found = await ended.then(({ stdout }) => stdout, (error: unknown) => (error as { stdout: string }).stdout);
  expect(found.trim()).toBe('');
});
