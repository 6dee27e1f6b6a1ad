/** The built commands, most of them in this process: exit codes, and what stands on which stream. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { waitingText } from '../../src/cli/stalls.js';
import type { Census } from '../../src/packet-manager/census.js';
import type { Report } from '../../src/runtime/report.js';
import { ROOT } from '../tidy/source-files.js';
import { appears, command, EXAMPLES, launch, millrace } from './binary.js';

const cwd = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
const office = join(EXAMPLES, 'office.yaml');
const capture = join(EXAMPLES, 'office.pcapng');
afterAll(() => { rmSync(cwd, { recursive: true }); });

function file(name: string, text: string): string {
  writeFileSync(join(cwd, name), text);
  return name;
}

const ENDLESS = `
ports:
  source: { kind: generator, packets: 1000000000000 }
  rest: { kind: sink, write: endless.pcap }
chains: { edge: [dpi] }
paths: [{ from: source, to: rest, via: edge }]
`;

describe('rules', () => {
  const CHAIN = `
ports: { inside: { kind: sink }, outside: { kind: sink } }
chains:
  edge:
    replicas: 2
    functions:
      - firewall:
          sets: { web: [80, 443] }
          rules: [deny in state invalid, allow out tcp from 10.0.0.0/8 to any port @web, allow on inside icmp type 8, allow arp]
  plain: [dpi]
paths: [{ between: [inside, outside], match: ip, via: edge }, { between: [inside, outside], via: plain }]
`;

  test('prints the rules of each firewall once for nftables, with the interfaces as they are called there', async () => {
    const { code, stdout, stderr } = await command(['rules', file('rules.yaml', CHAIN), '--to', 'nft', '--interface', 'inside=lan0', '--interface', 'outside=wan0'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^table inet /gm)).toHaveLength(1);
    expect(stdout).toContain('type filter hook forward priority');
    const lines = stdout.split('\n').map((line) => line.trim());
    const has = (...parts: string[]): boolean => lines.some((line) => !line.startsWith('#') && parts.every((part) => line.includes(part)));
    expect(has('ct state', 'established', 'accept')).toBe(true);
    expect(has('wan0', 'ct state invalid', 'drop')).toBe(true);
    expect(has('lan0', 'ip saddr 10.0.0.0/8', 'tcp dport', '80, 443', 'accept')).toBe(true);
    expect(has('iifname "lan0"', 'icmp type', 'accept')).toBe(true);
    // What nftables cannot say is a comment, not left out.
    expect(lines.filter((line) => line.startsWith('#')).join('\n')).toContain('allow arp');
    expect(stdout).not.toContain('inside"');
  });

  const hasKernel = spawnSync('unshare', ['--net', 'nft', 'list', 'ruleset']).status === 0;
  if (!hasKernel) console.warn('skipped: asking the kernel about nftables rules needs root, unshare and nft');

  test.skipIf(!hasKernel)('the kernel takes what it prints', async () => {
    const { stdout } = await command(['rules', office], cwd);
    writeFileSync(join(cwd, 'office.nft'), stdout);
    const checked = spawnSync('unshare', ['--net', 'nft', '--check', '--file', join(cwd, 'office.nft')], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  test.each([
    ['another form', (name: string) => [name, '--to', 'pf'], 2, /'pf' is invalid. Allowed choices are nft/],
    ['a port that is not there', (name: string) => [name, '--to', 'nft', '--interface', 'lan=eth0'], 2, /--interface lan: there is no such port; there are inside, outside/],
  ] as const)('refuses %s, and says what there is', async (_, rest, expected, message) => {
    const { code, stdout, stderr } = await command(['rules', ...rest(file('rules.yaml', CHAIN))], cwd);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([expected, '']);
  });

  test('says so where there is no firewall, or a wrong one', async () => {
    const none = await command(['rules', file('none.yaml', CHAIN.replace('via: edge', 'via: plain')), '--to', 'nft'], cwd);
    expect([none.code, none.stdout, none.stderr]).toEqual([2, '', expect.stringContaining('none.yaml has no firewall')]);
    const wrong = await command(['rules', file('wrong.yaml', CHAIN.replace('allow arp', 'allow arb')), '--to', 'nft'], cwd);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toMatch(/wrong\.yaml:\d+:\d+ .*rules\[3\]/);
  });
});

describe('run', () => {
  test('the office, with what it writes elsewhere', async () => {
    const { code, stdout, stderr } = await command(['run', office, '--write', 'inside=in.pcapng', '--write', 'outside=new/out.pcap'], cwd);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Ledger   received 2,493 + originated 0 = transmitted ');
    expect(stdout).toContain('+ in flight 0\n         balanced\n');
    expect(stdout).toContain('Copied   0 bytes between ingress and egress');
    expect(stdout).toMatch(/Written {2}in\.pcapng \(.* packets out of inside\)\n {9}new\/out\.pcap \(/);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    expect(existsSync(join(cwd, 'in.pcapng')) && existsSync(join(cwd, 'new/out.pcap'))).toBe(true);
  });

  test('--json is one document, with flows only when they are asked for', async () => {
    const write = ['--write', 'inside=in.pcapng', '--write', 'outside=out.pcapng'];
    const { code, stdout, stderr } = await command(['run', office, ...write, '--json', '--flows'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ schemaVersion: 1, bytesCopied: 0, ledger: { received: 2493, inFlight: 0, balanced: true } });
    expect(report.vms.map(({ name }) => name)).toEqual(['firewall', 'nat', 'dpi']);
    expect(report.flows).toContainEqual(expect.objectContaining({ l4: 'TCP', protocol: 'HTTP', host: 'intranet.example', verdict: 'forward' }));
    const without = await command(['run', office, ...write, '--json'], cwd);
    expect(JSON.parse(without.stdout)).not.toHaveProperty('flows');
  });

  test('another capture in place of the one in the file, relative to the working directory', async () => {
    copyFileSync(capture, join(cwd, 'mine.pcapng'));
    const { code, stdout } = await command(['run', join(EXAMPLES, 'permit.yaml'), '--capture', 'trace=mine.pcapng', '--write', 'inside=a.pcapng', '--write', 'outside=b.pcapng', '--json'], cwd);
    expect(code).toBe(0);
    const { ports } = JSON.parse(stdout) as Report;
    expect(ports.inside.written).toMatch(/a\.pcapng$/);
    expect(ports.inside.transmitted).toBeGreaterThan(1000);
    expect(ports.outside.transmitted).toBeGreaterThan(1000);
  });

  test('names that the file does not have, and files that are not there: all at once, said where they came from', async () => {
    const { code, stdout, stderr } = await command(['run', office, '--capture', 'tarce=x', '--write', 'in=y', '--json'], cwd);
    expect(code).toBe(2);
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: { code: string; place: string; message: string }[] };
    expect(ok).toBe(false);
    expect(problems.map(({ code: kind, place }) => [kind, place])).toEqual([['unknown-capture', '--capture tarce'], ['unknown-port', '--write in']]);
    expect(problems[0].message).toBe("there is no capture 'tarce', did you mean 'trace'?");
    expect(stderr).toMatch(/^2 problems\n/);
    const missing = await command(['run', office, '--capture', 'trace=none.pcap'], cwd);
    expect([missing.code, missing.stdout]).toEqual([2, '']);
    expect(missing.stderr).toContain('--capture trace  [file-missing]');
  });

  test('--trace tells stories before the report, --write-drops keeps what was dropped', async () => {
    const write = ['--write', 'inside=in.pcapng', '--write', 'outside=out.pcapng'];
    const { code, stdout, stderr } = await command(['run', office, ...write, '--trace', 'host 10.0.1.10 and udp port 45007', '--write-drops', 'drops.pcapng'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^packet 1 {2}2026-11-20T21:04:07\.492196000Z {2}udp 10\.0\.1\.10:45007 -> 198\.51\.100\.80:53, 99 B\n {2}inside {4}in, path edge forward/);
    expect(stdout).toContain('\nDrops    drops.pcapng (107 packets)\nTraced   2 packets\n');
    expect(existsSync(join(cwd, 'drops.pcapng'))).toBe(true);
    // What is asked for on stdout is there alone.
    const kept = await millrace(['run', office, ...write, '--trace', 'arp', '--write-drops', '-'], cwd);
    expect(kept.code).toBe(0);
    expect(kept.stdout).toContain('nat-no-binding (nat)');
    expect(kept.stderr).toContain('packet 1 ');
    expect(kept.stderr).toContain('balanced');
    const json = await command(['run', office, ...write, '--trace', 'arp', '--json'], cwd);
    expect((JSON.parse(json.stdout) as Report).watched).toMatchObject({ trace: { packets: 2, skipped: 0 } });
    expect(json.stderr).toContain('dropped no-path');
  });

  test('folders of what is written are made; where they cannot be, it says for which file', async () => {
    const write = ['--write', 'inside=deep/er/in.pcap', '--write', 'outside=out.pcap'];
    expect(await command(['run', office, ...write, '--eve', 'logs/a/eve.json', '--write-drops', 'logs/b/d.pcapng'], cwd)).toMatchObject({ code: 0, stderr: '' });
    expect(['deep/er/in.pcap', 'logs/a/eve.json', 'logs/b/d.pcapng'].filter((name) => !existsSync(join(cwd, name)))).toEqual([]);
    const refused = await command(['run', office, ...write, '--eve', '/proc/none/eve.json', '--write-drops', 'out.pcap/d.pcapng', '--json'], cwd);
    expect(refused.code).toBe(2);
    const { problems } = JSON.parse(refused.stdout) as { problems: { code: string; place: string; message: string }[] };
    expect(problems.map(({ code, place }) => [code, place])).toEqual([['write-impossible', 'eve'], ['write-impossible', 'writeDrops']]);
    expect(problems[0].message).toMatch(/^the folder of \/proc\/none\/eve\.json is not there and cannot be made \(E[A-Z]+\)$/);
  });

  test('a filter with mistakes, and two things for stdout, are refused before anything runs', async () => {
    const wrong = await command(['run', office, '--trace', 'host 10.0.0.500 and tpc'], cwd);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('line 1:6  trace  [bad-match]');
    expect(wrong.stderr).toContain('line 1:21  trace  [bad-match]');
    const both = await command(['run', office, '--eve', '-', '--write-drops', '-'], cwd);
    expect([both.code, both.stdout]).toEqual([2, '']);
    expect(both.stderr).toContain('--write-drops  [write-twice]');
  });

  test('a network function that throws: exit 1, a report all the same, and the packet that it had', async () => {
    file('bomb.mjs', `
      import { defineNetworkFunction } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const bomb = defineNetworkFunction(import.meta.url, {
        name: 'bomb', options, create: () => (packet) => { throw new Error('it went off'); },
      });`);
    file('bomb.yaml', `
ports: { source: { kind: generator, packets: 100 }, rest: { kind: sink } }
chains: { edge: [{ bomb: { from: ./bomb.mjs } }] }
paths: [{ from: source, to: rest, via: edge }]
`);
    const { code, stdout, stderr } = await command(['run', 'bomb.yaml', '--json'], cwd);
    expect(code).toBe(1);
    const { error, ledger, drops } = JSON.parse(stdout) as Report;
    expect(error).toMatchObject({ chain: 'edge', vm: 'bomb', packet: { length: 64 } });
    expect(error!.message).toContain('it went off');
    expect(stderr).toBe(`error: ${error!.message}\n`);
    expect(drops['nf-crash']).toBe(1);
    expect(ledger.balanced).toBe(true);
    const text = await command(['run', 'bomb.yaml'], cwd);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/^bomb\.yaml {2}failed in /);
    expect(text.stdout).toMatch(/\nFailed .*bomb.*it went off\n {9}at .*bomb.*:\d+:\d+\n {9}in hand: a packet of 64 bytes from .*\n {9}0000 {2}/s);
  });

  test('a network function that is never created: exit 1, named, when the time for that is over', async () => {
    file('unborn.mjs', `
      import { defineNetworkFunction } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const unborn = defineNetworkFunction(import.meta.url, { name: 'unborn', options, create: () => new Promise(() => {}) });`);
    file('unborn.yaml', `
ports: { source: { kind: generator, packets: 100 }, rest: { kind: sink } }
chains: { edge: { functions: [{ unborn: { from: ./unborn.mjs } }], placement: per-vm } }
paths: [{ from: source, to: rest, via: edge }]
`);
    const { code, stdout, stderr } = await command(['run', 'unborn.yaml', '--start-timeout', '2s', '--json'], cwd);
    const message = "network function 'unborn' of chain 'edge' was not created within 2 s: its create() was expected to return or throw, and has done neither";
    expect([code, stderr]).toEqual([1, `error: ${message}\n`]);
    expect(JSON.parse(stdout)).toEqual({ ok: false, error: { message, code: 'create-timeout', chain: 'edge', vm: 'unborn' } });
    // A module that is never imported is a mistake of the file, in the same time.
    file('again.mjs', 'await new Promise(() => {});');
    file('again.yaml', `
ports: { source: { kind: generator, packets: 100 }, rest: { kind: sink } }
chains: { edge: [{ unborn: { from: ./again.mjs } }] }
paths: [{ from: source, to: rest, via: edge }]
`);
    const unread = await command(['run', 'again.yaml', '--start-timeout', '50ms'], cwd);
    expect([unread.code, unread.stderr]).toEqual([2, expect.stringMatching(/found +it has not come to an end in 0.05 s/)]);
  });

  test('a network function that does not come back is named, is waited for while the run stops, and is its failure', async () => {
    file('loop.mjs', `
      import { defineNetworkFunction } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const loop = defineNetworkFunction(import.meta.url, { name: 'loop', options, create: () => () => { for (;;); } });`);
    file('loop.yaml', `
ports: { source: { kind: generator, packets: 100 }, rest: { kind: sink } }
chains: { edge: { functions: [dpi, { loop: { from: ./loop.mjs } }], placement: per-vm } }
paths: [{ from: source, to: rest, via: edge }]
`);
    const env = { XDG_RUNTIME_DIR: cwd };
    const { child, ended } = launch(['run', 'loop.yaml', '--name', 'loop'], cwd, env);
    let told = '';
    child.stderr!.on('data', (text: string) => (told += text));
    const says = async (text: string): Promise<void> => { while (!told.includes(text)) await sleep(20); };
    await says("waiting: network function 'loop' of chain 'edge' has been at one packet for a second");
    child.kill('SIGINT');
    await says("still waiting for network function 'loop' of chain 'edge', which does not come back; given up in 4 s");
    const stop = await millrace(['stop', 'loop', '--drain', '0.1'], cwd, env);
    expect([stop.code, stop.stderr]).toEqual([1, '']);
    expect(stop.stdout).toMatch(/^loop has stopped: .* balanced\nfailed: network function 'loop' of chain 'edge' did not come back\n$/);
    const { code, stdout } = await ended;
    expect(code).toBe(1);
    expect(stdout).toMatch(/^loop\.yaml {2}failed in /);
    expect(stdout).toMatch(/\nFailed {3}network function 'loop' of chain 'edge' did not come back\n {9}in hand: a packet of 64 bytes/);
  });

  test('what a run waits for while it stops is told by name', () => {
    const vm = { lent: 0, spare: 4, held: 0, misses: 0 };
    const census: Census = { slots: 64, free: 30, vms: { nat: { ...vm, lent: 2, held: 1 }, dpi: vm, slow: { ...vm, lent: 9 } }, meshes: { mesh: 5 }, hops: 0, ports: { inside: { filling: 8, sending: 0 }, outside: { filling: 0, sending: 1 } }, inFlight: 18, faults: [], balanced: true };
    expect(waitingText([{ vm: 'slow', chain: 'edge', doing: 'packet' }], census)).toBe("network function 'slow' of chain 'edge', which does not come back, 3 packets with 'nat', 5 packets in chain 'mesh', 1 packet that port 'outside' has to send");
    expect(waitingText([], null)).toBeNull();
  });

  const hasFull = existsSync('/dev/full');
  const hasMounts = spawnSync('unshare', ['--mount', 'true']).status === 0;
  if (!hasFull) console.warn('skipped: logs on a full disk need /dev/full');
  if (!hasMounts) console.warn('skipped: captures on a full disk need root and unshare');

  test.skipIf(!hasFull)('an EVE log and kept drops that a full disk has no room for: said at once, counted, exit 1', async () => {
    const { code, stdout, stderr } = await command(['run', office, '--eve', '/dev/full', '--write-drops', '/dev/full', '--json'], cwd);
    expect(code).toBe(1);
    expect(stderr).toContain('not written: the EVE log to /dev/full: ENOSPC: no space left on device\n');
    expect(stderr).toContain('not written: dropped packets to /dev/full: ENOSPC: no space left on device\n');
    const { error, ledger, drops, watched } = JSON.parse(stdout) as Report;
    expect(error).toMatchObject({ code: 'write-failed', message: expect.stringMatching(/^dropped packets could not be kept in \/dev\/full: ENOSPC: no space left on device; 1\d\d are missing there\nthe EVE log could not be written to \/dev\/full: ENOSPC: no space left on device; \d{3} records are missing there$/) as string });
    expect(watched!.drops).toMatchObject({ written: 0, skipped: Object.values(drops).reduce((sum, count) => sum + count) });
    // Nothing of the traffic was lost.
    expect(ledger).toMatchObject({ balanced: true, transmitted: 2386 });
    const text = await command(['run', office, '--eve', '/dev/full'], cwd);
    expect([text.code, text.stdout]).toEqual([1, expect.stringMatching(/ {2}failed in .*\nFailed {3}the EVE log could not be written to \/dev\/full: ENOSPC/s)]);
  });

  test.skipIf(!hasMounts)('captures that a full disk has no room for: what is lost is dropped by name, the file stays whole, exit 1', () => {
    mkdirSync(join(cwd, 'small'));
    const script = `mount -t tmpfs -o size=64k small small && node ${join(ROOT, 'dist/cli/main.js')} run ${office} --write outside=small/o.pcapng --json; status=$?
      node ${join(ROOT, 'dist/cli/main.js')} inspect small/o.pcapng --json > whole.json && exit $status`;
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { cwd, encoding: 'utf8' });
    expect(status).toBe(1);
    const { error, ledger, drops, ports } = JSON.parse(stdout) as Report;
    expect(stderr).toContain(`not written: packets of port 'outside' to small/o.pcapng: ENOSPC: no space left on device; they are dropped as egress-failed from here on\n`);
    expect(drops['egress-failed']).toBeGreaterThan(100);
    expect(error).toMatchObject({ code: 'write-failed', port: 'outside', message: `port 'outside' could not write ${join(cwd, 'small/o.pcapng')}: ENOSPC: no space left on device; ${drops['egress-failed'].toLocaleString('en-US')} of its packets were dropped as egress-failed` });
    expect(ledger).toMatchObject({ balanced: true, inFlight: 0 });
    const whole = JSON.parse(readFileSync(join(cwd, 'whole.json'), 'utf8')) as Report;
    expect(whole).toMatchObject({ problems: [], ledger: { received: ports.outside.transmitted } });
    expect(ports.outside.transmitted).toBeGreaterThan(10);
  });

  test.skipIf(!hasFull)('a full disk under stdout is told, with exit 1', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `node ${join(ROOT, 'dist/cli/main.js')} inspect ${capture} >/dev/full`], { cwd, encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, 'error: stdout cannot be written: ENOSPC: no space left on device, write\n']);
  });

  test('Ctrl-C lets what is under way go through, and reports', async () => {
    file('endless.yaml', ENDLESS);
    const { child, ended } = launch(['run', 'endless.yaml', '--json'], cwd);
    await appears(join(cwd, 'endless.pcap'));
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain('stopping');
    expect(JSON.parse(stdout)).toMatchObject({ ledger: { inFlight: 0, balanced: true } });
    rmSync(join(cwd, 'endless.pcap'));
  });

  test('a second signal ends it at once', async () => {
    file('endless.yaml', ENDLESS);
    const { child, ended } = launch(['run', 'endless.yaml', '--json'], cwd);
    await appears(join(cwd, 'endless.pcap'));
    child.kill('SIGINT');
    child.kill('SIGTERM');
    // Which of two pending signals comes first is the system's choice; the second one counts.
    const { code, stdout } = await ended;
    expect([130, 143]).toContain(code);
    expect(stdout).toBe('');
    rmSync(join(cwd, 'endless.pcap'));
  });
});

describe('check', () => {
  test('says what a file would run', async () => {
    const { code, stdout, stderr } = await command(['check', office], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('edge  firewall -> nat -> dpi');
    const json = await command(['check', office, '--json'], cwd);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, plan: { chains: [{ name: 'edge' }], paths: [{ from: 'inside', to: 'outside', bothWays: true, match: 'ip' }] } });
  });

  test('shows addresses and routes of legs, and which threads there will be', async () => {
    file('legs.yaml', `
ports:
  lan: { kind: vxlan, vni: 7, remote: 192.0.2.9, addresses: [10.0.0.1/24, "fd00::1/64"], clampMss: true }
  wan: { kind: vxlan, vni: 8, remote: 192.0.2.10, local: "0.0.0.0:4790", addresses: [203.0.113.1/24], routes: [{ to: default, via: 203.0.113.254 }, { to: 10.9.0.0/16, via: 203.0.113.9 }] }
chains:
  edge: [firewall: { rules: [allow any] }, { nat: { external: 203.0.113.1 } }]
  inspected: { functions: [dpi], placement: inline, routing: hub }
paths: [{ between: [lan, wan], match: tcp, via: edge }, { between: [lan, wan], via: inspected }]
`);
    const { code, stdout } = await command(['check', 'legs.yaml'], cwd);
    expect(code).toBe(0);
    expect(stdout).toContain(`
Chains
  edge       firewall -> nat  a thread each
  inspected  dpi              in the packet manager's thread

Ports
  lan  vxlan 7 to 192.0.2.9   10.0.0.1/24, fd00::1/64
                              clampMss true
  wan  vxlan 8 to 192.0.2.10  203.0.113.1/24
                              route 0.0.0.0/0 via 203.0.113.254
                              route 10.9.0.0/16 via 203.0.113.9

Threads
  5 threads beside the main one: manager, firewall, nat, lan, wan
`);
    const json = await command(['check', 'legs.yaml', '--json'], cwd);
    expect((JSON.parse(json.stdout) as { plan: unknown }).plan).toMatchObject({
      ports: [{ name: 'lan', leg: { addresses: '10.0.0.1/24, fd00::1/64' } }, { name: 'wan', leg: { routes: '0.0.0.0/0 via 203.0.113.254, 10.9.0.0/16 via 203.0.113.9' } }],
      chains: [{ name: 'edge', placement: 'firewall | nat, a thread each' }, { name: 'inspected', placement: "dpi, in the packet manager's thread" }],
      threads: ['manager', 'firewall', 'nat', 'lan', 'wan'],
    });
    const one = await command(['check', file('one.yaml', `
ports: { a: { kind: sink }, b: { kind: sink } }
chains: { edge: { functions: [firewall: { rules: [allow any] }, dpi], replicas: 2, placement: together } }
paths: [{ between: [a, b], via: edge }]
threads: one
`)], cwd);
    expect(one.stdout).toContain("  edge  [firewall.1 (firewall) -> dpi.1 (dpi)]; [firewall.2 (firewall) -> dpi.2 (dpi)]  in the packet manager's thread\n");
    expect(one.stdout).toContain('  1 thread beside the main one: manager\n');
  });

  test.skipIf(process.platform !== 'linux')('an interface that this machine does not have is a warning', async () => {
    const name = file('there.yaml', 'ports: { a: { kind: af-packet, interface: l0 }, b: { kind: af-packet, interface: lo }, c: { kind: tap, interface: nosuch0 } }\nchains: { edge: [dpi] }\npaths: [{ from: a, to: b, via: edge }, { from: a, to: c, via: edge }]\n');
    const { code, stdout, stderr } = await command(['check', name, '--json'], cwd);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, warnings: [{ code: 'interface-missing', place: 'ports.a.interface', line: 1, column: 43 }] });
    expect(stderr).toMatch(/^1 warning\n\nthere\.yaml:1:43 {2}ports\.a\.interface {2}\[interface-missing\]\n {2}this machine has no interface 'l0', did you mean 'lo'\?\n {2}found .*lo/);
    expect((await command(['check', office], cwd)).stderr).toBe('');
  });

  test('threads that never sleep: a chain in one of them runs and ends, and a warning where there are more than cores', async () => {
    const chain = (options: string) => file('poll.yaml', `ports: { a: { kind: generator, packets: 1000 }, b: { kind: sink } }\nchains: { edge: { functions: [dpi], ${options} } }\npaths: [{ from: a, to: b, via: edge }]\nwakeUp: poll\n`);
    const inline = await command(['run', chain('placement: inline'), '--json'], cwd);
    expect(inline.code).toBe(0);
    expect(JSON.parse(inline.stdout)).toMatchObject({ ledger: { received: 1000, transmitted: 1000, balanced: true } });
    const { code, stdout } = await command(['check', chain('placement: per-vm, replicas: 60'), '--json'], cwd);
    expect(code).toBe(0);
    const { warnings } = JSON.parse(stdout) as { warnings: unknown[] };
    if (availableParallelism() > 60) expect(warnings).toEqual([]);
    else expect(warnings).toMatchObject([{ code: 'too-few-cores', place: 'wakeUp', line: 4, found: "'poll' with 61 threads" }]);
  });

  test('a rule that cannot be parsed is found with its line and column', async () => {
    copyFileSync(capture, join(cwd, 'office.pcapng'));
    const broken = readFileSync(office, 'utf8').replace('deny in any', 'deny in evrything').replace('external: 203.0.113.1', 'externl: 203.0.113.1');
    const { code, stdout, stderr } = await command(['check', file('broken.yaml', broken), '--json'], cwd);
    expect(code).toBe(2);
    const { problems } = JSON.parse(stdout) as { problems: { code: string; line: number; column: number; place: string }[] };
    const rule = problems.find(({ place }) => place === 'chains.edge[0].rules[0]')!;
    const lines = broken.split('\n');
    expect(rule.code).toBe('invalid-option');
    expect(lines[rule.line - 1].slice(rule.column - 1)).toBe('evrything');
    const key = problems.find(({ code: kind }) => kind === 'unknown-key')!;
    expect(lines[key.line - 1].slice(key.column - 1)).toMatch(/^externl/);
    expect(stderr).toContain(`broken.yaml:${rule.line}:${rule.column}  chains.edge[0].rules[0]  [invalid-option]`);
    expect(stderr).toContain("unknown key 'externl', did you mean 'external'?");
  });
});

test('bench: a case that there is not, and flags that exclude each other', async () => {
  const wrong = await command(['bench', '--case', 'chain,chian'], cwd);
  expect([wrong.code, wrong.stdout, wrong.stderr]).toEqual([2, '', expect.stringMatching(/^error: --case chian: there is no such case, did you mean 'chain'\?; there are ring, hop, chain, /)]);
  expect(await command(['bench', '--quick', '--full'], cwd)).toEqual({ code: 2, stdout: '', stderr: 'error: --quick and --full exclude each other\n' });
  expect(await command(['bench', 'before.csv'], cwd)).toMatchObject({ code: 2, stdout: '' });
});

test('graph draws ports, VMs and both directions', async () => {
  const { code, stdout } = await command(['graph', office], cwd);
  expect(code).toBe(0);
  expect(stdout).toBe(`flowchart LR
  port0(["inside<br/>reads office.pcapng, inside<br/>writes inside.pcapng"])
  port1(["outside<br/>reads office.pcapng, outside<br/>writes outside.pcapng"])
  subgraph chain0["edge"]
    vm0["firewall"]
    vm1["nat"]
    vm2["dpi"]
  end
  port0 -->|"ip"| vm0
  vm0 --> vm1
  vm1 --> vm2
  vm2 --> port1
  port1 -.->|"ip"| vm2
  vm2 -.-> vm1
  vm1 -.-> vm0
  vm0 -.-> port0
`);
});

describe('a network function in TypeScript', () => {
  const chainFile = "ports: { a: { kind: generator, packets: 5 }, b: { kind: sink } }\nchains: { edge: [{ guard: { from: ./guard.ts } }] }\npaths: [{ from: a, to: b, via: edge }]\n";
  const code = `
import { defineNetworkFunction, forward, type Verdict } from 'millrace';
enum Kind { plain }
export const guard = defineNetworkFunction(import.meta.url, {
  name: 'guard', options: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
  create: () => (): Verdict => (Kind.plain === 0 ? forward : forward),
});
`;
  /** A project of the user's own, with what is installed in it. */
  function project(name: string, ...installed: string[]): string {
    const folder = join(cwd, name);
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(ROOT, join(folder, 'node_modules/millrace'));
    for (const each of installed) symlinkSync(join(ROOT, 'node_modules', each), join(folder, 'node_modules', each));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'guard.ts'), code);
    writeFileSync(join(folder, 'chain.yaml'), chainFile);
    return folder;
  }

  test('runs by the tsx that is installed beside it, with nothing said to Node', async () => {
    const { code, stdout, stderr } = await millrace(['run', 'chain.yaml', '--json'], project('with-tsx', 'tsx'));
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ ports: { b: { transmitted: 5 } } });
  });

  test('without it, the error says what to do', async () => {
    const { code, stderr } = await millrace(['check', 'chain.yaml'], project('without-tsx'));
    expect(code).toBe(2);
    // Node 22.18 and newer read TypeScript that is JavaScript but for its types.
    expect(stderr).toMatch(/^1 problem\n\nchain\.yaml:2:\d+ {2}chains\.edge\[0\]\.from {2}\[module-unloadable\]\n.*\n {2}found .*TypeScript.*\n {2}expected tsx beside it \(npm install --save-dev tsx\), or the module compiled to JavaScript/);
  });
});

