/** `ps`, `stats`, `apply`, `stop`, metrics and the live view through the real binary; live ports are VXLAN, which needs no privileges. */
import { execFile, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Report } from 'millrace';
import { renderLive, type Moment } from '../../src/cli/render-live.js';
import { Screen, clip } from '../../src/cli/screen.js';
import { PLAIN } from '../../src/cli/terminal.js';
import { ask } from '../../src/runtime/control/client.js';
import { instanceNameOf } from '../../src/cli/instance-name.js';
import { ROOT } from '../tidy/source-files.js';
import { launch, millrace as run, type Ended, type Running } from './binary.js';
import { TerminalScreen } from './screen.js';

const cwd = mkdtempSync(join(tmpdir(), 'millrace-ps-'));
const env = { XDG_RUNTIME_DIR: cwd };
const started: Running[] = [];
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});
afterAll(() => { rmSync(cwd, { recursive: true }); });

/** A UDP port that is free now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => { socket.close(resolve); });
  return port;
}

interface Edge { file: string; insidePort: number; rules: (rules: string) => void }
async function edge(name = 'edge.yaml'): Promise<Edge> {
  const [insidePort, outsidePort] = [await freePort(), await freePort()];
  const file = join(cwd, name);
  const rules = (text: string): void => {
    writeFileSync(file, `
ports:
  inside: { kind: vxlan, vni: 7, remote: 127.0.0.1, local: "127.0.0.1:${insidePort}" }
  outside: { kind: vxlan, vni: 8, remote: "127.0.0.1:9", local: "127.0.0.1:${outsidePort}" }
chains: { edge: [{ firewall: { rules: ${text} } }] }
paths: [{ between: [inside, outside], via: edge }]
memory: { slots: 256 }
`);
  };
  rules('[log udp from any to any port 9, deny any]'.replace('log udp', 'deny log udp'));
  return { file, insidePort, rules };
}
const millrace = (...args: string[]): Promise<Ended> => run(args, cwd, env);
async function live(file: string, ...flags: string[]): Promise<Running & { said: () => string }> {
  const running = launch(['run', file, ...flags], cwd, env);
  started.push(running);
  let text = '';
  running.child.stderr!.on('data', (part: string) => (text += part));
  await until(() => text.includes('running:') || running.child.exitCode !== null, () => text);
  return { ...running, said: () => text };
}
async function until(done: () => boolean, why: () => string): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    if (done()) return;
    await sleep(10);
  }
  throw new Error(`it did not happen: ${why()}`);
}

/** Frames in VXLAN datagrams: UDP to port 9, that the firewall denies and logs. */
async function flood(port: number, datagrams: number): Promise<void> {
  const frame = Buffer.from('020000000002020000000001080045000020000100004011' + '00000a000001c6336402' + '12340009000c000061626364', 'hex');
  const packet = Buffer.concat([Buffer.from('0800000000000700', 'hex'), frame]);
  const socket = createSocket('udp4');
  for (let k = 0; k < datagrams; k++) await new Promise((resolve) => { socket.send(packet, port, '127.0.0.1', resolve); });
  await new Promise<void>((resolve) => { socket.close(resolve); });
}

