/** YAML: the same plan as TypeScript, and mistakes with line and column. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { chain } from '../../src/chain/chain.js';
import type { CheckResult } from '../../src/runtime/check.js';
import { resolveModule, STOCK_FUNCTIONS } from '../../src/runtime/functions.js';
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
    vms: [{ name: 'ttl-guard', chain: 'edge', functions: [0], isInline: false }, { name: 'second', chain: 'edge', functions: [1], isInline: false }],
    paths: [
      { from: 0, to: 1, bothWays: true, match: 'ip', chain: 'edge', routing: 'hub', replicas: [[0, 1]], spread: { by: 'connection' } },
      { from: 3, to: 2, bothWays: false, match: 'any', chain: 'edge', routing: 'hub', replicas: [[0, 1]], spread: { by: 'connection' } },
    ],
    drops: ['ttl-expired'],
    memory: { slots: 100, slotBytes: 2048 },
    flows: 65536,
    mode: 'copy',
    burst: 64,
    wakeUp: 'auto',
    threads: 'separate',
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

test('a mistake in a text over several lines has the place where the text begins', async () => {
  const wrong = YAML.replace('match: ip', 'match: ip\n                                nonsense');
  const [problem] = problemsIn(await checkYaml(wrong, base));
  expect(problem).toBe('chain.yaml:13:42, paths[0].match: "nonsense" is not part of a match');
});

const WRONG_OPTIONS = `
ports: { a: { kind: sink }, b: { kind: sink } }
chains:
  edge:
    - firewall:
        rules: allow any
        sets: { 9a: [1], web: [1.5] }
        stateful: sometimes
        halfOpen: 0
        timeouts: { tcpSecond: 3, udpSeconds: soon }
    - nat:
        external: [203.0.113.1, 5]
        ports: [1024]
        filtering: adress
        portForwards:
          - { protocol: sctp, port: [443, 70000], to: 10.0.0.7, toprot: 3 }
    - dpi:
        budget: { packets: 64 }
        block: { protocols: [htp] }
        rules: [{ name: x }, { content: a }]
paths: [{ between: [a, b], via: edge }]
`;

test('wrong options of the stock functions are shown by line and column, with what was found and what is allowed', async () => {
  const result = await checkYaml(WRONG_OPTIONS, base, STOCK_FUNCTIONS);
  expect('problems' in result && result.problems.map(formatProblem)).toEqual([
    "chain.yaml:7:17, chains.edge[0].sets[\"9a\"]: '9a' cannot be a key here\n  found '9a', expected a key that matches /^[A-Za-z][\\w-]*$/ [invalid-option]",
    "chain.yaml:7:32, chains.edge[0].sets.web[0]: item 1 is not a text or a whole number\n  found 1.5, expected a text or a whole number [wrong-type]",
    "chain.yaml:8:19, chains.edge[0].stateful: 'stateful' is not true or false or 'explicit'\n  found 'sometimes', expected true or false or 'explicit' [wrong-type]",
    "chain.yaml:9:19, chains.edge[0].halfOpen: 'halfOpen' is too small\n  found 0, expected at least 1 [impossible-size]",
    "chain.yaml:10:21, chains.edge[0].timeouts.tcpSecond: unknown key 'tcpSecond', did you mean 'tcpSeconds'?\n  found 'tcpSecond', expected 'tcpSeconds', 'tcpOpeningSeconds', 'tcpHalfClosedSeconds', 'tcpTimeWaitSeconds', 'tcpClosingSeconds', 'udpSeconds', 'udpUnansweredSeconds', 'icmpSeconds' or 'otherSeconds' [unknown-key]",
    "chain.yaml:10:47, chains.edge[0].timeouts.udpSeconds: 'udpSeconds' is not a number\n  found 'soon', expected a number [wrong-type]",
    "chain.yaml:12:33, chains.edge[1].external[1]: item 2 is not a text\n  found 5, expected a text [wrong-type]",
    "chain.yaml:13:16, chains.edge[1].ports: 'ports' is too short\n  found a list of 1, expected at least 2 items [wrong-value]",
    "chain.yaml:14:20, chains.edge[1].filtering: 'adress' is not known here, did you mean 'address'?\n  found 'adress', expected 'endpoint-independent', 'address' or 'address-and-port' [wrong-value]",
    "chain.yaml:16:25, chains.edge[1].portForwards[0].protocol: 'protocol' is not 'tcp' or 'udp' or a list\n  found 'sctp', expected 'tcp' or 'udp' or a list [wrong-type]",
    "chain.yaml:16:43, chains.edge[1].portForwards[0].port[1]: item 2 is too large\n  found 70000, expected at most 65535 [impossible-size]",
    "chain.yaml:16:65, chains.edge[1].portForwards[0].toprot: unknown key 'toprot', did you mean 'toPort'?\n  found 'toprot', expected 'protocol', 'external', 'port', 'to' or 'toPort' [unknown-key]",
    "chain.yaml:18:28, chains.edge[2].budget.packets: 'packets' is too large\n  found 64, expected at most 63 [impossible-size]",
    "chain.yaml:19:30, chains.edge[2].block.protocols[0]: expected a protocol that is recognised\n  found 'htp', expected a protocol that is recognised [invalid-option]",
    "chain.yaml:20:17, chains.edge[2].rules[0]: expected exactly one of content and hex\n  found a map of name, expected exactly one of content and hex [invalid-option]",
    "chain.yaml:20:30, chains.edge[2].rules[1].name: 'name' is missing\n  found nothing, expected a text [missing-key]",
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
  // Found by fuzzing: the YAML parser's own count of lines goes wrong behind what is no YAML.
  expect(problemsOf('- [\n"\n\n"\n').map((problem) => /^chain\.yaml:\d+:\d+/.exec(problem)?.[0])).toEqual(['chain.yaml:2:1', 'chain.yaml:4:1']);
  expect(problemsOf('ports:\n  a: *b\n').join()).toMatch(/^chain\.yaml:2:6: '\*' repeats what has a name, and nothing has this one\n {2}found '\*b', expected quotes .*\[yaml-syntax\]$/s);
  const page = problemsOf('a: b: c\n'.repeat(40));
  expect(page).toHaveLength(11);
  expect(page[10]).toMatch(/^chain\.yaml:\d+:\d+: from here on there is more that is no YAML, most likely because of what is above\n {2}found \d+ more/);
  expect(problemsOf('ports: [\n').join()).toMatch(/^chain\.yaml:2:1: .*\[yaml-syntax\]$/s);
});

test.each([
  ['a tab', 'ports:\n\ta: { kind: sink }\n', "2:1: a tab indents this line\n  found a tab in front of 'a: { kind: sink }', expected spaces"],
  ['no space behind the colon', 'ports:\n  a:\n    kind:sink\n    write: x\n', "3:5: there is no space behind the colon\n  found 'kind:sink', expected 'key: value', with a space behind the colon"],
  ['a bracket that is not closed', "ports:\n  a: { kind: sink, write: 'x}' # }\n  b: { kind: sink }\n", "3:3: the '{' in line 2 is not closed\n  found 'b: { kind: sink }', expected '}', or more indentation"],
  ['the same at the end', 'paths: [{ between: [a, b] }', "1:28: the '[' in line 1 is not closed\n  found the end of the file, expected ']', or more indentation"],
  ['a bracket too many', 'ports: { a: 1 } }\n', "1:17: this closes nothing that is open\n  found '}', expected as many closing brackets as opening ones"],
  ['no comma', 'ports: { a: { kind: sink write: x } }\n', "1:21: between { } or [ ] two entries are not divided\n  found 'sink write: x } }', expected ',' between two entries"],
  ['a quote that is not closed', 'flows: 3\nmatch: "tcp port 80\npaths: []\n', '2:8: the text that begins here has no closing quote\n  found \'"tcp port 80\', expected " at its end'],
  ['a colon in a text', 'match: tcp from fd00::1 to any: port 3\n', "1:8: there is a second ': ' in one line\n  found 'tcp from fd00::1 to any: port 3', expected quotes around the value if it is a text with ': ' in it, else a line of its own for each key"],
  ['indentation', 'ports:\n    a: 1\n  b: 2\n', "3:1: this line is not indented like the entries above it\n  found 'b: 2', expected the indentation of the entries that it belongs to"],
  ['a list that steps back', 'rules:\n  - a\n - b\n', "3:1: this line is not indented like the entries above it\n  found '- b', expected the indentation of the entries that it belongs to"],
  ['a key alone', 'ports:\n  a: 1\n  b\n  c: 2\n', "3:3: there is no ': ' in this line\n  found 'b', expected 'key: value', with a space behind the colon"],
  ['a text that begins with @', 'name: @home\n', "1:7: a text may not begin with '@'\n  found '@home', expected quotes around the text"],
  ['a text that begins with !', 'match: !tcp\n', "1:8: '!' means something else in YAML where a text begins with it\n  found '!tcp', expected quotes around the text"],
  ['a second document', 'a: 1\n---\nb: 2\n', "2:1: '---' begins a second document\n  found '---', expected one document in the file"],
])('%s is told in words, with what stands there and what belongs there', (_, text, problem) => {
  let problems: readonly string[] = [];
  try {
    parseConfiguration(text, 'chain.yaml');
  } catch (error) {
    problems = (error as ConfigurationError).problems.map(formatProblem);
  }
  expect(problems).toEqual([`chain.yaml:${problem} [yaml-syntax]`]);
});

test('a kind that is misspelt hides no other mistake of its port', async () => {
  const wrong = `
ports:
  one: { kind: generatr, packets: ten, flow: 3 }
  two: { kind: vxlna, vni: 1, remote: nowhere }
  three: { kind: af_packet, interface: eth0, adresses: [10.0.0.0/24] }
  four: { kind: captures, file: none.pcap }
chains: { edge: [{ ttl-guard: { minimum: 1 } }] }
paths: [{ between: [one, two], via: edge }]
`;
  const result = await checkYaml(wrong, base);
  expect('problems' in result && result.problems.map(({ place, code, found }) => [place, code, found])).toEqual([
    ['ports.one.kind', 'wrong-value', "'generatr'"],
    ['ports.one.packets', 'wrong-type', "'ten'"],
    ['ports.one.flow', 'unknown-key', "'flow'"],
    ['ports.two.kind', 'wrong-value', "'vxlna'"],
    ['ports.two.remote', 'bad-address', "'nowhere'"],
    ['ports.three.kind', 'wrong-value', "'af_packet'"],
    ['ports.three.adresses', 'unknown-key', "'adresses'"],
    ['ports.three.addresses[0]', 'bad-address', "'10.0.0.0/24'"],
    ['ports.four.kind', 'wrong-value', "'captures'"],
    ['ports.four.file', 'file-missing', 'no file'],
  ]);
});

test('a mistake hides no other: what cannot be read is left out, and a slip of the pen is taken for what it looks like', async () => {
  const wrong = `
captures: { trace: { fiel: none.pcap, note: x } }
ports:
  inside: { captur: tarce, side: inside }
  outside: { capture: tarce, side: out }
  rest: { kind: generator, packets: 3, lengths: 40, length: 2 }
  peer: { kind: vxlan, vni: 7, remote: 192.0.2, lokal: 192.0.2.300 }
chains:
  edge:
    placement: togther
    functions:
      - firewal
      - ttl-guard: { form: ./none.js }
      - firewall: { rules: [alow any], dynamc: true }
      - { function: dpi, optoins: { signatures: [none.yaml] } }
paths:
  - { between: [inside, outsid], mach: ip nonsense, via: egde, note: x }
  - { from: inside, to: nowhere, match: 5, via: edge, through: [nta] }
`;
  const found = problemsIn(await checkYaml(wrong, base, STOCK_FUNCTIONS)).map((line) => line.replaceAll(base, 'DIR'));
  expect(found).toEqual([
    "chain.yaml:2:22, captures.trace.fiel: unknown key 'fiel', did you mean 'file'?",
    "chain.yaml:2:28, captures.trace.file: there is no file 'DIR/none.pcap'",
    "chain.yaml:2:39, captures.trace.note: unknown key 'note'",
    "chain.yaml:4:13, ports.inside.captur: unknown key 'captur', did you mean 'capture'?",
    "chain.yaml:4:21, ports.inside.capture: there is no capture 'tarce', did you mean 'trace'?",
    "chain.yaml:5:23, ports.outside.capture: there is no capture 'tarce', did you mean 'trace'?",
    "chain.yaml:5:36, ports.outside.side: 'out' is not known here",
    "chain.yaml:6:49, ports.rest.lengths: 'lengths' is too small",
    "chain.yaml:6:53, ports.rest.length: unknown key 'length', did you mean 'lengths'?",
    "chain.yaml:7:40, ports.peer.remote: '192.0.2' is not an address with a UDP port",
    "chain.yaml:7:49, ports.peer.lokal: unknown key 'lokal', did you mean 'local'?",
    "chain.yaml:7:56, ports.peer.local: '192.0.2.300' is not an address with a UDP port",
    "chain.yaml:10:16, chains.edge.placement: 'togther' is not known here, did you mean 'together'?",
    "chain.yaml:12:9, chains.edge.functions[0]: there is no stock function 'firewal', did you mean 'firewall'?",
    "chain.yaml:13:22, chains.edge.functions[1].form: unknown key 'form', did you mean 'from'?",
    "chain.yaml:13:28, chains.edge.functions[1].from: the module of 'ttl-guard' cannot be loaded",
    'chain.yaml:14:29, chains.edge.functions[2].rules[0]: "alow" is not an action',
    "chain.yaml:14:40, chains.edge.functions[2].dynamc: unknown key 'dynamc'",
    "chain.yaml:15:26, chains.edge.functions[3].optoins: unknown key 'optoins', did you mean 'options'?",
    "chain.yaml:15:50, chains.edge.functions[3].signatures[0]: there is no file 'DIR/none.yaml'",
    "chain.yaml:17:25, paths[0].between[1]: there is no port 'outsid', did you mean 'outside'?",
    "chain.yaml:17:34, paths[0].mach: unknown key 'mach', did you mean 'match'?",
    'chain.yaml:17:43, paths[0].match: "nonsense" is not part of a match',
    "chain.yaml:17:58, paths[0].via: there is no chain 'egde', did you mean 'edge'?",
    "chain.yaml:17:64, paths[0].note: unknown key 'note'",
    "chain.yaml:18:25, paths[1].to: there is no port 'nowhere'",
    "chain.yaml:18:41, paths[1].match: 'match' is not a text",
    "chain.yaml:18:65, paths[1].through[0]: the chain 'edge' has no function 'nta'",
  ]);
});

test('a file that is no text is one problem', async () => {
  for (const [name, bytes] of [['latin', [0x70, 0x3a, 0x20, 0xff]], ['capture', [0xd4, 0x63, 0x0a, 0]]] as const) {
    writeFileSync(join(base, name), Uint8Array.from(bytes));
    const error = await readConfiguration(join(base, name), name).catch((reason: unknown) => reason);
    expect((error as Error).message).toBe(`1 problem in the configuration\n${name}: this is not a text file\n  found bytes that are no text, expected YAML, in UTF-8 [yaml-syntax]`);
  }
});

test('a file that is not there', async () => {
  const error = await readConfiguration(join(base, 'none.yaml'), 'none.yaml').catch((reason: unknown) => reason);
  expect((error as Error).message.replaceAll(base, 'DIR')).toBe(
    "1 problem in the configuration\nnone.yaml: there is no such file\n  found no file, expected a readable YAML file [config-unreadable]",
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
