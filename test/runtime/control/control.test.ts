/** The control socket of a running instance: who it is, what it answers, what it does with bad clients, and that nothing of it is left. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { start, type Configuration, type ConfigurationError, type Report, type Runtime, type StartOptions } from 'millrace';
import { z } from 'zod';
import { ask, askStream, findInstance } from '../../../src/runtime/control/client.js';
import { defineCommand, type Instance } from '../../../src/runtime/control/command.js';
import { ControlServer } from '../../../src/runtime/control/server.js';
import { CONTROL_ERRORS, MAX_REQUEST_BYTES, type ControlAnswer } from '../../../src/runtime/control/protocol.js';
import type { InstanceRates } from '../../../src/runtime/control/commands/rates.js';
import { CONTROL_COMMANDS } from '../../../src/runtime/control/commands/index.js';
import type { TapSummary } from '../../../src/runtime/watch/tap.js';
import { launch, millrace, type Running } from '../../cli/binary.js';
import { keptIn, notesIn } from '../../support/watching.js';
import { ROOT, read } from '../../tidy/source-files.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-control-'));
const before = process.env.XDG_RUNTIME_DIR;
const running: Runtime[] = [];
beforeEach(() => {
  process.env.XDG_RUNTIME_DIR = mkdtempSync(join(folder, 'x'));
});
afterEach(async () => {
  for (const runtime of running.splice(0)) await runtime.stop();
  expect(sockets()).toEqual([]);
});
afterAll(() => {
  if (before === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = before;
  rmSync(folder, { recursive: true });
});

const directory = (): string => join(process.env.XDG_RUNTIME_DIR!, 'millrace');
const sockets = (): string[] => (existsSync(directory()) ? readdirSync(directory()) : []);
const RULES = ['deny udp from any to any port 9', 'allow any'];
const endless = (rules = RULES): Configuration => ({
  chains: { edge: [{ firewall: { rules } }] },
  ports: { source: { kind: 'generator', packets: 1e12 }, rest: { kind: 'sink' } },
  paths: [{ from: 'source', to: 'rest', via: 'edge' }],
  memory: { slots: 64 },
});
async function run(control: NonNullable<StartOptions['control']>): Promise<Runtime> {
  const runtime = await start(endless(), { control });
  running.push(runtime);
  return runtime;
}

/** What comes back for bytes that are written as they are. */
function exchange(path: string, text: string | Buffer, halfClose = true): Promise<ControlAnswer[]> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket: Socket = connect({ path, allowHalfOpen: true }, () => { if (halfClose) socket.end(text); else socket.write(text); });
    socket.setEncoding('utf8').on('data', (part: string) => (said += part)).on('error', reject).on('end', () => {
      socket.destroy();
      resolve(said.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as ControlAnswer));
    });
  });
}