describe('a running instance', () => {
  it('is found, tells, is changed and stopped from the command line; nothing of it is left', async () => {
    const { file, insidePort, rules } = await edge();
    const { ended, said } = await live(file, '--metrics', ':0');
    expect(said()).toMatch(/^metrics: http:\/\/127\.0\.0\.1:\d+\/metrics, statistics: /);
    expect(said()).toContain("running: instance 'edge'; inside (vxlan 7 to 127.0.0.1)");
    const socket = join(cwd, 'millrace', readdirSync(join(cwd, 'millrace'))[0]);
    // One after the other: of twenty at once a busy machine may have no room for some.
    for (let sent = 1; sent <= 20; sent++) {
      await flood(insidePort, 1);
      let report: Report;
      do report = await ask<Report>(socket, 'stats'); while ((report.drops['firewall-denied'] ?? 0) < sent && report.ledger.dropped < sent);
    }
    expect((JSON.parse((await millrace('stats', 'edge', '--json')).stdout) as Report).ports.inside).toMatchObject({ received: 20, drops: { 'firewall-denied': 20 } });
    const table = await millrace('stats', 'edge');
    expect([table.code, table.stderr]).toEqual([0, '']);
    expect(table.stdout).toMatch(/^edge {2}running for .*\n\nPorts .*\n {2}inside +20 +0/);
    const scraped = await (await fetch(/http:\S+metrics/.exec(said())![0])).text();
    expect(scraped).toContain('millrace_port_dropped_packets_total{port="inside",reason="firewall-denied"} 20\n');
    expect(scraped).toContain('millrace_info{name="edge",version="');

    const listed = await millrace('ps');
    expect(listed.stdout).toMatch(/^Instance +pid +up +chain file\nedge +\d+ +[\d.]+ m?s +edge\.yaml\n\nInstance +port +kind +in packets\/s +bit\/s/);

    rules('[allow any]');
    expect(await millrace('apply', 'edge')).toMatchObject({ code: 0, stdout: 'edge: new options for firewall (edge.yaml)\n' });
    rules('[alow any, deny nobody]');
    const refused = await millrace('apply', 'edge', 'edge.yaml', '--json');
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, problems: [{ code: 'invalid-option' }, { code: 'invalid-option' }] });
    expect(refused.stderr).toContain('2 problems\n\nedge.yaml:5:');

    const stopped = await millrace('stop', 'edge');
    expect(stopped).toMatchObject({ code: 0, stdout: 'edge has stopped: received 20, originated 0, transmitted 0, dropped 20, in flight 0: balanced\n' });
    expect(await ended).toMatchObject({ code: 0 });
    expect(readdirSync(join(cwd, 'millrace'))).toEqual([]);
    expect(await millrace('ps')).toMatchObject({ code: 0, stdout: 'no instance is running\n' });
    expect(await millrace('stats', 'edge')).toMatchObject({ code: 2, stdout: '', stderr: "error: there is no instance 'edge'; none is running\n" });
  });

  it('a second one of that name has its pid behind it; --name insists; what was killed leaves nothing for long', async () => {
    const { file } = await edge('name.yaml');
    const first = await live(file, '--name', 'mine');
    const { file: other } = await edge('mine.yaml');
    const second = await live(other);
    expect(second.said()).toContain(`running: instance 'mine-${second.child.pid}'`);
    const third = await run(['run', other, '--name', 'mine'], cwd, env);
    expect([third.code, third.stderr]).toEqual([1, `error: an instance named 'mine' is running already, with pid ${first.child.pid}\n`]);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(readdirSync(join(cwd, 'millrace'))).toHaveLength(2);
    expect(JSON.parse((await millrace('ps', '--json')).stdout)).toMatchObject([{ name: `mine-${second.child.pid}`, file: other, ports: [{ name: 'inside', kind: 'vxlan' }, { name: 'outside' }], rates: { inside: { receivedPerSecond: 0 } } }]);
    expect(readdirSync(join(cwd, 'millrace'))).toHaveLength(1);
    expect(await millrace('stop', String(second.child.pid), '--json')).toMatchObject({ code: 0 });
    const bad = await millrace('run', other, '--name', '../x');
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('Expected a letter or digit')]);
  });

  it('answers by its socket while more comes than it can take, and counts what it dropped', async () => {
    const { file, insidePort } = await edge('flood.yaml');
    const { ended } = await live(file);
    let flooding = true;
    const senders = [0, 1, 2].map(async () => {
      while (flooding) {
        await flood(insidePort, 200);
        await new Promise((resolve) => setImmediate(resolve)); // a datagram that is sent at once leaves no turn to others
      }
    });
    try {
      const answers = [];
      for (let k = 0; k < 3; k++) answers.push((await millrace('stats', 'flood', '--json')).stdout);
      const [first, , last] = answers.map((text) => JSON.parse(text) as Report);
      expect(last.ports.inside.received).toBeGreaterThan(first.ports.inside.received);
      expect((await millrace('ps', '--json')).stdout).toContain('"name": "flood"');
    } finally {
      flooding = false;
      await Promise.all(senders);
    }
    const report = JSON.parse((await millrace('stop', 'flood', '--json')).stdout) as Report;
    expect(report.ledger).toMatchObject({ balanced: true, inFlight: 0 });
    expect(report.ledger.dropped).toBe(report.ledger.received);
    expect((await ended).code).toBe(0);
  });
});

