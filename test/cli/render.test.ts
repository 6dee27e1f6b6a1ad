/** How reports, plans and tables look on a terminal. */
import { expect, test } from 'vitest';
import { describePlan } from '../../src/cli/describe-plan.js';
import { mermaid } from '../../src/cli/mermaid.js';
import { progressLine } from '../../src/cli/progress.js';
import { renderInspection, renderReport } from '../../src/cli/render.js';
import { COLOURED, duration, PLAIN, styleFor } from '../../src/cli/style.js';
import { table, WIDTH } from '../../src/cli/table.js';
import type { FlowReport } from '../../src/runtime/report.js';
import type { Plan } from '../../src/runtime/plan.js';
import { officeReport } from './reports.js';

const options = { title: 'office.yaml', cwd: '/home/me' };

test('a report is a few aligned tables, the ledger, and what was written', () => {
  expect(renderReport(officeReport(), options)).toBe(`office.yaml  done in 1.23 s

  VM        function  chain  received  returned  dropped  alerts  restarts
  firewall  firewall  edge      2,188     2,188       59       0         0
  dpi       dpi       edge      2,129     2,129        0       3         0

  port     received  transmitted  originated  dropped
  inside      1,200        1,030           1       59
  outside     1,000        1,100           0       12

  dropped          packets  by
  firewall-denied       59  firewall
  no-path               12  packet manager

  protocol  flows  packets
  TLS           1       40
  DNS           2        8

  host          flows
  evil\ufffd[2Jname      2
  www.example       1

  alert      times
  bad-words      3

  problem in a file  port    times  first at byte  found
  truncated          inside      1          4,096  a record of 60 B, 12 B left

  ledger  2,200 received + 1 originated = 2,130 transmitted + 71 dropped + 0 in flight  balanced
  rate    1,782 packets/s
  copied  0 bytes of packets
  wrote   out/inside.pcapng (1,030 packets out of inside)
`);
});

test('a failure names what failed and shows the packet that was in hand', () => {
  const packet = { chain: 'edge', vm: 'dpi', timestampMs: 1_700_000_000_000, length: 3, hex: '45000a' };
  const text = renderReport({ ...officeReport(), error: { message: "network function 'dpi' of chain 'edge' failed: oh", chain: 'edge', vm: 'dpi', packet } }, options);
  expect(text.split('\n').slice(0, 5)).toEqual([
    'office.yaml  failed in 1.23 s',
    '',
    "  network function 'dpi' of chain 'edge' failed: oh",
    '  in hand: a packet of 3 B from 2023-11-14T22:13:20.000Z',
    '  45000a',
  ]);
});

const flow = (fields: Partial<FlowReport>): FlowReport => ({
  l4: 'TCP', a: '10.0.0.1:1025', b: '192.0.2.1:443', protocol: 'TLS', host: 'www.example', packets: [3, 2], verdict: 'forward', ...fields,
});

test('flows come largest first, and addresses keep their ports when they are cut', () => {
  const long = flow({ a: '[2001:db8:1111:2222:3333:4444:5555:6666]:65535', b: '[2001:db8:1111:2222:3333:4444:5555:7777]:65534', packets: [30, 20], verdict: 'firewall-denied' });
  const lines = renderInspection({ ...officeReport(), flows: [flow({}), long] }, options).split('\n');
  const at = lines.findIndex((line) => line.startsWith('  flow'));
  expect(lines[at + 1]).toMatch(/^ {2}tcp {3}\[2001.*….*:65535 .*:65534 .* 30 +20 +firewall-denied$/);
  expect(lines[at + 2]).toContain('10.0.0.1:1025');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(WIDTH);
});

test('tables fit their width, and what packets say cannot steer the terminal', () => {
  const lines = table([{ title: 'name' }, { title: 'n', align: 'right' }], [['x'.repeat(200), '1'], ['\u001b[31mred\u202e', '22']]);
  expect(Math.max(...lines.map((line) => line.length))).toBe(WIDTH);
  expect(lines[1]).toMatch(/x…\s+1$/);
  expect(lines[2]).toContain('\ufffd[31mred\ufffd');
});

test('colour is for terminals, and not where NO_COLOR is set', () => {
  const terminal = { write: () => undefined, isTTY: true };
  expect(styleFor(terminal, {})).toBe(COLOURED);
  expect(styleFor(terminal, { NO_COLOR: '1' })).toBe(PLAIN);
  expect(styleFor({ ...terminal, isTTY: false }, {})).toBe(PLAIN);
});

test('durations and progress', () => {
  expect([12.4, 3456, 125_000].map(duration)).toEqual(['12 ms', '3.46 s', '2 min 5 s']);
  expect(progressLine(officeReport(), true)).toBe('draining 1.23 s  2,200 received  2,130 transmitted  71 dropped  1,782 packets/s');
});

const vm = (name: string): Plan['vms'][number] => ({ name, chain: 'edge', module: 'file:///x.js', function: name, options: {}, drops: [`${name}-no`], counters: [], tables: {} });
const plan: Plan = {
  ports: [
    { name: 'inside', spec: { kind: 'capture', file: '/home/me/a.pcap', inside: ['10.0.0.0/8'], side: 'inside', write: '/home/me/out/a.pcapng' } },
    { name: 'outside', spec: { kind: 'capture', file: '/home/me/a.pcap', inside: ['10.0.0.0/8'], side: 'outside', write: null } },
  ],
  vms: [vm('firewall'), { ...vm('dpi'), name: 'look "in"' }],
  paths: [
    { from: 0, to: 1, bothWays: true, match: 'ip', chain: 'edge', vms: [0, 1] },
    { from: 0, to: 1, bothWays: false, match: 'arp', chain: 'edge', vms: [0, 1] },
  ],
  drops: [],
  memory: { slots: 4096, slotBytes: 2048 },
  flows: 65536,
  mode: 'zero-copy',
  burst: 64,
};

test('the graph has both directions, and draws what two paths share once', () => {
  expect(mermaid(plan)).toBe(`flowchart LR
  p0(["inside<br/>capture, inside"])
  p1(["outside<br/>capture, outside"])
  subgraph c0["edge"]
    v0["firewall"]
    v1["look #34;in#34;<br/>dpi"]
  end
  p0 -- "ip" --> v0
  v0 --> v1
  v1 --> p1
  p1 -. "ip" .-> v1
  v1 -.-> v0
  v0 -.-> p0
  p0 -- "arp" --> v0
`);
});

test('a plan says what would run', () => {
  expect(describePlan(plan, options)).toBe(`office.yaml  no problems

  port     receives                                writes
  inside   a.pcap, inside (inside is 10.0.0.0/8)   out/a.pcapng
  outside  a.pcap, outside (inside is 10.0.0.0/8)  -

  VM         function  chain  may drop as
  firewall   firewall  edge   firewall-no
  look "in"  dpi       edge   dpi-no

  match  path (the first that matches)
  ip     inside ↔ firewall ↔ look "in" ↔ outside
  arp    inside → firewall → look "in" → outside

  memory  4,096 slots of 2,048 B, 65,536 flows, bursts of 64, zero-copy
`);
});