describe('a running instance', () => {
  it('says who it is, its rates and its report, and stops with the last report as the answer', async () => {
    const runtime = await run({ name: 'edge-1' });
    const { path, label } = await findInstance('edge-1');
    expect([label, path]).toEqual(['edge-1', runtime.control!.path]);
    expect((await findInstance(String(process.pid))).path).toBe(path);
    expect([statSync(path).mode & 0o777, statSync(directory()).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await ask(path, 'info')).toMatchObject({
      name: 'edge-1', pid: process.pid, file: null, chains: ['edge'],
      ports: [{ name: 'source', kind: 'generator' }, { name: 'rest', kind: 'sink' }],
    });
    const { rates } = await ask<InstanceRates>(path, 'rates', { overMs: 100 });
    expect(rates.source.receivedPerSecond).toBeGreaterThan(0);
    expect(rates.rest.transmittedBitsPerSecond).toBeGreaterThan(rates.rest.transmittedPerSecond * 8 * 14);
    const early = await ask<Report>(path, 'stats');
    const last = await ask<Report>(path, 'stop');
    expect(last.ledger).toMatchObject({ balanced: true, inFlight: 0 });
    expect(last.ledger.received).toBeGreaterThanOrEqual(early.ledger.received);
    expect((await runtime.finished).ledger).toEqual(last.ledger);
    expect(existsSync(path)).toBe(false);
    await expect(findInstance('edge-1')).rejects.toThrow("there is no instance 'edge-1'; none is running");
    await expect(ask(path, 'info')).rejects.toThrow('there is no such socket');
  });

  it('shows the packets on a link as pcapng, and says at the end how many it left out', async () => {
    const { path } = (await run(true)).control!;
    const { links } = await ask<{ links: string[] }>(path, 'tap');
    expect(links.slice(0, 2)).toEqual(['source>firewall', 'firewall>rest']);
    await expect(askStream(path, 'tap', { link: 'source>firewal' })).rejects.toThrow("there is no link 'source>firewal', did you mean 'source>firewall'?");
    await expect(askStream(path, 'tap', { link: 'source>firewall', filter: 'tpc' })).rejects.toMatchObject({ problems: [{ code: 'bad-match', place: 'filter' }] });
    const { begin, chunks, stop } = await askStream<unknown, TapSummary>(path, 'tap', { link: 'firewall>rest', filter: 'udp', snapLength: 50 });
    expect(begin).toEqual({ link: 'firewall>rest', format: 'pcapng' });
    const stream = chunks();
    const parts: Buffer[] = [];
    let next = await stream.next();
    for (; next.done !== true; next = await stream.next()) {
      parts.push(next.value);
      if (parts.length === 5) stop();
    }
    const { packets, skipped } = next.value;
    const { comments, received, dropped } = notesIn(Buffer.concat(parts));
    expect(packets).toBeGreaterThan(0);
    expect([comments.length, received, dropped]).toEqual([packets, packets + skipped, skipped]);
    expect(new Set(comments)).toEqual(new Set(['firewall: forward']));
  });

  it('is tapped from the command line', async () => {
    const { path } = (await run(true)).control!;
    expect((await millrace(['tap', path], folder)).stdout).toContain('source>firewall\nfirewall>rest\n');
    const file = join(folder, 'tap.pcapng');
    const { child, ended } = launch(['tap', path, 'firewall>rest', '--snap', '60', '--write', file], folder);
    while (!existsSync(file) || statSync(file).size < 5000) await sleep(5);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([0, '']);
    const { comments, received } = notesIn(readFileSync(file));
    expect(keptIn(file)).toHaveLength(comments.length);
    expect(stderr.replaceAll(',', '')).toContain(`firewall>rest: ${comments.length} packets`);
    expect(received).toBeGreaterThanOrEqual(comments.length);
    const unknown = await millrace(['tap', path, 'firewall>rets'], folder);
    expect([unknown.code, unknown.stdout]).toEqual([1, '']);
    expect(unknown.stderr).toContain("there is no link 'firewall>rets', did you mean 'firewall>rest'?");
  });

  it('ends a tap with its summary and whole blocks, whatever ends it', async () => {
    const { path } = (await run(true)).control!;
    const brokenOff = (stderr: string): number => Number(/firewall>rest: ([\d,]+) packets? until it broke off; how many were skipped is not known\n$/.exec(stderr)?.[1].replaceAll(',', ''));
    // Nobody reads stdout any more: a Ctrl-C in the terminal ends all programs of a pipe at once.
    const unread = launch(['tap', path, 'firewall>rest'], folder);
    unread.child.stdout!.once('data', () => unread.child.stdout!.destroy());
    const { code, stderr } = await unread.ended;
    expect([code, brokenOff(stderr)]).toEqual([141, expect.any(Number)]);
    expect(brokenOff(stderr)).toBeGreaterThan(0);
    // A file that cannot be, and one that gets too long: it ends with a packet that is whole.
    const none = await millrace(['tap', path, 'firewall>rest', '--write', join(folder, 'none/tap.pcapng')], folder);
    expect([none.code, none.stderr, brokenOff(none.stderr)]).toEqual([1, expect.stringMatching(/^error: .*none\/tap.pcapng cannot be written: ENOENT/), 0]);
    const file = join(folder, 'short.pcapng');
    const tooLong = promisify(execFile)('sh', ['-c', `ulimit -f 99; exec "${process.execPath}" "${join(ROOT, 'dist/cli/main.js')}" tap "${path}" 'firewall>rest' --write "${file}"`]);
    const refused = await tooLong.then(() => null, (error: unknown) => error as { code: number; stderr: string });
    expect([refused?.code, refused?.stderr]).toEqual([1, expect.stringMatching(/^error: .*short.pcapng cannot be written: EFBIG/)]);
    const kept = notesIn(readFileSync(file)).comments.length;
    expect([kept, keptIn(file).length]).toEqual([brokenOff(refused!.stderr), kept]);
    expect(kept).toBeGreaterThan(0);
  });

  it('ends a tap with its summary where the instance does not answer, or is gone', async () => {
    const path = join(folder, 'silent.sock');
    const clients: Socket[] = [];
    let isAsked = (): void => undefined;
    const server = createServer({ allowHalfOpen: true }, (client) => {
      clients.push(client.on('error', () => undefined));
      client.once('data', () => { isAsked(); });
    }).listen(path);
    const tapping = async (...flags: string[]): Promise<Running> => {
      const asked = new Promise<void>((resolve) => (isAsked = resolve));
      const running = launch(['tap', path, 'a>b', ...flags], folder);
      await asked;
      return running;
    };
    try {
      // Asked to end before there is anything: it ends as soon as there is.
      const early = await tapping();
      early.child.kill('SIGINT');
      await new Promise((resolve) => early.child.stderr!.once('data', resolve));
      const stopped = new Promise((resolve) => clients[0].once('end', resolve));
      clients[0].write(`${JSON.stringify({ v: 1, id: 1, ok: true, stream: true, result: {} })}\n`);
      await stopped;
      clients[0].end(`\0\0\0\0${JSON.stringify({ v: 1, id: 1, ok: true, result: { packets: 0, skipped: 3 } })}\n`);
      expect(await early.ended).toMatchObject({ code: 0, stdout: '', stderr: expect.stringMatching(/^stopping: .*once more to end at once\na>b: 0 packets, 3 more found no room and were skipped\n$/) as unknown });
      // Once more, and nobody is waited for.
      const twice = await tapping();
      twice.child.kill('SIGTERM');
      await new Promise((resolve) => twice.child.stderr!.once('data', resolve));
      twice.child.kill('SIGTERM');
      expect(await twice.ended).toMatchObject({ code: 143, stderr: expect.stringMatching(/\na>b: 0 packets until it broke off; .*\n$/) as unknown });
      // The instance dies within a chunk.
      const file = join(folder, 'gone.pcapng');
      const gone = await tapping('--write', file);
      // A section, an interface and a packet, then half of a second chunk.
      const capture = readFileSync(join(ROOT, 'examples/office.pcapng')).subarray(0, 148);
      const chunk = Buffer.concat([Buffer.from([0, 0, 0, 148]), capture]);
      clients[2].write(`${JSON.stringify({ v: 1, id: 1, ok: true, stream: true, result: {} })}\n`);
      clients[2].write(Buffer.concat([chunk, chunk.subarray(0, 70)]), () => clients[2].destroy());
      expect(await gone.ended).toMatchObject({ code: 1, stderr: 'error: the instance closed the connection before the stream had ended\na>b: 1 packet until it broke off; how many were skipped is not known\n' });
      expect(readFileSync(file)).toEqual(capture);
    } finally {
      server.close();
      for (const client of clients) client.destroy();
    }
  });

  it('applies a chain file by difference, and says all mistakes of another', async () => {
    const runtime = await run(true);
    const { path } = runtime.control!;
    const yaml = (rules: string): string => `
chains: { edge: [{ firewall: { rules: ${rules} } }] }
ports: { source: { kind: generator, packets: 1000000000000 }, rest: { kind: sink } }
paths: [{ from: source, to: rest, via: edge }]
memory: { slots: 64 }
`;
    const file = join(folder, 'edge.yaml');
    await expect(ask(path, 'apply')).rejects.toThrow('was started from a program');
    writeFileSync(file, yaml('[deny any]'));
    expect(await ask(path, 'apply', { file })).toEqual({ updated: ['firewall'], replaced: [], paths: false, spread: false, file });
    expect((await ask<{ file: string }>(path, 'info')).file).toBe(file);
    const denied = (): number => runtime.counters().drops['firewall-denied'] ?? 0;
    for (let tries = 0; tries < 500 && denied() === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(denied()).toBeGreaterThan(0);
    writeFileSync(file, yaml('[alow any, deny nobody]').replace('slots: 64', 'slots: 128'));
    const refused = ask(path, 'apply', { file, shown: 'edge.yaml' });
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' });
    const { problems } = (await refused.catch((error: unknown) => error)) as ConfigurationError;
    expect(problems).toMatchObject([{ code: 'invalid-option', file: 'edge.yaml', line: 2 }, { code: 'invalid-option', file: 'edge.yaml', line: 2 }]);
    writeFileSync(file, yaml('[allow any]').replace('slots: 64', 'slots: 128'));
    await expect(ask(path, 'apply')).rejects.toMatchObject({ problems: [expect.objectContaining({ code: 'needs-restart', place: 'memory' })] });
    await expect(ask(path, 'apply', { file: 'edge.yaml' })).rejects.toThrow('file: expected an absolute path');
  });

  it('answers requests that come before it stands, and those in one piece, in their order', async () => {
    const path = join(folder, 'own.sock');
    const starting = start(endless(), { control: path });
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 1));
    const answers = exchange(path, '{"v":1,"id":"a","command":"info"}\n\n{"v":1,"id":2,"command":"rates","args":{"overMs":10}}\n{"v":1,"id":3,"command":"info"}\n');
    running.push(await starting);
    expect((await answers).map(({ id, ok }) => [id, ok])).toEqual([['a', true], [2, true], [3, true]]);
    await running[0].stop();
    expect(existsSync(path)).toBe(false);
  });
});

