/** One hop between two worker threads: a value goes from one to the other by a ring, in bursts. */
import { allocateControl } from '../../src/memory/control-memory.js';
import { ringBytes } from '../../src/ring/ring-layout.js';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { compile } from '../native/compile.js';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import { SLOTS } from '../settings.js';
import type { Way } from '../way.js';
import type { RingResult, RingTask } from './ring-thread.js';

const THREAD = new URL('../bench/rings/ring-thread.js', import.meta.url);
const run = promisify(execFile);
/** Values of a run: some tens of milliseconds. */
const valuesFor = (burst: number, quick: boolean): number => (burst === 1 ? 1_200_000 : 6_000_000) / (quick ? 10 : 1);

async function storageFor(kind: RingTask['kind']): Promise<SharedArrayBuffer> {
  if (kind === 'millrace') return allocateControl(ringBytes(SLOTS));
  const found = await import('ringbuf.js').catch(() => null);
  if (found === null) throw new NotHere('the package ringbuf.js is not installed (a development dependency)');
  return found.RingBuffer.getStorageForCapacity(SLOTS, Uint32Array);
}

async function hop(kind: RingTask['kind'], burst: number, quick: boolean): Promise<Measured> {
  const values = valuesFor(burst, quick);
  const buffer = await storageFor(kind);
  const start = (end: RingTask['end']): Worker =>
    new Worker(THREAD, { workerData: { kind, end, buffer, spec: { offset: 0, capacity: SLOTS }, burst, values } satisfies RingTask });
  const workers = [start('take'), start('put')];
  try {
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const result = once(workers[0], 'message');
    for (const worker of workers) worker.postMessage('go');
    const [{ packets, seconds, sum }] = (await result) as [RingResult];
    // Each addition is exact below 2^53: 6 million values come to 1.8e13.
    if (sum !== (values * (values - 1)) / 2) throw new InvalidMeasurement(`the values add up to ${sum}, expected ${(values * (values - 1)) / 2}`);
    return { metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Where DPDK's headers are, its ring between the same two threads; else the reference's own ring. */
async function nativeHop(program: string, burst: number, quick: boolean): Promise<Measured> {
  const { stdout } = await run(program, [burst, SLOTS, valuesFor(burst, quick)].map(String));
  const found = /^packets (\d+) seconds ([\d.]+) wrong (\d+)$/m.exec(stdout);
  if (found === null || found[3] !== '0') throw new InvalidMeasurement(`the ring in C said: ${stdout.slice(0, 200)}`);
  const [packets, seconds] = [Number(found[1]), Number(found[2])];
  return { metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds };
}

async function rteRing(): Promise<string> {
  const flags = await run('pkg-config', ['--cflags', '--libs-only-L', 'libdpdk']).catch(() => null);
  if (flags === null) throw new NotHere('DPDK\'s headers are not installed (Debian: libdpdk-dev)');
  return compile('ring', ['-DRTE_RING', '-DALLOW_EXPERIMENTAL_API', ...flags.stdout.split(/\s+/).filter((flag) => flag.startsWith('-I') || flag.startsWith('-L') || flag.startsWith('-include') || flag.endsWith('.h')), '-lrte_ring', '-lrte_eal'], 'rte-ring');
}

export function hopWays(burst: number, quick: boolean): Way[] {
  const factors = { burst, slots: SLOTS, threads: 2 };
  return [
    { way: 'millrace', factors, measure: async () => [await hop('millrace', burst, quick)] },
    { way: 'ringbuf.js', factors, measure: async () => [await hop('ringbuf.js', burst, quick)] },
    { way: 'c', factors, measure: async () => [await nativeHop(compile('ring'), burst, quick)] },
    { way: 'rte_ring', factors, measure: async () => [await nativeHop(await rteRing(), burst, quick)] },
  ];
}