describe('inspect', () => {
  test('shows type and code of ICMP, and no ports where there are none', async () => {
    const { stdout } = await command(['inspect', capture], cwd);
    expect(stdout).toMatch(/\n {2}ICMP 8\/0 +10\.0\.1\.20 +198\.51\.100\.80 +ICMP +5\/5 +forward\n/);
    expect(stdout).toMatch(/\n {2}ICMPV6 135\/0 +fd00:10::20 +ff02::1:ff00:1 +ICMPV6 +1\/0 +forward\n/);
    expect(stdout).toMatch(/\n {2}TCP +10\.0\.1\.10:\d+ +198\.51\.100\.80:80 /);
    expect(stdout).not.toMatch(/:0 /);
    const json = await command(['inspect', capture, '--json'], cwd);
    const { flows = [] } = JSON.parse(json.stdout) as Report;
    expect(flows.filter(({ icmp }) => icmp !== undefined).every(({ l4 }) => l4.startsWith('ICMP'))).toBe(true);
    expect(new Set(flows.flatMap(({ l4, icmp }) => (icmp === undefined ? [] : [`${l4} ${icmp.type}/${icmp.code}`])))).toEqual(new Set(['ICMP 8/0', 'ICMPV6 128/0', 'ICMPV6 135/0', 'ICMPV6 136/0']));
  });

  test('says what is in a capture, and writes nothing', async () => {
    const { code, stdout, stderr } = await command(['inspect', capture], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/office\.pcapng {2}2,493 packets, 1\.\d MiB, \d+ flows\n/);
    expect(stdout).toContain('Protocols');
    expect(stdout).toContain('intranet.example');
    const json = await command(['inspect', capture, '--json'], cwd);
    const { flows, ports } = JSON.parse(json.stdout) as Report;
    expect(flows!.length).toBeGreaterThan(50);
    expect(flows!.every(({ verdict }) => verdict === 'forward')).toBe(true);
    expect(Object.values(ports).every((port) => port.written === undefined)).toBe(true);
  });

  test('a file that is no capture', async () => {
    const { code, stdout, stderr } = await command(['inspect', file('notes.txt', 'no capture\n')], cwd);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^1 problem\n\n<capture> {2}\[not-a-capture\]\n/);
    expect((await command(['inspect', 'none.pcap'], cwd)).code).toBe(2);
  });
});