describe('signals that end nothing', () => {
  const asked = (running: Running): ((what: RegExp) => Promise<void>) => {
    let text = '';
    running.child.stderr!.on('data', (part: string) => (text += part));
    return async (what) => {
      await until(() => what.test(text) || running.child.exitCode !== null || running.child.signalCode !== null, () => `${String(what)}: ${text}`);
      expect([text, running.child.signalCode]).toEqual([expect.stringMatching(what), null]);
      text = '';
    };
  };

  it('after `apply`, SIGHUP reads the file that was applied, and `ps` shows it', async () => {
    const { file } = await edge('v1.yaml');
    const { child, ended } = await live(file, '--json');
    const says = asked({ child, ended });
    const text = readFileSync(file, 'utf8');
    const write = (rule: string): void => { writeFileSync(join(cwd, 'v2.yaml'), text.replace(/rules: \[[^\]]*\]/, `rules: [${rule}]`)); };
    write('allow any');
    expect(await millrace('apply', 'v1', 'v2.yaml')).toMatchObject({ code: 0, stdout: 'v1: new options for firewall (v2.yaml)\n' });
    child.kill('SIGHUP');
    await says(/^reloaded: nothing has changed \(.*v2\.yaml\)$/m);
    write('deny any');
    child.kill('SIGHUP');
    await says(/^reloaded: new options for firewall \(.*v2\.yaml\)$/m);
    // What was refused is not in force.
    writeFileSync(join(cwd, 'v3.yaml'), 'ports: {}');
    expect((await millrace('apply', 'v1', 'v3.yaml')).code).toBe(2);
    expect(JSON.parse((await millrace('ps', '--json')).stdout)).toMatchObject([{ name: 'v1', file: join(cwd, 'v2.yaml') }]);
    write('denny any');
    child.kill('SIGHUP');
    await says(/not reloaded: the chain runs on as it was\n.*\n\n.*v2\.yaml:5:/);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  it.each(['generator', 'live ports'])('are obeyed from the first moment on: while the file is read, while it starts, while it runs (%s)', async (kind) => {
    const [left, right] = [await freePort(), await freePort()];
    writeFileSync(join(cwd, 'late.mjs'), `
      import { existsSync } from 'node:fs';
      import { defineNetworkFunction, forward } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const options = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
      export const late = defineNetworkFunction(import.meta.url, { name: 'late', options, create: async () => {
        while (!existsSync(${JSON.stringify(join(cwd, 'go'))})) await new Promise((resolve) => setTimeout(resolve, 10));
        return () => forward;
      } });`);
    const yaml = (rules: string): string => `
ports: ${kind === 'generator' ? '{ a: { kind: generator, packets: 1000000000000 }, b: { kind: sink } }' : `{ a: { kind: vxlan, vni: 7, remote: 127.0.0.1, local: "127.0.0.1:${left}" }, b: { kind: vxlan, vni: 8, remote: 127.0.0.1, local: "127.0.0.1:${right}" } }`}
chains: { edge: [{ firewall: { rules: ${rules} } }, { late: { from: ./late.mjs } }] }
paths: [{ from: a, to: b, via: edge }]
`;
    const file = join(cwd, 'first.yaml');
    rmSync(file, { force: true });
    rmSync(join(cwd, 'go'), { force: true });
    expect(spawnSync('sh', ['-c', 'mkfifo "$0"', file]).status).toBe(0);
    const running = launch(['run', file], cwd, env);
    started.push(running);
    const { child, ended } = running;
    const says = asked(running);
    const writer = await open(file, 'w'); // opens when somebody reads
    child.kill('SIGUSR2');
    await says(/^no statistics yet: it is starting$/m);
    await writer.write(yaml('[allow any]'));
    rmSync(file);
    await writer.close();
    writeFileSync(file, yaml('[deny any]'));
    // The socket is there before the first thread.
    await until(() => readdirSync(join(cwd, 'millrace')).some((name) => name.startsWith('first.')), () => 'no socket');
    child.kill('SIGHUP');
    await says(/^it is starting: reads its configuration again as soon as packets flow$/m);
    child.kill('SIGUSR2');
    await says(/^no statistics yet: it is starting$/m);
    writeFileSync(join(cwd, 'go'), '');
    await says(/^reloaded: new options for firewall \(.*first\.yaml\)$/m);
    child.kill('SIGUSR2');
    await says(/^Ledger +received/m);
    writeFileSync(file, yaml('[alow any]'));
    child.kill('SIGHUP');
    await says(/not reloaded: the chain runs on as it was\n.*\n\n.*first\.yaml:3:/);
    writeFileSync(file, yaml('[allow any]').replace('via: edge }]', 'via: edge }]\nflows: 1024'));
    child.kill('SIGHUP');
    await says(/not reloaded: the chain runs on as it was\n[^]*needs-restart/);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('balanced');
  });
});

/** Runs the command on a terminal of its own (util-linux script), and returns what that was sent. */
const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) console.warn('skipped: there is no script (util-linux)');
function onTerminal(columns: number, rows: number, command: string, more: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const shell = `stty cols ${columns} rows ${rows}; ${process.execPath} ${join(ROOT, 'dist/cli/main.js')} ${command}`;
    const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
    execFile('script', ['-qec', shell, '/dev/null'], { cwd, env: { ...inherited, ...env, TERM: 'xterm-256color', ...more } }, (error, stdout) => { if (error === null) resolve(stdout); else reject(new Error(`${error.message}: ${stdout}`)); });
  });
}

