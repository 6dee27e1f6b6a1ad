/** Pages and files that say the same as the code. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROBLEM_CODES } from '../../src/runtime/problems.js';
import { configurationJsonSchema } from '../../src/runtime/schema.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('schema/millrace.schema.json is what scripts/make-schema.ts writes', () => {
  expect(JSON.parse(read('schema/millrace.schema.json'))).toEqual(configurationJsonSchema());
});

test('docs/errors.md has every code of a configuration problem, in the words of the code', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(PROBLEM_CODES);
});
