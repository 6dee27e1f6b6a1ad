/** The built command as a process: exit codes and streams. Needs `npm run build`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/runtime/report.js';

const BINARY = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const OFFICE = fileURLToPath(new URL('../../examples/office.yaml', import.meta.url));
const CAPTURE = fileURLToPath(new URL('../../examples/office.pcapng', import.meta.url));

const built = existsSync(BINARY);
if (!built) console.warn('skipped: dist/ is not built');

const cwd = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
afterAll(() => rmSync(cwd, { recursive: true }));

function millrace(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args], { cwd, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe.runIf(built)('millrace', () => {
  test('demo --json runs the example: one document, a balanced ledger, no copies, two captures', () => {
    const { status, stdout, stderr } = millrace('demo', '--json');
    const report = JSON.parse(stdout) as Report;
    expect(report.ledger.balanced).toBe(true);
    expect(report.bytesCopied).toBe(0);
    expect([stderr, status]).toEqual(['', 0]);
    expect([existsSync(join(cwd, 'out/inside.pcapng')), existsSync(join(cwd, 'out/outside.pcapng'))]).toEqual([true, true]);
  });

  test('run with overrides, as a table', () => {
    const { status, stdout } = millrace('run', OFFICE, '--capture', `trace=${CAPTURE}`, '--write', 'inside=i.pcapng', '--write', 'outside=o.pcap');
    expect(stdout).toContain('balanced');
    expect([existsSync(join(cwd, 'i.pcapng')), existsSync(join(cwd, 'o.pcap'))]).toEqual([true, true]);
    expect(stdout).not.toContain('\u001b');
    expect(status).toBe(0);
  });

  test('inspect says what is in a capture', () => {
    const { status, stdout } = millrace('inspect', CAPTURE, '--json');
    const { flows = [], protocols } = JSON.parse(stdout) as Report;
    expect(flows.length).toBeGreaterThan(50);
    expect(Object.keys(protocols)).toEqual(expect.arrayContaining(['HTTP', 'TLS', 'DNS', 'SSH']));
    expect(status).toBe(0);
  });

  test('bad use and bad configurations exit 2', () => {
    expect(millrace('run').status).toBe(2);
    expect(millrace('fly').status).toBe(2);
    expect(millrace().status).toBe(2);
    expect(millrace('check', 'none.yaml').status).toBe(2);
    const missing = millrace('inspect', 'none.pcap');
    expect(missing.stderr).toContain('none.pcap');
    expect([missing.stdout, missing.status]).toEqual(['', 2]);
    expect(millrace('--help').status).toBe(0);
  });
});
