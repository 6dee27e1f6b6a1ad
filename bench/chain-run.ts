/** A chain of benchmark functions through the runtime as users have it, between a source and a sink. */
import type { Report } from '../src/runtime/report.js';
import { chainConfiguration, columnsOf, type ChainFactors } from './configure.js';
import { Cell, newPanel } from './ports/panel.js';
import type { Pace } from './ports/port-options.js';
import { agreedHash, benchPort, runToEnd, windowOf } from './runtime-run.js';
import { InvalidMeasurement, type Measured } from './sample.js';
import type { BenchSettings } from './settings.js';
import type { Way } from './way.js';

/** Packets of the run that compares payloads: every slot is used more than once. */
const COMPARED = 6144;

export interface ChainRun {
  readonly panel: Float64Array;
  readonly report: Report;
}

export async function runChain(
  factors: ChainFactors, pace: Pace, { seed, hash = false, latency = false }: { seed: number; hash?: boolean; latency?: boolean },
): Promise<ChainRun> {
  const panel = newPanel();
  const shared = { panel: panel.buffer as SharedArrayBuffer, hash };
  const { bytes, flows } = factors;
  const report = await runToEnd(chainConfiguration(factors, {
    in: benchPort({ role: 'source', bytes, flows, seed, ...pace, ...shared }),
    out: benchPort({ role: 'sink', latency, ...shared }),
  }));
  verifyChain(report, panel, factors);
  return { panel, report };
}

export async function compareChain(factors: ChainFactors, seed: number): Promise<string> {
  const pace = { warmUpMs: 0, measuredMs: 3_600_000, warmUpPackets: 0, leastPackets: 0, offered: null, packets: COMPARED };
  const { panel } = await runChain(factors, pace, { seed, hash: true });
  return agreedHash(panel);
}

/** @throws InvalidMeasurement that says everything that is not as it should be. */
export function verifyChain(report: Pick<Report, 'ports' | 'vms' | 'bytesCopied' | 'drops'>, panel: Float64Array, { mode, bytes, vms, placement }: Pick<ChainFactors, 'mode' | 'bytes' | 'vms' | 'placement'>): void {
  const wrong: string[] = [];
  const expect = (what: string, found: number, expected: number): void => {
    if (found !== expected) wrong.push(`${what}: expected ${expected}, found ${found}`);
  };
  const packets = panel[Cell.received];
  expect('packets received', report.ports.in.received, packets);
  expect('packets transmitted', report.ports.out.transmitted, packets);
  expect('packets at egress', panel[Cell.transmitted], packets);
  expect('bytes transmitted', panel[Cell.transmittedBytes], packets * bytes);
  expect('sum of sequence numbers', panel[Cell.sequenceOut], panel[Cell.sequenceIn]);
  // Copies are made where a packet enters and leaves a VM, however many functions that runs.
  const copying = placement === 'per-vm' ? vms : 1;
  // Replicas share a chain's packets; together each function of the chain has seen all of them.
  expect('packets returned by all VMs', report.vms.reduce((sum, vm) => sum + vm.returned, 0), packets * vms);
  expect('bytes copied', report.bytesCopied, mode === 'copy' ? 2 * copying * packets * bytes : 0);
  if (Object.keys(report.drops).length > 0) wrong.push(`drops: ${JSON.stringify(report.drops)}`);
  if (wrong.length > 0) throw new InvalidMeasurement(wrong.join('; '));
}

type Lengths = Pick<BenchSettings, 'warmUpMs' | 'measuredMs' | 'warmUpPackets' | 'leastPackets'>;

export function closedLoop({ warmUpMs, measuredMs, warmUpPackets, leastPackets }: Lengths, atLeast = 0): Pace {
  return { warmUpMs, measuredMs, warmUpPackets: Math.max(atLeast, warmUpPackets), leastPackets, offered: null, packets: null };
}

/** Throughput: nanoseconds a packet, as fast as slots come back. */
export function chainWay(factors: ChainFactors, settings: BenchSettings, warmUpPackets = 0): Way {
  return {
    way: 'millrace',
    factors: columnsOf(factors),
    compare: () => compareChain(factors, settings.seed),
    measure: async () => {
      const { panel, report } = await runChain(factors, closedLoop(settings, warmUpPackets), settings);
      const window = windowOf(panel);
      const time: Measured = { metric: 'time', unit: 'ns', value: (window.seconds * 1e9) / window.packets, ...window, bytesCopied: report.bytesCopied };
      return [time];
    },
  };
}
