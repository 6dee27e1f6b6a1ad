/** What reports, problems and plans look like. */
import { describe, expect, test } from 'vitest';
import { bytes, counted, duration, printable } from '../../src/cli/format.js';
import { drawPlan } from '../../src/cli/mermaid.js';
import { progressLine } from '../../src/cli/progress.js';
import { renderInspection, renderReport } from '../../src/cli/render.js';
import { renderProblems } from '../../src/cli/render-problems.js';
import { table } from '../../src/cli/table.js';
import { columnsOf, PLAIN, styleFor, type Output } from '../../src/cli/terminal.js';
import { wrap } from '../../src/cli/wrap.js';
import type { Plan } from '../../src/runtime/plan.js';
import type { Report } from '../../src/runtime/report.js';

const port = { received: 0, transmitted: 0, originated: 0, receivedBytes: 0, transmittedBytes: 0, drops: {} };
const vm = { chain: 'edge', received: 0, returned: 0, originated: 0, drops: {}, invalidReturns: 0, restarts: 0, counters: {}, alerts: {} };

const report: Report = {
  schemaVersion: 1,
  ports: {
    inside: { ...port, received: 1200, receivedBytes: 1_572_864, transmitted: 3, transmittedBytes: 180, drops: { 'no-path': 7, denied: 1190 } },
    outside: { ...port, written: `${process.cwd()}/out/outside.pcapng` },
  },
  vms: [
    { ...vm, name: 'firewall', function: 'firewall', received: 1193, returned: 1193, drops: { denied: 1190 }, alerts: { 'deny log any': 2 } },
    { ...vm, name: 'second', function: 'firewall', received: 3, returned: 3 },
  ],
  drops: { 'no-path': 7, denied: 1190 },
  ledger: { received: 1200, originated: 0, transmitted: 3, dropped: 1197, inFlight: 0, balanced: true },
  bytesCopied: 0,
  durationMs: 1234,
  packetsPerSecond: 972.4,
  protocols: { TLS: { flows: 2, packets: 90 }, DNS: { flows: 1, packets: 2 } },
  hosts: { 'www.example': 2 },
  threads: [{ name: 'manager', kind: 'manager', busyMs: 12 }],
  alerts: { 'deny log any': 2 },
  connectionsEvicted: 0,
  eventsLost: 0,
  problems: [],
};
const options = { title: 'office.yaml', style: PLAIN, columns: 100 };