describe.skipIf(!hasScript)('the live view', () => {
  it('is redrawn in place, as wide as the terminal, and gone at the end', async () => {
    const { file, insidePort } = await edge('view.yaml');
    const sent = onTerminal(72, 24, `run ${file} --duration 4`);
    await until(() => readdirSync(join(cwd, 'millrace')).some((name) => name.startsWith('view.')), () => 'no socket');
    for (let k = 0; k < 10; k++) {
      await flood(insidePort, 20);
      await sleep(150);
    }
    const text = await sent;
    const frames = text.split('\x1b[?2026h').slice(1).map((frame) => frame.split('\x1b[?2026l')[0]);
    expect(frames.length).toBeGreaterThanOrEqual(2);
    const screen = new TerminalScreen(72);
    let seen = '';
    for (const frame of frames) {
      screen.write(frame);
      expect(screen.lines.filter((line) => line.startsWith('Ports'))).toHaveLength(1);
      expect(screen.lines.filter((line) => line.length > 71)).toEqual([]);
      seen += screen.lines.join('\n');
    }
    expect(seen).toMatch(/view\.yaml {2}running for/);
    expect(seen).toMatch(/ {2}firewall +[\d,]+ +[\d,]+ +[\d,]+\n/);
    expect(seen).toMatch(/ {2}packet manager +\d+ %/);
    expect(seen).toMatch(/ {2}firewall-denied +[\d,]+ +[\d,]+\n/);
    expect(seen).toMatch(/Flows {2}1 of 65,536/);
    expect(seen).toMatch(/Alerts deny log udp from any to any port 9 \d+\n {2}deny log udp/);
    expect(text).toContain('\x1b[32m');
    const whole = new TerminalScreen(72);
    whole.write(text);
    expect(whole.lines.join('\n')).toMatch(/^running: instance 'view'[^]*prints statistics\n[^\n]*view\.yaml {2}done in 4/);
  });

  it('has no colours with NO_COLOR, and is lines on a dumb terminal', async () => {
    const { file } = await edge('plain.yaml');
    const plain = await onTerminal(80, 12, `run ${file} --duration 1500ms`, { NO_COLOR: '1' });
    expect(plain).toContain('\x1b[?2026h');
    // oxlint-disable-next-line no-control-regex -- colours
    expect(plain).not.toMatch(/\x1b\[\d*m/);
    expect(plain).toContain('more lines');
    expect(await onTerminal(80, 24, `run ${file} --duration 1200ms`, { TERM: 'dumb' })).not.toContain('\x1b');
  });
});

describe('what the view is made of', () => {
  it('draws what fits, above it what stays, and finds its first line in a terminal made narrower', () => {
    const terminal = { columns: 20, rows: 5 };
    let screen = new TerminalScreen(20);
    const view = new Screen({ get columns() { return terminal.columns; }, get rows() { return terminal.rows; }, write: (text) => { screen.write(text.replace(/\n/g, '\r\n')); return true; } });
    screen.write('before\r\n');
    view.draw(['\x1b[31mred and much longer than that\x1b[39m', 'two', '漢字漢字漢字漢字漢字', 'four']);
    expect(screen.lines).toEqual(['before', 'red and much longer', 'two', '漢字漢字漢字漢字漢', 'four', '']);
    view.above('stays\n');
    expect(screen.lines.slice(0, 3)).toEqual(['before', 'stays', 'red and much longer']);
    view.draw(['a', 'b', 'c', 'd', 'e']);
    expect(screen.lines).toEqual(['before', 'stays', 'a', 'b', 'c', '… 2 more lines', '']);
    view.draw(['1234567890123456789', 'x']);
    terminal.columns = 10;
    // As the terminal shows it after it was made narrower.
    screen = new TerminalScreen(10);
    screen.write('before\r\nstays\r\n1234567890123456789\r\nx\r\n');
    view.draw(['y']);
    expect(screen.lines).toEqual(['before', 'stays', 'y', '']);
    view.clear();
    expect(screen.lines).toEqual(['before', 'stays', '']);
    expect(clip('\x1b[1mab\x1b[22mc', 3)).toEqual({ text: '\x1b[1mab\x1b[22mc', width: 3 });
  });

  it('shows differences by time, and sorts what counts most', () => {
    const vm = { name: 'fw', chain: 'c', function: 'fw', returned: 0, originated: 0, drops: {}, invalidReturns: 0, restarts: 0, counters: {}, alerts: {} };
    const port = { transmitted: 0, originated: 0, transmittedBytes: 0, drops: {} };
    const moment = (k: number): Moment => ({
      connections: 3 * k,
      counters: {
        ports: { in: { ...port, received: 1000 * k, receivedBytes: 125_000 * k, drops: { a: 10 * k } }, gone: { ...port, received: 0, receivedBytes: 0, down: true } },
        vms: [{ ...vm, received: 990 * k, drops: { a: 4 * k }, alerts: { x: k, y: 5 * k } }],
        drops: Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, at) => [name, (at + 1) * k])),
        ledger: { received: 0, originated: 0, transmitted: 0, dropped: 0, inFlight: 0, balanced: false },
        bytesCopied: 0, durationMs: 2000 * k, packetsPerSecond: 0, alerts: { x: k, y: 5 * k }, connectionsEvicted: 0, eventsLost: 0,
        threads: [{ name: 'manager', kind: 'manager', busyMs: 1900 * k }, { name: 'fw', kind: 'vm', busyMs: 500 * k }],
      },
    });
    const lines = renderLive(moment(1), moment(2), { title: 't', style: PLAIN, columns: 80, connectionsLimit: 64, alerts: ['y  a > b'], hint: 'hint' });
    expect(lines).toEqual([
      't  running for 4.00 s',
      'Ports          in packets/s       bit/s  out packets/s    bit/s  dropped/s',
      '  in                    500  500 kbit/s              0  0 bit/s          5',
      '  gone (down)             0     0 bit/s              0  0 bit/s          0',
      'VMs   packets/s  dropped/s  alerts/s',
      '  fw        495          2         3',
      'Load              busy',
      '  packet manager  95 %  █████████▌',
      '  fw              25 %  ██▌',
      'Drops     packets/s  packets',
      '  c               2        6',
      '  d               2        8',
      '  e               3       10',
      '  f               3       12',
      '  g               4       14',
      '  h               4       16',
      '  2 more',
      'Flows  6 of 64',
      'Alerts y 10 · x 2',
      '  y  a > b',
      'hint',
    ]);
  });

  it('names an instance by its file', () => {
    expect(['a/b/office.yaml', 'x.YML', 'my chain (2).yaml', '..yaml', '日本.yaml', 'chain', `${'n'.repeat(60)}.yaml`].map(instanceNameOf)).toEqual(
      ['office', 'x', 'my-chain--2-', 'chain', 'chain', 'chain', 'n'.repeat(40)],
    );
  });
});

