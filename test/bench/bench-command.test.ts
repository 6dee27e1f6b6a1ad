import { execFile } from 'node:child_process';
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
  it('measures every mode, checks each run, and writes JSON and CSV', async () => {
    const [json, csv] = [join(folder, 'results.json'), join(folder, 'samples.csv')];
    const { stdout } = await run('--quick', '--sizes', '64,9000', '--packets', '1000', '--json', json, '--csv', csv);
    expect(stdout).toMatch(/^ring, one thread/m);
    expect(stdout).toContain('A quick run');

    const results = JSON.parse(await readFile(json, 'utf8')) as Results;
    expect(results.failures).toEqual([]);
    expect(results.environment).toMatchObject({ node: process.versions.node, v8: process.versions.v8 });
    const macro = results.samples.filter(({ suite }) => suite === 'macro');
    expect(new Set(macro.map(({ mode, bytes, repetition }) => `${mode} ${bytes ?? 0} ${repetition}`)).size).toBe(5 * 2 * 2);
    expect(macro.every(({ nsPerOperation }) => nsPerOperation > 0)).toBe(true);
    expect(macro.find(({ mode, bytes }) => mode === 'zero-copy' && bytes === 9000)).toMatchObject({ bytesCopied: 0, slotBytes: 16384 });
    expect(macro.find(({ mode, bytes }) => mode === 'copy' && bytes === 9000)).toMatchObject({ bytesCopied: 2 * 3 * 1500 * 9000 });
    const hashes = (size: number) => new Set(macro.filter(({ mode, bytes }) => mode !== 'alone' && bytes === size).map(({ payloadHash }) => payloadHash));
    // The same packets for every way, so the same hash; others for another size.
    expect([hashes(64).size, hashes(9000).size, new Set([...hashes(64), ...hashes(9000)]).size]).toEqual([1, 1, 2]);
    expect(results.ratios.map(({ bytes, baseline }) => `${bytes} ${baseline}`)).toEqual(
      ['64 copy', '64 clone', '64 transfer', '9000 copy', '9000 clone', '9000 transfer']);

    const rows = (await readFile(csv, 'utf8')).trimEnd().split('\n');
    expect(rows).toHaveLength(1 + results.samples.length);
    expect(rows[0].split(',')).toEqual(expect.arrayContaining(['suite', 'mode', 'bytes', 'repetition', 'nsPerOperation', 'cpu', 'commit', 'seed']));
  });

  it('refuses what it does not know, before anything is measured', async () => {
    await expect(run('--case', 'mega')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('micro or macro') as string });
    await expect(run('--sizes', '64,12')).rejects.toMatchObject({ code: 2 });
    await expect(run('--repetitions', '0')).rejects.toMatchObject({ code: 2 });
  });
});
