/** Runs the built command: as a shell does, or in this process. `npm test` builds it first. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { runProgram as runsProgram } from '../../src/cli/program.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PROGRAM = new URL('../../dist/cli/program.js', import.meta.url).href;
export const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export function launch(args: readonly string[], cwd: string, env: Record<string, string> = {}): Running {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...inherited, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => { resolve({ code, signal, stdout, stderr }); });
  });
  return { child, ended };
}

export async function millrace(args: readonly string[], cwd: string, env?: Record<string, string>): Promise<Ended> {
  return launch(args, cwd, env).ended;
}

/**
 * Runs the built command in this process, with streams of its own: most commands take less time than Node takes to start. What
 * is about the process itself needs one: signals, what a run writes to `-`, exit codes as a shell sees them.
 */
export async function command(args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Pick<Ended, 'code' | 'stdout' | 'stderr'>> {
  const { runProgram } = (await import(PROGRAM)) as { runProgram: typeof runsProgram };
  let stdout = '';
  let stderr = '';
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await runProgram(args, { stdout: { write: (text) => (stdout += text) }, stderr: { write: (text) => (stderr += text) }, env });
    return { code, stdout, stderr };
  } finally {
    process.chdir(before);
  }
}

/** A file that a run writes is there once packets flow. */
export async function appears(file: string): Promise<void> {
  while (!existsSync(file)) await sleep(5);
}
