/**
 * Full load for minutes: does a packet cost more, or does memory grow? Only when it is asked for. Each reading is said when it
 * is made, and a run that is ended early has those until then.
 */
import { closedLoop, verifyChain } from '../chain-run.js';
import { BASE, chainConfiguration, columnsOf as columnsOfChain } from '../configure.js';
import { columnsOf, configurationOf, established, openingPackets, verifyEstablished } from '../established-run.js';
import { Cell, newPanel } from '../ports/panel.js';
import type { Pace } from '../ports/port-options.js';
import { benchPort, windowOf } from '../runtime-run.js';
import { InvalidMeasurement, type Factors, type Measured } from '../sample.js';
import { EDGE, type BenchSettings } from '../settings.js';
import { digits } from '../tables.js';
import type { BenchCase, Group, Way } from '../way.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import type { Report } from '../../src/runtime/report.js';
import { start } from '../../src/runtime/start.js';
import { setTimeout as pause } from 'node:timers/promises';

/** At least so many readings; of a longer run one a minute. */
const LEAST_READINGS = 12;
/** Between two looks whether the window has begun. */
const LOOK_MS = 20;
/** Of a reading that Ctrl-C cuts short. */
const LEAST_SECONDS = 0.5;
const BYTES_A_MB = 1e6;
/** Connections of the functions in full: what is kept of them is more than a core's caches hold. */
const FLOWS = 16_384;

/** What is soaked. */
interface Subject {
  readonly factors: Partial<Factors>;
  readonly configuration: (panel: Float64Array, pace: Pace) => Configuration;
  readonly leastWarmUp: number;
  readonly verify: (report: Report, panel: Float64Array) => void;
}

function headersSubject({ seed }: BenchSettings): Subject {
  return {
    factors: columnsOfChain(BASE),
    configuration: (panel, pace) => {
      const shared = { panel: panel.buffer as SharedArrayBuffer, hash: false };
      return chainConfiguration(BASE, {
        in: benchPort({ role: 'source', bytes: BASE.bytes, flows: BASE.flows, seed, ...pace, ...shared }),
        out: benchPort({ role: 'sink', latency: false, ...shared }),
      });
    },
    leastWarmUp: 0,
    verify: (report, panel) => {
      verifyChain(report, panel, BASE);
    },
  };
}

function functionsSubject({ seed }: BenchSettings): Subject {
  const of = established(EDGE, FLOWS, seed);
  const topology = { routing: BASE.routing, placement: BASE.placement };
  return {
    factors: columnsOf(of, topology),
    configuration: (panel, pace) => configurationOf(of, topology, panel, pace, false),
    leastWarmUp: openingPackets(of),
    verify: (report, panel) => {
      verifyEstablished(of, report, panel);
    },
  };
}

async function soak(settings: BenchSettings, subject: Subject, progress: (text: string) => void, interrupted: AbortSignal): Promise<Measured[]> {
  const panel = newPanel();
  const measuredMs = settings.soakMinutes * 60_000;
  const wanted = Math.max(LEAST_READINGS, Math.round(settings.soakMinutes));
  const runtime = await start(subject.configuration(panel, closedLoop({ ...settings, measuredMs }, subject.leastWarmUp)));
  const over = new AbortController();
  const ended = AbortSignal.any([over.signal, interrupted]);
  void runtime.finished.finally(() => { over.abort(); }).catch(() => undefined);
  /** @returns false when the run has ended meanwhile. */
  const wait = (ms: number): Promise<boolean> => pause(ms, true, { signal: ended }).catch(() => false);
  const transmitted = (): number => Object.values(runtime.stats().ports).reduce((sum, port) => sum + port.transmitted, 0);

  const readings: Measured[] = [];
  let isRunning = true;
  while (isRunning && panel[Cell.beginMs] === 0) isRunning = await wait(LOOK_MS);
  const begin = performance.now();
  let last = { at: begin, packets: transmitted() };
  while (isRunning) {
    // A little less, so that the last one is read before the end.
    isRunning = await wait(measuredMs / (wanted + 0.2));
    const now = { at: performance.now(), packets: transmitted() };
    const [packets, seconds] = [now.packets - last.packets, (now.at - last.at) / 1000];
    // What is left at the end is short, and some of it is the chain running dry; what Ctrl-C leaves counts when it is worth one.
    if (packets <= 0 || (!isRunning && (!interrupted.aborted || seconds < LEAST_SECONDS))) break;
    const [time, memory] = [(seconds * 1e9) / packets, process.memoryUsage().rss / BYTES_A_MB];
    readings.push({ metric: 'time over minutes', unit: 'ns', value: time, packets, seconds }, { metric: 'resident memory', unit: 'MB', value: memory, packets, seconds });
    progress(`soak, ${new Date().toISOString()}, ${digits((now.at - begin) / 60_000)} min: ${digits(time)} ns a packet, ${digits(1000 / time)} Mpps, ${digits(memory)} MB resident, ${packets} packets in ${digits(seconds)} s`);
    last = now;
  }
  const report = interrupted.aborted ? await runtime.stop() : await runtime.finished;
  if (report.error !== undefined || !report.ledger.balanced) throw new InvalidMeasurement(`the run failed, or its ledger is not balanced: ${report.error?.message ?? ''}`);
  subject.verify(report, panel);
  const memory = readings.filter(({ metric }) => metric === 'resident memory').map(({ value }) => value);
  // The first reading still has V8's heaps growing to their size.
  const growth = { metric: 'memory growth', unit: 'MB', value: (memory.at(-1) ?? NaN) - (memory[1] ?? memory[0] ?? NaN), bytesCopied: report.bytesCopied };
  if (memory.length < 2) return readings;
  return [...readings, interrupted.aborted ? { ...growth, packets: report.ledger.transmitted, seconds: (last.at - begin) / 1000 } : { ...growth, ...windowOf(panel) }];
}

function groups(settings: BenchSettings, progress: (text: string) => void, interrupted: AbortSignal): Group[] {
  const subject = settings.soakFunctions ? functionsSubject(settings) : headersSubject(settings);
  const way: Way = { way: 'millrace', factors: subject.factors, repetitions: 1, measure: (repetition) => (repetition === 0 ? [] : soak(settings, subject, progress, interrupted)) };
  return [{ name: `${settings.soakMinutes} minutes`, ways: [way] }];
}

export const soakCase: BenchCase = { name: 'soak', says: 'full load for minutes (--minutes): time of a packet and memory as they go; --functions: of firewall, NAT and DPI', byDefault: false, groups };
