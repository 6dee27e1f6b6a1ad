/** What a number depends on beside the code: recorded with every run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Environment {
  readonly date: string;
  readonly cpu: string;
  /** Cores that the machine has, and that this process may use. */
  readonly cores: number;
  readonly availableCores: number;
  /** Cores' worth of time that the control group allows; null without a limit, or where it cannot be read. */
  readonly quotaCores: number | null;
  readonly governor: string | null;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  /** Of the last minute, before the first measurement: what others were doing. */
  readonly loadBefore: number;
  /** Of the repository, with `+` when it had changes; null where there is none. */
  readonly commit: string | null;
  readonly version: string;
  /** Of Node, from the command line and NODE_OPTIONS; null without any. */
  readonly flags: string | null;
  /** First line of what the C compiler says of itself; null where there is none. */
  readonly compiler: string | null;
}

const ROOT = new URL('../../', import.meta.url);

function readText(path: string | URL): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

/** Reads `cpu.max` of version 2, such as `150000 100000`, or the two files of version 1. */
export function parseQuota(maximum: string | null, quota: string | null = null, period: string | null = null): number | null {
  const [used, per] = maximum === null ? [quota, period] : maximum.split(' ');
  const cores = Number(used) / Number(per);
  return Number.isFinite(cores) && cores > 0 ? cores : null;
}

/** Of this process's control group and those above it, the least that one allows. */
function readQuota(): number | null {
  const own = /^0::(\/.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const above = own.split('/').filter((name) => name !== '').map((_, depth, names) => `/${names.slice(0, depth + 1).join('/')}`);
  const quotas = ['', ...above].map((group) => parseQuota(readText(`/sys/fs/cgroup${group}/cpu.max`), readText('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'), readText('/sys/fs/cgroup/cpu/cpu.cfs_period_us')));
  const limits = quotas.filter((quota) => quota !== null);
  return limits.length === 0 ? null : Math.min(...limits);
}

/** The first that bench/native/compile.ts tries. */
const COMPILER = 'cc';

function compiler(): string | null {
  try {
    return execFileSync(COMPILER, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return null;
  }
}

function git(...args: string[]): string | null {
  try {
    return execFileSync('git', args, { cwd: fileURLToPath(ROOT), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** Null in an installed package, also when that lies inside of somebody else's repository. */
function commit(): string | null {
  if (git('rev-parse', '--show-prefix') !== '') return null;
  const head = git('rev-parse', '--short=12', 'HEAD');
  return head === null ? null : head + (git('status', '--porcelain') === '' ? '' : '+');
}

export function readEnvironment(): Environment {
  const processors = cpus();
  const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string };
  return {
    date: new Date().toISOString(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    availableCores: availableParallelism(),
    quotaCores: readQuota(),
    governor: readText('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    loadBefore: loadavg()[0],
    commit: commit(),
    version,
    flags: [...process.execArgv, process.env.NODE_OPTIONS ?? ''].filter((flag) => flag !== '').join(' ') || null,
    compiler: compiler(),
  };
}
