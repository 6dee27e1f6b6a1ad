/** DPDK's own measurement of its ring, where the program is installed: what others quote. Without huge pages and devices. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { InvalidMeasurement, NotHere, type Measured } from '../sample.js';
import type { Way } from '../way.js';

/** Without huge pages it has its old way with memory, which excludes `--in-memory`. */
const ARGUMENTS = ['--no-huge', '-m', '512', '-l', '0,1', '--no-telemetry', '--no-pci', '--no-shconf'];
const PATIENCE_MS = 120_000;

/** Cycles a second of the time stamp counter, as Linux found it. @throws NotHere where it does not say. */
export function cyclesPerSecond(cpuinfo: string): number {
  const found = /^cpu MHz\s*:\s*([\d.]+)/m.exec(cpuinfo);
  if (found === null) throw new NotHere('the frequency of the time stamp counter is not known here');
  return Number(found[1]) * 1e6;
}

/** Cycles that an element takes between two cores, by burst: single producer and consumer, elements of 8 B. */
export function parseRingPerf(text: string): Map<number, number> {
  const section = /### Testing using two (?:physical cores|NUMA nodes|hyperthreads) ###\n((?:(?!###)[^\n]*\n)*)/.exec(text)?.[1] ?? '';
  return new Map([...section.matchAll(/legacy APIs: SP\/SC: bulk \(size: (\d+)\): ([\d.]+)/g)].map(([, size, cycles]) => [Number(size), Number(cycles)]));
}

async function ringPerf(): Promise<Map<number, number>> {
  const child = spawn('dpdk-test', ARGUMENTS, { stdio: ['pipe', 'pipe', 'ignore'] });
  let text = '';
  const late = setTimeout(() => child.kill(), PATIENCE_MS);
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    // It ends at the end of its input, also in the middle of a test: so that is kept open until it is done.
    if (/^Test (OK|Failed)/m.test(text)) child.stdin.end('quit\n');
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write('ring_perf_autotest\n');
  await new Promise<void>((resolve, reject) => {
    child.once('error', () => { reject(new NotHere('dpdk-test is not installed (Debian: dpdk-dev)')); });
    child.once('close', () => { resolve(); });
  }).finally(() => { clearTimeout(late); });
  const found = parseRingPerf(text);
  if (found.size === 0) throw new InvalidMeasurement(`dpdk-test said nothing of two cores: ${text.slice(-200)}`);
  return found;
}

/** One run of it tells of both sizes, and takes half a minute: fewer repetitions. */
export function dpdkTestWays(repetitions: number): Way[] {
  let last: Promise<Map<number, number>> | null = null;
  return [8, 32].map((burst, at): Way => ({
    way: 'dpdk-test',
    factors: { burst, threads: 2 },
    repetitions,
    measure: async () => {
      if (at === 0 || last === null) last = ringPerf();
      const cycles = (await last).get(burst);
      if (cycles === undefined) throw new InvalidMeasurement(`dpdk-test said nothing of bursts of ${burst}`);
      const time: Measured = { metric: 'time', unit: 'ns', value: (cycles / cyclesPerSecond(readFileSync('/proc/cpuinfo', 'utf8'))) * 1e9, packets: null, seconds: null };
      return [time];
    },
  }));
}
