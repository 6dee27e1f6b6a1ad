/** A directory with a capture in it, and a configuration that is right: each test makes one thing wrong. */
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfiguration, type CheckResult } from '../../src/runtime/check.js';
import type { FunctionModules } from '../../src/runtime/functions.js';
import { formatProblem } from '../../src/runtime/problems.js';
import { parseConfiguration } from '../../src/runtime/yaml.js';

/** Header of a little-endian microsecond pcap of Ethernet, without packets. */
const EMPTY_PCAP = Uint8Array.from([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0]);

export const GUARD = fileURLToPath(new URL('./functions/ttl-guard.ts', import.meta.url));

/** Stock functions for tests: one, under the name `guard`'s definition has. */
export const functions: FunctionModules = { 'ttl-guard': () => import('./functions/ttl-guard.js') };

/** A directory with `office.pcap`, an empty capture, and `notes.txt`, which is none. */
export function directory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-')));
  writeFileSync(join(path, 'office.pcap'), EMPTY_PCAP);
  writeFileSync(join(path, 'notes.txt'), 'no capture\n');
  return path;
}

/** A configuration that a test may make wrong, in ways that its type would not let pass. */
export interface Draft {
  captures: Record<string, Record<string, unknown>>;
  ports: Record<string, Record<string, unknown>>;
  chains: Record<string, Record<string, Record<string, unknown>>[]>;
  paths: { between: string[]; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** A fresh copy of a configuration without a mistake. */
export function right(): Draft {
  return {
    captures: { trace: { file: 'office.pcap', inside: ['10.0.0.0/8', 'fd00::/8'] } },
    ports: { inside: { capture: 'trace', side: 'inside', write: 'in.pcapng' }, outside: { capture: 'trace', side: 'outside' } },
    chains: { edge: [{ 'ttl-guard': { minimum: 1 } }] },
    paths: [{ between: ['inside', 'outside'], match: 'ip', via: 'edge' }],
  };
}

export async function check(configuration: unknown, baseDirectory: string): Promise<CheckResult> {
  return checkConfiguration(configuration, { baseDirectory, functions });
}

/** What is wrong with a configuration, as a user reads it. The directory is shown as DIR. */
export async function problemsOf(configuration: unknown, baseDirectory: string): Promise<string[]> {
  const result = await check(configuration, baseDirectory);
  return 'problems' in result ? result.problems.map((problem) => formatProblem(problem).replaceAll(baseDirectory, 'DIR')) : [];
}

/** The same through YAML, as `chain.yaml`. */
export async function checkYaml(text: string, baseDirectory: string, stock = functions): Promise<CheckResult> {
  const { document, source } = parseConfiguration(text, 'chain.yaml');
  return checkConfiguration(document, { baseDirectory, source, functions: stock });
}
