/** docs/configuration.md and docs/errors.md say what the code does. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chain } from '../../src/chain/chain.js';
import { EXIT_CODES } from '../../src/cli/exit-code.js';
import { dpi } from '../../src/nf/dpi/index.js';
import { firewall } from '../../src/nf/firewall/index.js';
import { nat } from '../../src/nf/nat/index.js';
import { planConfiguration } from '../../src/runtime/check.js';
import { STOCK_FUNCTIONS } from '../../src/runtime/functions.js';
import type { Plan } from '../../src/runtime/plan.js';
import { capture } from '../../src/runtime/port-values.js';
import { configurationJsonSchema } from '../../src/runtime/json-schema.js';
import { parseConfiguration } from '../../src/runtime/yaml.js';
import { GUARD } from '../runtime/configurations.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/configuration.md');
const blocks = (language: string): string[] => [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, text]) => text);
/** The page's example names the files of this folder. */
const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

async function planOf(yaml: string): Promise<Plan> {
  const { document, source } = parseConfiguration(yaml, 'chain.yaml');
  return planConfiguration(document, { source, baseDirectory: examples, functions: { ...STOCK_FUNCTIONS } });
}

test('the example in TypeScript gives the plan of the one in YAML', async () => {
  const [code] = blocks('ts');
  // oxlint-disable-next-line typescript/no-implied-eval -- the page's code is what is tested
  const build = new Function('capture', 'chain', 'firewall', 'nat', 'dpi', `${code} return configuration;`) as (...names: unknown[]) => unknown;
  const configuration = build(capture, chain, firewall, nat, dpi);
  const plan = await planConfiguration(configuration, { baseDirectory: examples });
  expect(plan.functions.map(({ name }) => name)).toEqual(['firewall', 'nat', 'dpi']);
  // The stock functions of a vitest run are found under two URLs: as this file imports them, and as the check does.
  const comparable = ({ functions, ...rest }: Plan): unknown => ({ ...rest, functions: functions.map(({ module: _, ...vm }) => vm) });
  expect(comparable(await planOf(blocks('yaml')[0]))).toEqual(comparable(plan));
});

test('each of the ways to write a network function is understood', async () => {
  const ways = blocks('yaml')[1].replace('./ttl-guard.js', GUARD).replace("'@acme/guards'", GUARD);
  const plan = await planOf(`${ways}ports: { a: { kind: sink }, b: { kind: sink } }\npaths: [{ from: a, to: b, via: edge }]\n`);
  expect(plan.functions.map(({ name, function: called }) => [name, called])).toEqual([
    ['dpi', 'dpi'],
    ['outer', 'firewall'],
    ['ttl-guard', 'ttl-guard'],
    ['strict-guard', 'ttl-guard'],
  ]);
});

test('every key of the schema stands on the page', () => {
  const keys = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value) for (const key of Object.keys(value.properties as object)) keys.add(key);
    Object.values(value).forEach(collect);
  };
  // Options of the stock functions have pages of their own.
  const { $defs: options, ...schema } = configurationJsonSchema() as { $defs: Record<string, unknown> };
  collect(schema);
  collect(options.functions);
  for (const name of Object.keys(STOCK_FUNCTIONS)) expect(page).toContain(`](${name}.md)`);
  expect(keys.size).toBeGreaterThan(30);
  // Sizes of memory stand under their whole names.
  const missing = [...keys].filter((key) => !new RegExp(`\`(memory\\.)?${key.replace('$', '\\$')}\`|^## ${key}$|\\b${key}:`, 'm').test(page));
  expect(missing).toEqual([]);
});

test('docs/errors.md has every exit code', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT_CODES));
});