it('nothing is left of a runtime that has stopped: no descriptor, no thread, no socket', async (context) => {
  if (process.platform !== 'linux') context.skip('only Linux says what a process has open');
  const inUse = (): string => `${readdirSync('/proc/self/fd').length} descriptors, ${readdirSync('/proc/self/task').length} threads`;
  const cycle = async (): Promise<void> => {
    const configuration = endless();
    const live = { kind: 'vxlan', vni: 1, remote: '127.0.0.1:9', local: '127.0.0.1:0' } as const;
    const runtime = await start({ ...configuration, ports: { ...configuration.ports, live } }, { control: true, metrics: ':0' });
    await ask(runtime.control!.path, 'stats');
    await (await fetch(`${runtime.metrics!}/metrics`, { headers: { connection: 'close' } })).text();
    await runtime.stop();
    expect(sockets()).toEqual([]);
  };
  await cycle(); // what a process makes once, it has now
  await cycle();
  const before = inUse();
  for (let k = 0; k < 3; k++) await cycle();
  // A thread is gone a moment after it has said so.
  for (let tries = 0; tries < 300 && inUse() !== before; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(inUse()).toBe(before);
});

describe('names', () => {
  it('a name that is taken gets the pid behind it, or is refused where it has to be that one', async () => {
    const all = await Promise.all([1, 2, 3].map(() => run({ name: 'office' })));
    const names = all.map(({ control }) => control!.name);
    expect(names.toSorted()).toEqual(['office', `office-${process.pid}`, `office-${process.pid}-2`]);
    await expect(findInstance(String(process.pid))).rejects.toThrow(/could be office \(pid \d+\) or .*: say it by name/);
    await expect(findInstance('offce')).rejects.toThrow("there is no instance 'offce'; running: office");
    await expect(start(endless(), { control: { name: 'office', nameIsFixed: true } })).rejects.toThrow(`an instance named 'office' is running already, with pid ${process.pid}`);
    await expect(start(endless(), { control: { name: '../x' } })).rejects.toThrow("'../x' is no name of an instance");
    await expect(start(endless(), { control: join(folder, 'x'.repeat(100)) })).rejects.toThrow('at most 103 bytes');
  });

  it('a socket that is left over is removed; one whose process might be about to listen is not', async () => {
    mkdirSync(directory(), { mode: 0o700 });
    const gone = 4_194_305; // above the largest pid that Linux has
    // Plain files refuse connections as sockets do that nobody listens at.
    for (const pid of [gone, process.pid, process.ppid]) writeFileSync(join(directory(), `old.${pid}.sock`), '');
    expect((await run({ name: 'old' })).control!.name).toBe('old');
    expect(sockets().toSorted()).toEqual([`old.${process.pid}.sock`, `old.${process.ppid}.sock`].toSorted());
    rmSync(join(directory(), `old.${process.ppid}.sock`));
  });

  it('a folder that others may enter is refused', async () => {
    mkdirSync(directory());
    chmodSync(directory(), 0o755);
    await expect(start(endless(), { control: true })).rejects.toThrow('nobody else may enter');
  });
});

describe('bad clients', () => {
  it('are told what is wrong, and others are served as before', async () => {
    const { path } = (await run(true)).control!;
    const long = 'x'.repeat(MAX_REQUEST_BYTES);
    for (const [text, code] of [
      ['hello\n', 'bad-request'],
      ['[1]\n', 'bad-request'],
      ['{"v":1,"command":"info"}\n', 'bad-request'],
      ['{"v":2,"id":1,"command":"info"}\n', 'unsupported-version'],
      ['{"v":1,"id":1,"command":"constructor"}\n', 'unknown-command'],
      ['{"v":1,"id":1,"command":"info","args":{"x":1}}\n', 'bad-argument'],
      ['{"v":1,"id":1,"command":"rates","args":{"overMs":1}}\n', 'bad-argument'],
      [`{"v":1,"id":"${long}`, 'request-too-long'],
      [`{"v":1,"id":"${long}","command":"info"}\n`, 'request-too-long'],
    ]) {
      const answers = await exchange(path, text);
      expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error.code)), text.slice(0, 60)).toEqual([code]);
      expect(await ask(path, 'info')).toMatchObject({ pid: process.pid });
    }
  });

  it('more than 32 at a time are told so, and those that vanish do no harm', async () => {
    const { path } = (await run(true)).control!;
    const clients = await Promise.all(Array.from({ length: 32 }, () => new Promise<Socket>((resolve) => { const socket = connect({ path }, () => { resolve(socket); }); })));
    await ask(path, 'info').catch(() => undefined);
    expect(await exchange(path, '', false)).toMatchObject([{ ok: false, error: { code: 'too-many-connections' } }]);
    for (const client of clients) {
      client.write('{"v":1,"id":1,"command":"stats"}\n');
      client.destroy();
    }
    for (let tries = 0; ; tries++) {
      const found = await ask<{ pid: number }>(path, 'info').catch((error: unknown) => error as Error);
      if ('pid' in found) break;
      expect(tries).toBeLessThan(500);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it('one that reads nothing does not keep the instance from ending', async () => {
    const runtime = await run(true);
    const client = connect(runtime.control!.path);
    client.pause();
    client.write('{"v":1,"id":1,"command":"stats"}\n'.repeat(1000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await runtime.stop();
    client.destroy();
  });
});

describe('streams', () => {
  /** Writes chunks until nobody wants more; says how many were left out. */
  const flood = defineCommand({
    arguments: z.strictObject({ chunks: z.int(), bytes: z.int() }),
    async run(_instance, { chunks, bytes }, reply) {
      if (bytes > 1e6) throw new Error('too much');
      const sink = reply.stream({ format: 'test' });
      let skipped = 0;
      for (let k = 0; k < chunks && !sink.signal.aborted; k++) {
        if (!sink.write(new Uint8Array(bytes).fill(k))) skipped++;
        if (k % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      if (bytes === 13) throw new Error('bad luck');
      return { skipped };
    },
  });
  async function open(): Promise<ControlServer> {
    const server = await ControlServer.open({ name: 'streams' }, { flood, ...CONTROL_COMMANDS });
    server.serve({} as Instance); // what a stream of its own does not need
    return server;
  }
  type Begin = { format: string };
  type End = { skipped: number };

  it('bring chunks whole and in order, then what they came to', async () => {
    const server = await open();
    const { begin, chunks } = await askStream<Begin, End>(server.path, 'flood', { chunks: 50, bytes: 1000 });
    expect(begin).toEqual({ format: 'test' });
    const found: Buffer[] = [];
    const reading = chunks();
    let next = await reading.next();
    for (; next.done !== true; next = await reading.next()) found.push(next.value);
    expect(next.value).toEqual({ skipped: 0 });
    expect(found.map((chunk) => [chunk.length, chunk[0], chunk.at(-1)])).toEqual(Array.from({ length: 50 }, (_, k) => [1000, k, k]));
    const failing = (await askStream<Begin, End>(server.path, 'flood', { chunks: 1, bytes: 13 })).chunks();
    expect((await failing.next()).value).toHaveLength(13);
    await expect(failing.next()).rejects.toThrow('bad luck');
    await expect(askStream(server.path, 'flood', { chunks: 1, bytes: 1e7 })).rejects.toThrow('too much');
    await server.close();
  });

  it('a reader that is behind misses whole chunks, and is told how many; it can stop when it likes', async () => {
    const server = await open();
    const slow = await askStream<Begin, End>(server.path, 'flood', { chunks: 2000, bytes: 100_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const reading = slow.chunks();
    let read = 0;
    let next = await reading.next();
    for (; next.done !== true; next = await reading.next()) read++;
    expect(next.value.skipped).toBeGreaterThan(0);
    expect(read + next.value.skipped).toBe(2000);
    const endless = await askStream<Begin, End>(server.path, 'flood', { chunks: 1e9, bytes: 100 });
    const taken = endless.chunks();
    await taken.next();
    endless.stop();
    for (next = await taken.next(); next.done !== true;) next = await taken.next();
    expect(next.value).toHaveProperty('skipped');
    const left = (await askStream<Begin, End>(server.path, 'flood', { chunks: 1e9, bytes: 100 })).chunks();
    await left.next();
    await server.close(); // ends what is still being read
    for (next = await left.next(); next.done !== true;) next = await left.next();
  });
});

it('the page lists the commands and error codes that there are', () => {
  const page = read('src/runtime/control/README.md');
  expect([...page.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].filter(([, code]) => Object.hasOwn(CONTROL_ERRORS, code)).map(([, code, why]) => [code, why])).toEqual(Object.entries(CONTROL_ERRORS));
  expect(Object.keys(CONTROL_COMMANDS).filter((name) => !page.includes(`\n| \`${name}\` | `))).toEqual([]);
});