it('without koffi, a port on an interface is refused with what to install, and all else runs', async () => {
  const folder = join(cwd, 'installed');
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true, filter: (path) => !/\.(map|d\.ts)$/.test(path) });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  // Everything that is installed, but koffi.
  for (const name of readdirSync(join(ROOT, 'node_modules'))) if (!/^(koffi|@koromix|\..*)$/.test(name)) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  // Nor one that lies further up: an empty folder ends the search.
  mkdirSync(join(folder, 'node_modules/koffi'));
  const file = join(folder, 'two.yaml');
  writeFileSync(file, 'ports: { a: { kind: af-packet, interface: lo }, b: { kind: tap, interface: tap9 } }\nchains: { c: [dpi] }\npaths: [{ between: [a, b], via: c }]\n');
  const node = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => new Promise((resolve) => {
    execFile(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], { cwd: folder, env: { ...process.env, ...env, NO_COLOR: '1' } }, (error, stdout, stderr) => { resolve({ code: (error?.code ?? 0) as number, stdout, stderr }); });
  });
  const refused = await node('run', file);
  expect(refused.code).toBe(2);
  expect(refused.stderr.match(/\[koffi-missing\]/g)).toHaveLength(2);
  expect(refused.stderr).toContain("expected 'the package koffi: npm install koffi'".replace(/'/g, ''));
  expect(readdirSync(join(cwd, 'millrace'))).toEqual([]);
  const checked = await node('check', file, '--json');
  expect(JSON.parse(checked.stdout)).toMatchObject({ ok: true, plan: { needs: [{ capability: 'CAP_NET_RAW', ports: ['a'], isRequired: true }, { capability: 'CAP_NET_ADMIN', ports: ['b'], isRequired: true }, { capability: 'CAP_NET_ADMIN', ports: ['a'], isRequired: false }] } });
  expect((await node('inspect', join(ROOT, 'examples/office.pcapng'), '--json')).code).toBe(0);
});
