import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Results } from '../../bench/results.js';

const millrace = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [millrace, 'bench', ...args]);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
});
afterAll(async () => rm(folder, { recursive: true }));

describe('millrace bench --quick', () => {
  it('measures, checks each run, and writes JSON, CSV and a page', async () => {
    const [json, csv, html] = ['results.json', 'samples.csv', 'report.html'].map((name) => join(folder, name));
    const { stdout } = await run('--quick', '--case', 'flows', '--flows', '64,256', '--repetitions', '2', '--milliseconds', '20', '--json', json, '--csv', csv, '--html', html);
    expect(stdout).toMatch(/^millrace +zero-copy/m);
    expect(stdout).toContain('A quick run');

    const results = JSON.parse(await readFile(json, 'utf8')) as Results;
    expect(results.failures).toEqual([]);
    expect(results.environment).toMatchObject({ node: process.versions.node, v8: process.versions.v8 });
    const chains = results.cases.filter(({ way }) => way === 'millrace');
    expect(chains.map(({ flows, summary }) => [flows, summary.count])).toEqual([[64, 2], [256, 2]]);

    const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    const columns = rows[0].split(',');
    expect(columns).toEqual(expect.arrayContaining(['case', 'mode', 'routing', 'placement', 'replicas', 'wakeUp', 'bytes', 'repetition', 'cpu', 'commit', 'seed']));
    const hashes = rows.filter((row) => row.includes('millrace')).map((row) => row.split(',')[columns.indexOf('payloadHash')]);
    expect(hashes).toHaveLength(4);
    for (const hash of hashes) expect(hash).toMatch(/^[\da-f]{16}$/);
    expect(await readFile(html, 'utf8')).toContain('<svg');
    expect((await run('--compare', csv, csv)).stdout).toContain('too few samples');
  });

  it('says each reading of a soak when it is made, and keeps those of a run that is ended early', async () => {
    const [json, csv] = ['soak.json', 'soak.csv'].map((name) => join(folder, name));
    const child = spawn(process.execPath, [millrace, 'bench', '--quick', '--case', 'soak', '--functions', '--json', json, '--csv', csv], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // Once: the second one would end it at once.
      if (said.includes('ns a packet') && !child.killed) child.kill('SIGINT');
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const [code] = (await once(child, 'close')) as [number | null];
    expect(said).toMatch(/^soak, \d{4}-\d\d-\d\dT[^ ]+, [\d.]+ min: [\d.]+ ns a packet, .* MB resident, \d+ packets/m);
    expect(said).toContain('ends early');
    expect(code).toBe(0);
    expect(shown).toContain('Ended early');
    const { environment, cases } = JSON.parse(await readFile(json, 'utf8')) as Results;
    expect(environment.endedEarly).toBe(true);
    expect(cases.slice(0, 2).map(({ metric, touch }) => [metric, touch])).toEqual(['time over minutes', 'resident memory'].map((metric) => [metric, 'firewall, NAT, DPI']));
    const [head, first] = (await readFile(csv, 'utf8')).split('\n');
    expect(head).toMatch(/,endedEarly,/);
    expect(first).toMatch(/,yes,quick,1$/);
  });

  it('says what there is', async () => {
    const { stdout } = await run('--list');
    for (const name of ['ring', 'hop', 'chain', 'full', 'real', 'flows', 'ndr', 'latency', 'idle', 'soak']) expect(stdout).toMatch(new RegExp(`^${name} `, 'm'));
  });

  it('refuses what it does not know, before anything is measured', async () => {
    await expect(run('--case', 'mega')).rejects.toMatchObject({ stderr: expect.stringContaining('--case mega: there is no such case; there are ring, hop, chain') as string });
    await expect(run('--sizes', '64,12')).rejects.toMatchObject({ code: 2 });
    await expect(run('--repetitions', '0')).rejects.toMatchObject({ code: 2 });
    await expect(run('--compare', join(folder, 'samples.csv'))).rejects.toMatchObject({ stderr: expect.stringContaining('two files are compared') as string });
  });
});
