/** Pages and files that say the same as the code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { schemaOf } from '../../src/nf/define.js';
import { factoryNamed, STOCK_FUNCTIONS } from '../../src/runtime/functions.js';
import { PROBLEM_CODES } from '../../src/runtime/problems.js';
import { configurationJsonSchema } from '../../src/runtime/json-schema.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('schema/millrace.schema.json is what scripts/make-schema.ts writes', () => {
  expect(JSON.parse(read('schema/millrace.schema.json'))).toEqual(configurationJsonSchema());
});

test('docs/errors.md has every code of a configuration problem, in the words of the code', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(PROBLEM_CODES);
});

const schema = JSON.parse(read('schema/millrace.schema.json')) as SchemaNode & { $defs: Record<string, SchemaNode> };

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
}

/** The parts of a zod schema that lead to options below an option. */
interface Shape {
  readonly shape?: Readonly<Record<string, Shape>>;
  readonly element?: Shape;
  readonly def?: { readonly innerType?: Shape; readonly in?: Shape };
}

function unwrapped(of: Shape): Shape {
  const inner = of.def?.innerType ?? of.def?.in;
  return inner === undefined ? of : unwrapped(inner);
}

/** Every option of a schema, those in maps and lists of maps too: `timeouts.udpSeconds`, `portForwards[].to`. */
function optionsOf(of: Shape, prefix = ''): string[] {
  const here = unwrapped(of);
  if (here.element !== undefined) return optionsOf(here.element, `${prefix}[]`);
  return Object.entries(here.shape ?? {}).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...optionsOf(inner, path)];
  });
}

/** The schema of an option, as an editor finds it. */
function nodeOf(root: SchemaNode, path: string): SchemaNode | undefined {
  return path.split(/\.|(?=\[\])/).reduce<SchemaNode | undefined>((node, step) => (step === '[]' ? node?.items : node?.properties?.[step]), root);
}

const called = Object.keys(STOCK_FUNCTIONS);

test.each(called)('every option of %s is in the JSON schema, with words about it', async (name) => {
  const options = optionsOf((await schemaOf(factoryNamed(await STOCK_FUNCTIONS[name](), name)!.definition)) as unknown as Shape);
  expect(options.length).toBeGreaterThan(15);
  const silent = options.filter((path) => (nodeOf(schema.$defs[name], path)?.description ?? '') === '');
  expect(silent).toEqual([]);
});

test('the JSON schema takes our configurations, and refuses an option that is not there, has the wrong type or is too large', () => {
  const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  const office = parse(readFileSync(fileURLToPath(new URL('../../examples/office.yaml', import.meta.url)), 'utf8')) as object;
  expect(validator.safeParse(office)).toMatchObject({ success: true });
  const takes = (use: unknown): boolean => validator.safeParse({ ports: { a: { kind: 'sink' } }, chains: { edge: [use] }, paths: [{ from: 'a', to: 'a', via: 'edge' }] }).success;
  const accepted: unknown[] = [
    'dpi', { dpi: null }, { firewall: { rules: 'allow any', as: 'outer' } }, { function: 'nat', as: 'cgn', options: { external: '203.0.113.1' } },
    { nat: { external: ['203.0.113.1'], portForwards: [{ protocol: ['tcp', 'udp'], port: [6000, 6010], to: '10.0.0.8' }], timeouts: { udpSeconds: 120 } } },
    { dpi: { rules: [{ name: 'x', content: 'y', ports: '1-2' }], streams: { windows: { count: 2 } } } },
    { 'ttl-guard': { from: './ttl-guard.js', minimum: 3 } }, { function: 'ttl-guard', from: './ttl-guard.js' },
  ];
  expect(accepted.filter((use) => !takes(use))).toEqual([]);
  const refused: unknown[] = [
    'firewall', { firewall: {} }, { firewall: { rules: [], halfOpen: 0 } }, { firewall: { rules: [], timeouts: { tcpSecond: 3 } } },
    { nat: { external: 3 } }, { nat: { ports: [1, 65536] } }, { nat: { filtering: 'adress' } }, { nat: { portForwards: [{ protocol: 'sctp', port: 1, to: '10.0.0.8' }] } },
    { dpi: { budget: { packets: 64 } } }, { dpi: { rules: [{ content: 'y' }] } }, { function: 'dpi', options: { blok: {} } }, { 'ttl-guard': { minimum: 3 } },
  ];
  expect(refused.filter(takes)).toEqual([]);
});
