/** Commands in this thread, with a runtime that stands in: what they print where, and what they exit with. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CliContext, RunningChain } from '../../src/cli/context.js';
import { main } from '../../src/cli/program.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import type { Report } from '../../src/runtime/report.js';
import { directory, GUARD } from '../runtime/configurations.js';
import { officeReport } from './reports.js';

const base = directory();
afterAll(() => rmSync(base, { recursive: true }));
writeFileSync(join(base, 'chain.yaml'), `
captures: { trace: { file: office.pcap } }
ports:
  inside: { capture: trace, side: inside }
  outside: { capture: trace, side: outside }
chains: { edge: [ ttl-guard: { from: ${GUARD}, minimum: 1 } ] }
paths: [ { between: [inside, outside], via: edge } ]
`);
writeFileSync(join(base, 'wrong.yaml'), 'ports: { a: { kind: sink } }\npaths: []\n');
writeFileSync(join(base, 'other.pcap'), 'no capture');

interface Outcome {
  code: number;
  out: string;
  err: string;
  configuration: Configuration | null;
}

/** Runs a command line. Shows the directory as DIR. */
async function millrace(line: string, report: Report = officeReport(), whileRunning: (interrupt: () => void) => void = () => undefined): Promise<Outcome> {
  const outcome: Outcome = { code: -1, out: '', err: '', configuration: null };
  let interrupt = (): void => undefined;
  const context: CliContext = {
    stdout: { write: (text) => (outcome.out += text), isTTY: false },
    stderr: { write: (text) => (outcome.err += text), isTTY: false },
    env: {},
    cwd: base,
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => (interrupt = () => undefined);
    },
    start: (configuration) => {
      outcome.configuration = configuration;
      let finish: (report: Report) => void = () => undefined;
      const finished = new Promise<Report>((resolve) => (finish = resolve));
      const chain: RunningChain = { finished, stats: () => report, stop: () => (finish(report), finished) };
      setImmediate(() => {
        whileRunning(interrupt);
        finish(report);
      });
      return Promise.resolve(chain);
    },
  };
  outcome.code = await main(line.split(' ').filter((word) => word !== ''), context);
  outcome.err = outcome.err.replaceAll(base, 'DIR');
  return outcome;
}

test('run prints the report and exits 0', async () => {
  const { code, out, err } = await millrace('run chain.yaml');
  expect(out).toMatch(/^chain\.yaml {2}done in 1\.23 s\n/);
  expect(err).toBe('');
  expect(code).toBe(0);
});

test('run --json prints one JSON document and nothing else', async () => {
  const { out, err } = await millrace('run chain.yaml --json --flows');
  expect(JSON.parse(out)).toEqual(officeReport());
  expect(err).toBe('');
});

test('a failed run exits 1 and still reports', async () => {
  const { code, out, err } = await millrace('run chain.yaml --json', { ...officeReport(), error: { message: 'it broke' } });
  expect(JSON.parse(out)).toHaveProperty('error.message', 'it broke');
  expect(err).toBe('millrace: it broke\n');
  expect(code).toBe(1);
});

test('books that do not balance are a failure', async () => {
  const report = officeReport();
  report.ledger.balanced = false;
  const { code, out } = await millrace('run chain.yaml', report);
  expect(out).toContain('NOT BALANCED');
  expect(code).toBe(1);
});

test('Ctrl-C stops the run, which still reports and exits 0', async () => {
  const { code, out } = await millrace('run chain.yaml', officeReport(), (interrupt) => interrupt());
  expect(out).toMatch(/^chain\.yaml {2}stopped in/);
  expect(code).toBe(0);
});

test('--capture and --write take the place of files, relative to the working directory', async () => {
  const { configuration, code } = await millrace('run chain.yaml --capture trace=./office.pcap --write inside=a.pcapng --write outside=b.pcap');
  expect(code).toBe(0);
  expect(configuration).toMatchObject({
    captures: { trace: { file: join(base, 'office.pcap') } },
    ports: { inside: { write: join(base, 'a.pcapng') }, outside: { write: join(base, 'b.pcap') } },
  });
});

test('bad use exits 2 and says why', async () => {
  const cases: [string, RegExp][] = [
    ['', /^Usage: millrace/],
    ['runn chain.yaml', /unknown command 'runn'\n\(Did you mean run\?\)/],
    ['run', /missing required argument 'chain\.yaml'/],
    ['run chain.yaml --jsn', /unknown option '--jsn'/],
    ['run chain.yaml --capture trace', /argument 'trace' is invalid\. Expected name=FILE\./],
    ['run chain.yaml --capture trce=a', /^millrace: --capture trce=…: there is no capture 'trce', did you mean 'trace'\?\n$/],
    ['run chain.yaml --write wan=a', /^millrace: --write wan=…: there is no port 'wan' \(found: inside, outside\)\n$/],
    ['run none.yaml', /none\.yaml: cannot read the configuration/],
  ];
  for (const [line, message] of cases) {
    const { code, out, err } = await millrace(line);
    expect(err, line).toMatch(message);
    expect(out, line).toBe('');
    expect(code, line).toBe(2);
  }
});

test('a wrong configuration exits 2 with all problems, also as JSON', async () => {
  const { code, out, err, configuration } = await millrace('check wrong.yaml --json');
  expect(err).toBe(
    '1 problem in the configuration\nwrong.yaml:2:8, paths: there are no paths: every packet would be dropped\n  found an empty list, expected at least one path [wrong-value]\n',
  );
  expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, problems: [{ code: 'wrong-value', place: 'paths', line: 2, column: 8 }] });
  expect(code).toBe(2);
  expect(configuration).toBeNull();
});

test('a file of the command line is not blamed on a line of the YAML', async () => {
  const { err, code } = await millrace('run chain.yaml --capture trace=other.pcap');
  expect(err).toContain("chain.yaml, captures.trace.file: 'DIR/other.pcap' is not a capture\n");
  expect(code).toBe(2);
});

test('check, graph and their JSON start nothing', async () => {
  const checked = await millrace('check chain.yaml');
  expect(checked.out).toContain('inside ↔ ttl-guard ↔ outside');
  const json = JSON.parse((await millrace('check chain.yaml --json')).out) as { problems: unknown[]; vms: object[] };
  expect(json.problems).toEqual([]);
  expect(json.vms[0]).not.toHaveProperty('options');
  const graph = await millrace('graph chain.yaml');
  expect(graph.out).toMatch(/^flowchart LR\n/);
  expect([checked.configuration, graph.configuration, checked.code, graph.code]).toEqual([null, null, 0, 0]);
});

test('inspect runs DPI alone and gives the flows', async () => {
  const flows = [{ l4: 'TCP', a: '10.0.0.1:1', b: '10.0.0.2:2', protocol: '', host: '', packets: [1, 1] as [number, number], verdict: 'forward' }];
  const { out, configuration } = await millrace('inspect office.pcap --json', { ...officeReport(), flows });
  expect(JSON.parse(out)).toHaveProperty('flows', flows);
  expect(configuration?.chains).toEqual({ inspect: [{ dpi: {} }] });
});

test('help says what there is, with examples, and exits 0', async () => {
  for (const command of ['', 'run', 'check', 'graph', 'inspect', 'demo']) {
    const { code, out, err } = await millrace(`${command} --help`);
    expect(out).toMatch(/^Usage: millrace/);
    expect(out).toContain('Examples:\n  $ millrace');
    expect(err).toBe('');
    expect(code).toBe(0);
  }
  expect((await millrace('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