describe('a report', () => {
  test('warns when connections had to go for others', () => {
    expect(renderReport({ ...report, connectionsEvicted: 3 }, options)).toMatch(/^Evicted +3 connections before their time: /m);
    expect(renderReport(report, options)).not.toContain('Evicted');
  });

  test('says everything, aligned', () => {
    expect(renderReport(report, options)).toBe(`office.yaml  done in 1.23 s

Ports      received  transmitted  originated  dropped  bytes in  bytes out
  inside      1,200            3           0    1,197   1.5 MiB      180 B
  outside         0            0           0        0       0 B        0 B

VMs                  received  returned  originated  dropped  alerts
  firewall              1,193     1,193           0    1,190       2
  second (firewall)         3         3           0        0       0

Drops      packets
  denied     1,190  by firewall
  no-path        7  no service path matched the packet at ingress

Protocols  flows  packets    Hosts          flows
  TLS          2       90      www.example      2
  DNS          1        2

Alerts          times
  deny log any      2

Ledger   received 1,200 + originated 0 = transmitted 3 + dropped 1,197 + in flight 0
         balanced
Rate     972 packets/s over 1.23 s
Copied   0 bytes between ingress and egress
Written  out/outside.pcapng (0 packets out of outside)
`);
  });

  test('says what failed, and what was wrong with the captures', () => {
    const packet = { chain: 'edge', vm: 'second', timestampMs: 0, length: 80, hex: 'ab'.repeat(80) };
    const text = renderReport(
      {
        ...report,
        error: { message: "network function 'second' of chain 'edge' failed: no", chain: 'edge', vm: 'second', packet },
        problems: [{ port: 'inside', kind: 'truncated', count: 1, firstAt: 98_980, detail: '1020 of 1548 B' }],
        ledger: { ...report.ledger, balanced: false },
      },
      options,
    );
    expect(text).toContain('office.yaml  failed in');
    expect(text).toContain('NOT BALANCED');
    expect(text).toContain(`Captures
  inside  truncated  1 time, first at byte 98,980: 1020 of 1548 B
    the file ends inside a header, record or block
`);
    expect(text).toContain(`Failed   network function 'second' of chain 'edge' failed: no
         in hand: a packet of 80 bytes from 1970-01-01T00:00:00.000Z
         0000  ab ab`);
    expect(text.endsWith('and 16 bytes more (--json has all)\n')).toBe(true);
  });

  test('fits its columns whatever is in it, and lets nothing steer the terminal', () => {
    const end = '[2001:db8:1111:2222:3333:4444:5555:6666]:65535';
    const host = `${'long.'.repeat(40)}example\x1b[2J`;
    const text = renderReport(
      { ...report, hosts: { [host]: 1 }, flows: [{ l4: 'TCP', a: end, b: end, protocol: 'HTTP', host, packets: [1_000_000, 2], verdict: 'firewall-denied' }] },
      options,
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(text).not.toContain('\x1b');
    expect(text).toContain(']:65535');
  });

  test('numbers too large for a line take two', () => {
    const many = 1e12;
    const text = renderReport({ ...report, ledger: { received: many, originated: many, transmitted: many, dropped: many, inFlight: 0, balanced: true } }, options);
    expect(text).toContain('Ledger   received 1,000,000,000,000 + originated 1,000,000,000,000\n         = transmitted');
  });

  test('of a capture is about the capture', () => {
    const text = renderInspection({ ...report, flows: [] }, { ...options, title: 'a.pcap' });
    expect(text.startsWith('a.pcap  1,200 packets, 1.5 MiB, 0 flows\n')).toBe(true);
    expect(text).not.toContain('Ledger');
  });
});

test('problems are a list: place, code, what, found, expected', () => {
  const problem = { code: 'unknown-key', place: 'ports.outside.sied', file: 'chain.yaml', line: 5, column: 30, found: "'sied'", expected: "'side'", message: "unknown key 'sied'" } as const;
  expect(renderProblems([problem, { ...problem, place: '--write x', file: undefined, line: undefined } as never], PLAIN)).toBe(`2 problems

chain.yaml:5:30  ports.outside.sied  [unknown-key]
  unknown key 'sied'
  found    'sied'
  expected 'side'

--write x  [unknown-key]
  unknown key 'sied'
  found    'sied'
  expected 'side'
`);
});

test('a drawing names ports, matches and shared links once, and escapes what Mermaid would read', () => {
  const plan: Plan = {
    ports: [
      { name: 'a', spec: { kind: 'generator', packets: 1 } },
      { name: 'b', spec: { kind: 'sink', write: null } },
    ],
    functions: [{ name: 'one', chain: 'edge', replica: { index: 0, count: 1 }, module: '', function: 'guard', options: {}, drops: [], counters: [], tables: {} }],
    vms: [{ name: 'one', chain: 'edge', functions: [0], isInline: false }],
    paths: [
      { from: 0, to: 1, bothWays: false, match: 'tcp to any port "80"', chain: 'edge', routing: 'hub', replicas: [[0]], spread: { by: 'connection' } },
      { from: 0, to: 1, bothWays: true, match: 'any', chain: 'edge', routing: 'hub', replicas: [[0]], spread: { by: 'connection' } },
    ],
    drops: [],
    memory: { slots: 2, slotBytes: 512 },
    flows: 1,
    mode: 'zero-copy',
    burst: 1,
    wakeUp: 'auto', threads: 'separate',
  };
  expect(drawPlan(plan)).toBe(`flowchart LR
  port0(["a<br/>generator"])
  port1(["b<br/>sink"])
  subgraph chain0["edge"]
    vm0["one<br/>guard"]
  end
  port0 -->|"tcp to any port #34;80#34;"| vm0
  vm0 --> port1
  port0 -->|"any"| vm0
  port1 -.->|"any"| vm0
  vm0 -.-> port0
`);
});

test('the progress line', () => {
  expect(progressLine(report)).toBe('1.23 s · 1,200 packets in (1.5 MiB) · 3 out · 1,197 dropped · 972/s');
});

test('a table cuts its widest texts, never its numbers', () => {
  const columns = [{ title: 'name' }, { title: 'end', cut: 'middle' as const }, { title: 'n', right: true }];
  const lines = table(columns, [['a'.repeat(30), `${'b'.repeat(30)}:80`, '1,234,567']], { titleStyle: (text) => text, width: 50 });
  expect(lines).toEqual(['name                end                          n', `${'a'.repeat(17)}…  ${'b'.repeat(9)}…${'b'.repeat(6)}:80  1,234,567`]);
});

test('a line is as wide as the terminal, and whole where it goes to a file or a program', () => {
  const write = (): boolean => true;
  expect([columnsOf({ write }), columnsOf({ columns: 80, write })]).toEqual([Infinity, Infinity]);
  expect([40, 80, 200, undefined].map((columns) => columnsOf({ isTTY: true, columns, write } as Output))).toEqual([60, 80, 100, 100]);
  const host = `${'long.'.repeat(40)}example`;
  expect(renderReport({ ...report, hosts: { [host]: 1 } }, { ...options, columns: columnsOf({ write }) })).toContain(`    ${host}  `);
});

test('colour: FORCE_COLOR, then NO_COLOR, then a terminal', () => {
  const terminal = { isTTY: true, write: () => true };
  const pipe = { write: () => true };
  const coloured = (output: typeof pipe, env: Record<string, string>): boolean => styleFor(output, env) !== PLAIN;
  expect(coloured(terminal, {})).toBe(true);
  expect(coloured(pipe, {})).toBe(false);
  expect(coloured(terminal, { NO_COLOR: '1' })).toBe(false);
  expect(coloured(terminal, { NO_COLOR: '' })).toBe(true);
  expect(coloured(terminal, { TERM: 'dumb' })).toBe(false);
  expect(coloured(pipe, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
  expect(coloured(terminal, { FORCE_COLOR: '0' })).toBe(false);
});

test('numbers, sizes and times', () => {
  expect([0, 1023, 1024, 1536, 150 * 1024, 2 ** 40].map(bytes)).toEqual(['0 B', '1023 B', '1 KiB', '1.5 KiB', '150 KiB', '1 TiB']);
  expect([0.4, 999, 1000, 61_000].map(duration)).toEqual(['0 ms', '999 ms', '1.00 s', '1 min 1 s']);
  expect([counted(1, 'packet'), counted(2000, 'packet')]).toEqual(['1 packet', '2,000 packets']);
  expect(printable('a\x1b[31mb\u202ec')).toBe('a\ufffd[31mb\ufffdc');
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
});
