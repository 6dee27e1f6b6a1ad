/**
 * Network namespaces, joined by virtual cables, with programs in them; everything is gone afterwards. Needs root; tests skip
 * themselves, saying so, where that or a program is missing.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from 'millrace';
import { ROOT } from '../tidy/source-files.js';

/** Whether tests in namespaces can run here. */
export function canUseNamespaces(...programs: readonly string[]): boolean {
  const missing = ['ip', ...programs].filter((program) => !has(program));
  const problem = process.platform !== 'linux' || process.getuid?.() !== 0 ? 'this needs root on Linux' : missing.length > 0 ? `there is no ${missing.join(', ')}` : null;
  if (problem === null) return true;
  console.warn(`skipped: ${problem}`);
  return false;
}

function has(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], env: Record<string, string>) {
    this.child = spawn(command, args, { cwd: ROOT, env: { ...process.env, NO_COLOR: '1', ...env } });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.child.once('close', (code) => { resolve({ code, stdout: this.stdout, stderr: this.stderr }); }));
  }

  /** Waits until the program has printed it. */
  async says(pattern: RegExp): Promise<void> {
    for (const until = Date.now() + 20_000; Date.now() < until; ) {
      if (pattern.test(this.stdout + this.stderr)) return;
      if (this.child.exitCode !== null) break;
      await pause(20);
    }
    throw new Error(`it did not say ${String(pattern)}: ${this.stdout}${this.stderr}`);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-live-'));
  readonly #prefix = `mr${process.pid}-`;
  readonly #namespaces: string[] = [];
  readonly #programs: Program[] = [];

  namespace(name: string): string {
    const full = `${this.#prefix}${name}`;
    ip('netns', 'add', full);
    this.#namespaces.push(full);
    this.run(name, 'ip', 'link', 'set', 'lo', 'up');
    return full;
  }

  full(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** A cable between an interface of one namespace and one of another, both up. */
  cable([left, leftInterface]: readonly [string, string], [right, rightInterface]: readonly [string, string]): void {
    ip('link', 'add', leftInterface, 'netns', this.full(left), 'type', 'veth', 'peer', 'name', rightInterface, 'netns', this.full(right));
    this.run(left, 'ip', 'link', 'set', leftInterface, 'up');
    this.run(right, 'ip', 'link', 'set', rightInterface, 'up');
    this.#carries(left, leftInterface);
    this.#carries(right, rightInterface);
  }

  /** Waits until an interface is up in deed: the kernel takes a moment after it was told. */
  #carries(name: string, device: string): void {
    for (let tries = 0; tries < 250; tries++) {
      if (/^\S+\s+UP\b/m.test(this.run(name, 'ip', '-br', 'link', 'show', 'dev', device))) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    throw new Error(`${device} in ${name} does not come up`);
  }

  address(name: string, device: string, ...addresses: readonly string[]): void {
    for (const each of addresses) this.run(name, 'ip', 'addr', 'add', each, 'dev', device, ...(each.includes(':') ? ['nodad'] : []));
  }

  /** Runs a program to its end. @throws when it fails. */
  run(name: string, ...command: readonly string[]): string {
    return execFileSync('ip', ['netns', 'exec', this.full(name), ...command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, maxBuffer: 1 << 26 });
  }

  start(name: string, ...command: readonly string[]): Program {
    const program = new Program('ip', ['netns', 'exec', this.full(name), ...command], { XDG_RUNTIME_DIR: this.folder });
    this.#programs.push(program);
    return program;
  }

  /** Runs a program to its end without blocking this process. */
  async finish(name: string, ...command: readonly string[]): Promise<Ended> {
    return this.start(name, ...command).ended;
  }

  /** What ping says: it waits for the last answer no longer than two round trips, and a busy machine may take longer, so it has several tries. */
  async pings(name: string, ...args: readonly string[]): Promise<string> {
    let stdout = '';
    for (let tries = 0; tries < 8 && !stdout.includes(' 0% packet loss'); tries++) {
      ({ stdout } = await this.finish(name, 'ping', '-i', '0.05', '-W', '8', ...args));
    }
    return stdout;
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** `millrace run` on a chain file, once packets flow. */
  async millrace(name: string, yaml: string, ...flags: readonly string[]): Promise<Program> {
    const program = this.start(name, process.execPath, 'dist/cli/main.js', 'run', this.write(`${name}.yaml`, yaml), ...flags);
    await program.says(/running:/);
    return program;
  }

  /** Checksum errors that a host has seen. */
  checksumErrors(name: string): number {
    const text = this.run(name, 'nstat', '-asz', 'TcpInCsumErrors', 'UdpInCsumErrors', 'Udp6InCsumErrors', 'IcmpInCsumErrors', 'Icmp6InCsumErrors', 'IpInHdrErrors');
    return [...text.matchAll(/^\w+\s+(\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async close(): Promise<void> {
    for (const program of this.#programs) if (program.child.exitCode === null) program.signal('SIGKILL');
    for (const full of this.#namespaces.splice(0)) {
      for (const pid of ip('netns', 'pids', full).split('\n').filter((each) => each !== '')) process.kill(Number(pid), 'SIGKILL');
      ip('netns', 'del', full);
    }
    await pause(0);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}

/** The report of a run that was told to stop, with the books checked. */
export async function reportOf(program: Program): Promise<Report> {
  program.signal('SIGTERM');
  const { code, stdout, stderr } = await program.ended;
  assert.equal(code, 0, stderr + stdout);
  const report = JSON.parse(stdout) as Report;
  assert.equal(report.error, undefined);
  assert.deepEqual([report.ledger.balanced, report.ledger.inFlight], [true, 0], JSON.stringify(report.ports));
  return report;
}

/** What a process has open. */
export function descriptorsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((each) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${each}`);
    } catch {
      return '';
    }
  });
}
