/** YAML: the same plan as TypeScript, and mistakes with line and column. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chain } from '../../src/chain/chain.js';
import type { CheckResult } from '../../src/runtime/check.js';
import { resolveModule } from '../../src/runtime/functions.js';
import { capture, generator, sink } from '../../src/runtime/port-values.js';
import type { ConfigurationError} from '../../src/runtime/problems.js';
import { formatProblem } from '../../src/runtime/problems.js';
import { parseConfiguration, readConfiguration } from '../../src/runtime/yaml.js';
import { ttlGuard } from './functions/ttl-guard.js';
import { check, checkYaml, directory, GUARD } from './configurations.js';

const base = directory();
afterAll(() => rmSync(base, { recursive: true }));

function planOf(result: CheckResult): unknown {
  return 'plan' in result ? result.plan : result.problems.map(formatProblem);
}

function problemsIn(result: CheckResult): string[] {
  return 'problems' in result ? result.problems.map((problem) => formatProblem(problem).split('\n')[0]) : [];
}

const YAML = `
captures: { trace: { file: office.pcap, inside: [10.0.0.0/8] } }
ports:
  inside: { capture: trace, side: inside, write: out/in.pcapng }
  outside: { capture: trace, side: outside }
  rest: { kind: sink, write: rest.pcap }
  source: { kind: generator, packets: 10, lengths: 128 }
chains:
  edge:
    - ttl-guard: { minimum: 1, texts: [one, path] }
    - ttl-guard: { from: ${GUARD}, as: second, minimum: 2 }
paths:
  - { between: [inside, outside], match: ip, via: edge }
  - { from: source, to: rest, via: edge }
memory: { slots: 100 }
mode: copy
`;

test('YAML and TypeScript give the same plan', async () => {
  const office = capture('office.pcap', { inside: ['10.0.0.0/8'] });
  const edge = chain('edge', [ttlGuard({ minimum: 1, texts: ['one', 'path'] }), ttlGuard({ minimum: 2 }, { as: 'second' })]);
  const inCode = await check(
    {
      ports: {
        inside: office.side('inside', { write: 'out/in.pcapng' }),
        outside: office.side('outside'),
        rest: sink({ write: 'rest.pcap' }),
        source: generator({ packets: 10, lengths: 128 }),
      },
      paths: [
        { between: ['inside', 'outside'], match: 'ip', via: edge },
        { from: 'source', to: 'rest', via: edge },
      ],
      memory: { slots: 100 },
      mode: 'copy',
    },
    base,
  );
  const inYaml = await checkYaml(YAML, base);
  expect(planOf(inYaml)).toEqual(planOf(inCode));
  const guard = { chain: 'edge', replica: { index: 0, count: 1 }, function: 'ttl-guard', module: expect.stringContaining('ttl-guard') as string, drops: ['ttl-expired'], tables: { seen: expect.anything() as object } };
  expect(planOf(inYaml)).toEqual({
    ports: [
      { name: 'inside', spec: { kind: 'capture', file: join(base, 'office.pcap'), inside: ['10.0.0.0/8'], side: 'inside', write: join(base, 'out/in.pcapng') } },
      { name: 'outside', spec: { kind: 'capture', file: join(base, 'office.pcap'), inside: ['10.0.0.0/8'], side: 'outside', write: null } },
      { name: 'rest', spec: { kind: 'sink', write: join(base, 'rest.pcap') } },
      { name: 'source', spec: { kind: 'generator', packets: 10, lengths: 128 } },
    ],
    functions: [
      { ...guard, name: 'ttl-guard', options: { minimum: 1, texts: ['one', join(base, 'file.txt')] }, counters: ['one', join(base, 'file.txt')] },
      { ...guard, name: 'second', options: { minimum: 2, texts: [] }, counters: [] },
    ],
    vms: [{ name: 'ttl-guard', chain: 'edge', functions: [0] }, { name: 'second', chain: 'edge', functions: [1] }],
    paths: [
      { from: 0, to: 1, bothWays: true, match: 'ip', chain: 'edge', routing: 'hub', replicas: [[0, 1]] },
      { from: 3, to: 2, bothWays: false, match: 'any', chain: 'edge', routing: 'hub', replicas: [[0, 1]] },
    ],
    drops: ['ttl-expired'],
    memory: { slots: 100, slotBytes: 2048 },
    flows: 65536,
    mode: 'copy',
    burst: 64,
    wakeUp: 'auto',
  });
  expect(structuredClone(planOf(inYaml))).toEqual(planOf(inYaml));
});

test('the long form, the short form and a bare name mean the same', async () => {
  const plan = async (use: string): Promise<unknown> => planOf(await checkYaml(YAML.replace(/ {4}- ttl-guard: \{ min.*\n.*\n/, `    - ${use}\n`), base));
  const short = await plan('ttl-guard: { minimum: 4, as: guard }');
  expect(short).toHaveProperty('vms');
  expect(await plan('{ function: ttl-guard, as: guard, options: { minimum: 4 } }')).toEqual(short);
  expect(await plan('ttl-guard')).toEqual(["chain.yaml:10:7, chains.edge[0].minimum: 'minimum' is missing\n  found nothing, expected a number [missing-key]"]);
});

test('mistakes have the line and column of what is wrong, in the order of the text', async () => {
  const wrong = YAML.replace('slots: 100', 'slots: 1').replace('side: outside', 'sied: outside').replace('[one, path]', '[one, "a bad one"]').replace('match: ip', 'match: ip nonsense');
  expect(problemsIn(await checkYaml(wrong, base))).toEqual([
    "chain.yaml:5:30, ports.outside.sied: unknown key 'sied', did you mean 'side'?",
    "chain.yaml:10:48, chains.edge[0].texts[1]: 'bad' is not a word",
    'chain.yaml:13:45, paths[0].match: "nonsense" is not part of a match',
    "chain.yaml:15:18, memory.slots: 'slots' is too small",
  ]);
});

test('a place in a block of text is a place in the file', async () => {
  const block = YAML.replace('[one, path] }', '[] }').replace('{ minimum: 1, texts: [] }', '\n        minimum: 1\n        texts:\n          - |\n            a bad one');
  expect(problemsIn(await checkYaml(block, base))).toEqual(["chain.yaml:14:15, chains.edge[0].texts[0]: 'bad' is not a word"]);
});

test('what is not YAML, and keys that are there twice', () => {
  const problemsOf = (text: string): string[] => {
    try {
      parseConfiguration(text, 'chain.yaml');
    } catch (error) {
      return (error as ConfigurationError).problems.map(formatProblem);
    }
    return [];
  };
  expect(problemsOf('ports:\n  a: {}\n  a: {}\n')).toEqual(["chain.yaml:3:3: this key is there twice\n  found 'a: {}', expected every key once [duplicate-name]"]);
  expect(problemsOf('ports: [\n').join()).toMatch(/^chain\.yaml:2:1: .*\[yaml-syntax\]$/s);
});

test('a file that is not there', async () => {
  const error = await readConfiguration(join(base, 'none.yaml'), 'none.yaml').catch((reason: unknown) => reason);
  expect((error as Error).message.replaceAll(base, 'DIR')).toBe(
    "1 problem in the configuration\nnone.yaml: cannot read the configuration\n  found ENOENT: no such file or directory, open 'DIR/none.yaml', expected a readable YAML file [config-unreadable]",
  );
});

test('a network function comes from a package, by its exports', async () => {
  const root = join(base, 'node_modules/@acme/guards');
  mkdirSync(root, { recursive: true });
  const manifest = { exports: { '.': { types: './index.d.ts', import: './dist/index.js' }, './strict': './dist/strict.js' } };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  const below = join(base, 'chains/deep');
  expect(await resolveModule('@acme/guards', below)).toBe(`file://${root}/dist/index.js`);
  expect(await resolveModule('@acme/guards/strict', below)).toBe(`file://${root}/dist/strict.js`);
  await expect(resolveModule('@acme/guards/lax', below)).rejects.toThrow("the package @acme/guards exports no './lax'");
});
