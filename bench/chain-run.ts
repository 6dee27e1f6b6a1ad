/** One repetition of the macro benchmark through the runtime as users have it: generator → chain → sink, real threads. */
import { chain } from '#millrace/chain/chain.js';
import type { Configuration } from '#millrace/runtime/configuration.js';
import { generator, sink } from '#millrace/runtime/port-values.js';
import type { Report } from '#millrace/runtime/report.js';
import type { Runtime } from '#millrace/runtime/runtime.js';
import { start } from '#millrace/runtime/start.js';
import { setTimeout as pause } from 'node:timers/promises';
import { comparePayloads, freshPackets, PAYLOAD_PACKETS } from './payload-run.js';
import { InvalidMeasurement, type Sample } from './sample.js';
import { BURST, CHAIN_LENGTH, SLOTS, WARM_UP_SHARE } from './settings.js';
import { slotBytesFor } from './slot-bytes.js';
import { SteadyWindow } from './steady-window.js';
import { FIRST_TTL, touchHeaders } from './touch-headers.js';

export type ChainMode = 'zero-copy' | 'copy';

export interface ChainRun {
  readonly mode: ChainMode;
  readonly bytes: number;
  /** Measured packets; the warm-up comes on top. */
  readonly packets: number;
  readonly seed: number;
  readonly repetition: number;
  /** Measure from start to end: for runs too short to have a steady part. */
  readonly whole: boolean;
  /** Of the comparison of payloads that this configuration has passed. */
  readonly payloadHash: string;
}

/** Between two readings of the counters. The main thread's share of the cores stays below 1 %. */
const READING_MS = 20;
/** Connections that the packets belong to, in turn. */
const FLOWS = 16;
/** Connections that the table holds. A reading of the counters walks over all of it, so it is no larger than it must be. */
const MOST_FLOWS = 16;

export function chainConfiguration({ mode, bytes, seed }: Pick<ChainRun, 'mode' | 'bytes' | 'seed'>, packets: number): Configuration {
  const uses = Array.from({ length: CHAIN_LENGTH }, (_, hop) => touchHeaders({ ttl: FIRST_TTL - hop }, { as: `touch-${hop + 1}` }));
  return {
    ports: { in: generator({ packets, lengths: bytes, flows: FLOWS, seed }), out: sink() },
    paths: [{ from: 'in', to: 'out', via: chain('bench', uses) }],
    memory: { slots: SLOTS, slotBytes: slotBytesFor(bytes) },
    flows: MOST_FLOWS,
    burst: BURST,
    mode,
  };
}

/** @returns the hash on which both ends agree. @throws InvalidMeasurement when they do not. */
export async function verifyPayloads(run: Pick<ChainRun, 'mode' | 'bytes' | 'seed'>): Promise<string> {
  const packets = freshPackets(PAYLOAD_PACKETS, { bytes: run.bytes, flows: FLOWS, seed: run.seed });
  return comparePayloads(chainConfiguration(run, packets.length), packets);
}

/** @throws InvalidMeasurement when the run was not what it should have been: then there is no number. */
export async function runChain(run: ChainRun): Promise<Sample> {
  const warmUp = Math.ceil(run.packets * WARM_UP_SHARE);
  const packets = warmUp + run.packets;
  const window = new SteadyWindow(warmUp, packets);
  const runtime = await start(chainConfiguration(run, packets));
  const ended = new AbortController();
  const finished = runtime.finished.finally(() => {
    ended.abort();
  });
  const [report] = await Promise.all([finished, run.whole ? Promise.resolve() : readUntil(ended.signal, runtime, window)]);
  verifyChain(report, run, packets);
  const measured = run.whole ? { packets, seconds: report.durationMs / 1000 } : window.result();
  return {
    suite: 'macro',
    case: `chain of ${CHAIN_LENGTH}`,
    mode: run.mode,
    bytes: run.bytes,
    vms: CHAIN_LENGTH,
    burst: BURST,
    slots: SLOTS,
    slotBytes: slotBytesFor(run.bytes),
    // The VMs and the packet manager. The main thread sleeps but for the readings.
    threads: CHAIN_LENGTH + 1,
    repetition: run.repetition,
    operations: measured.packets,
    seconds: measured.seconds,
    nsPerOperation: (measured.seconds * 1e9) / measured.packets,
    window: run.whole ? 'whole' : 'steady',
    bytesCopied: report.bytesCopied,
    payloadHash: run.payloadHash,
  };
}

async function readUntil(ended: AbortSignal, runtime: Runtime, window: SteadyWindow): Promise<void> {
  while (!ended.aborted) {
    const now = performance.now();
    window.read(now, runtime.stats().ports.out.transmitted);
    await pause(READING_MS);
  }
}

/** @throws InvalidMeasurement that says everything that is not as it should be. */
export function verifyChain(report: Report, { mode, bytes }: Pick<ChainRun, 'mode' | 'bytes'>, packets: number): void {
  const wrong: string[] = [];
  const expect = (what: string, found: number, expected: number): void => {
    if (found !== expected) wrong.push(`${what}: expected ${expected}, found ${found}`);
  };
  if (report.error !== undefined) wrong.push(`the run failed: ${report.error.message}`);
  if (!report.ledger.balanced) wrong.push('the ledger is not balanced');
  expect('packets received', report.ports.in.received, packets);
  expect('packets transmitted', report.ports.out.transmitted, packets);
  expect('bytes transmitted', report.ports.out.transmittedBytes, packets * bytes);
  expect('packets in flight', report.ledger.inFlight, 0);
  for (const vm of report.vms) expect(`packets returned by ${vm.name}`, vm.returned, packets);
  expect('bytes copied', report.bytesCopied, mode === 'copy' ? 2 * CHAIN_LENGTH * packets * bytes : 0);
  if (Object.keys(report.drops).length > 0) wrong.push(`drops: ${JSON.stringify(report.drops)}`);
  if (wrong.length > 0) throw new InvalidMeasurement(wrong.join('; '));
}