test('demo writes into the working directory', async () => {
  const { code, stdout } = await command(['demo', '--json'], cwd);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ledger: { received: 2493, balanced: true }, alerts: { 'test-signature': 3, 'drop-signature': 1 } });
  expect(existsSync(join(cwd, 'out/inside.pcapng')) && existsSync(join(cwd, 'out/outside.pcapng'))).toBe(true);
});

describe('use', () => {
  test.each([[[]], [['frobnicate']], [['run']], [['run', 'a.yaml', 'b.yaml']], [['run', office, '--bad']], [['run', office, '--write', 'inside']], [['check', office, '--json', '--flows']]])(
    'wrong use %j ends with 2 and leaves stdout alone',
    async (args) => {
      const { code, stdout, stderr } = await command(args, cwd);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).not.toBe('');
    },
  );

  test.each(['run', 'check', 'graph', 'inspect', 'demo'])('%s has help with examples', async (name) => {
    const { code, stdout, stderr } = await command([name, '--help'], cwd);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Examples:\n  $ millrace ${name}`);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await command(['--version'], cwd)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('colour only where it is wanted', async () => {
    expect((await command(['check', office], cwd)).stdout).not.toContain('\x1b[');
    expect((await command(['check', office], cwd, { FORCE_COLOR: '1' })).stdout).toContain('\x1b[');
    expect((await command(['check', office], cwd, { NO_COLOR: '1' })).stdout).not.toContain('\x1b[');
  });
});
