/** Full load for minutes: does a packet cost more, or does memory grow? Only when it is asked for. */
import { closedLoop, verifyChain } from '../chain-run.js';
import { BASE, chainConfiguration, columnsOf } from '../configure.js';
import { newPanel } from '../ports/panel.js';
import { benchPort, windowOf } from '../runtime-run.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group, Way } from '../way.js';
import { start } from '../../src/runtime/start.js';
import { setTimeout as pause } from 'node:timers/promises';

const READINGS = 12;
const BYTES_A_MB = 1e6;

async function soak(settings: BenchSettings, mode: 'zero-copy' | 'copy'): Promise<Measured[]> {
  const factors = { ...BASE, mode };
  const panel = newPanel();
  const shared = { panel: panel.buffer as SharedArrayBuffer, hash: false };
  const measuredMs = settings.soakMinutes * 60_000;
  const runtime = await start(chainConfiguration(factors, {
    in: benchPort({ role: 'source', bytes: factors.bytes, flows: factors.flows, seed: settings.seed, ...closedLoop({ ...settings, measuredMs }), ...shared }),
    out: benchPort({ role: 'sink', latency: false, ...shared }),
  }));
  const readings: Measured[] = [];
  let over = false;
  void runtime.finished.finally(() => (over = true)).catch(() => undefined);
  await pause(settings.warmUpMs);
  let last = { at: performance.now(), packets: runtime.stats().ports.out.transmitted };
  while (!over && readings.length < 2 * READINGS) {
    await pause(measuredMs / READINGS);
    const now = { at: performance.now(), packets: runtime.stats().ports.out.transmitted };
    const [packets, seconds] = [now.packets - last.packets, (now.at - last.at) / 1000];
    if (over || packets <= 0) break;
    readings.push(
      { metric: 'time over minutes', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds },
      { metric: 'resident memory', unit: 'MB', value: process.memoryUsage().rss / BYTES_A_MB, packets, seconds },
    );
    last = now;
  }
  const report = await runtime.finished;
  if (report.error !== undefined || !report.ledger.balanced) throw new InvalidMeasurement(`the run failed, or its ledger is not balanced: ${report.error?.message ?? ''}`);
  verifyChain(report, panel, factors);
  const window = windowOf(panel);
  const memory = readings.filter(({ metric }) => metric === 'resident memory').map(({ value }) => value);
  // The first reading still has V8's heaps growing to their size.
  return [...readings, { metric: 'memory growth', unit: 'MB', value: (memory.at(-1) ?? NaN) - (memory[1] ?? memory[0] ?? NaN), ...window, bytesCopied: report.bytesCopied }];
}

function groups(settings: BenchSettings): Group[] {
  const way: Way = { way: 'millrace', factors: columnsOf(BASE), repetitions: 1, measure: (repetition) => (repetition === 0 ? [] : soak(settings, 'zero-copy')) };
  return [{ name: `${settings.soakMinutes} minutes`, ways: [way] }];
}

export const soakCase: BenchCase = { name: 'soak', says: 'full load for minutes (--minutes): time of a packet and memory as they go', byDefault: false, groups };
