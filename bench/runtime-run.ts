/** Runs a configuration whose ports are those of the benchmarks, and checks what came of it. */
import type { Configuration, ModulePortSpec } from '../src/runtime/configuration.js';
import type { Report } from '../src/runtime/report.js';
import { start } from '../src/runtime/start.js';
import { requireTaken } from './configure.js';
import { digestOf } from './payload.js';
import { Cell } from './ports/panel.js';
import type { BenchPortOptions } from './ports/port-options.js';
import { InvalidMeasurement, type Measured } from './sample.js';

const MODULE = new URL('../bench/ports/bench-port.js', import.meta.url).href;

export function benchPort(options: BenchPortOptions): ModulePortSpec {
  return { kind: 'module', module: MODULE, options };
}

/** @throws InvalidMeasurement when the run failed or its census is not balanced; NotHere for keys that are not taken. */
export async function runToEnd(configuration: Configuration): Promise<Report> {
  await requireTaken(configuration);
  const runtime = await start(configuration);
  const report = await runtime.finished;
  const census = await runtime.audit();
  const wrong: string[] = [];
  if (report.error !== undefined) wrong.push(`the run failed: ${report.error.message}`);
  if (!report.ledger.balanced) wrong.push('the ledger is not balanced');
  if (!census.balanced) wrong.push(`the census is not balanced: ${census.faults.join(', ')}`);
  if (report.ledger.inFlight !== 0) wrong.push(`packets in flight: expected 0, found ${report.ledger.inFlight}`);
  if (wrong.length > 0) throw new InvalidMeasurement(wrong.join('; '));
  return report;
}

/** What the window says. @throws InvalidMeasurement when there was none, or nothing in it. */
export function windowOf(panel: Float64Array): Pick<Measured, 'packets' | 'seconds' | 'collections'> & { packets: number; seconds: number } {
  const packets = panel[Cell.endCount] - panel[Cell.beginCount];
  const seconds = (panel[Cell.endMs] - panel[Cell.beginMs]) / 1000;
  if (!(packets > 0) || !(seconds > 0)) throw new InvalidMeasurement(`the window holds ${packets} packets in ${seconds} s: measure longer`);
  return { packets, seconds, collections: panel[Cell.collections] };
}

/** @returns the hash on which both ends agree. @throws InvalidMeasurement when they do not. */
export function agreedHash(panel: Float64Array): string {
  const [ingress, egress] = [Cell.hashIn, Cell.hashOut].map((at) => digestOf(panel[at], panel[at + 1]));
  if (panel[Cell.transmitted] === 0) throw new InvalidMeasurement('comparison of payloads: nothing left');
  if (ingress !== egress) throw new InvalidMeasurement(`comparison of payloads: expected the hash ${ingress} at egress, found ${egress}`);
  return egress;
}
