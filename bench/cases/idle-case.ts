/** P8: what an idle chain costs, and how late its first packet is after a second of silence, when it has had traffic before. */
import { queuePort } from '../../src/runtime/queue-port.js';
import { start } from '../../src/runtime/start.js';
import { setTimeout as pause } from 'node:timers/promises';
import { BASE, chainConfiguration, columnsOf, requireTaken, type ChainFactors } from '../configure.js';
import { FrameMemory, allAddresses, frameGenerator } from '../frames.js';
import { Cell, newPanel } from '../ports/panel.js';
import { benchPort } from '../runtime-run.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import { slotBytesFor } from '../slot-bytes.js';
import type { BenchCase, Group, Way } from '../way.js';

const SILENCE_MS = 1000;
const IDLE_MS = { quick: 500, default: 1500, full: 5000 } as const;
/** After the start, before anything is measured: threads that have just run are not idle. */
const SETTLE_MS = 300;
/** One after the other, before the silence: code that has never run is interpreted, and stands for itself. */
const PACKETS_BEFORE = { quick: 2000, default: 20_000, full: 20_000 } as const;
const PACKETS = 5;
const REPETITIONS = { quick: 1, default: 5, full: 10 } as const;

function packetOf(bytes: number, seed: number): Uint8Array {
  const frames = new FrameMemory(1, slotBytesFor(bytes));
  frameGenerator({ packets: 1, lengths: bytes, seed }, frames).receive(allAddresses(frames), 1);
  return frames.region.slice(frames.start(0), frames.start(0) + bytes);
}

/** The application sends a packet; the packet manager notes when the first one leaves. Both read the monotonic clock. */
async function firstPacketUs(factors: ChainFactors, { seed, profile }: BenchSettings): Promise<{ cpuShare: number; firstUs: number[] }> {
  const panel = newPanel();
  const source = queuePort();
  const runtime = await start(chainConfiguration(factors, { in: source, out: benchPort({ role: 'sink', latency: false, panel: panel.buffer as SharedArrayBuffer, hash: false }) }));
  const packet = packetOf(factors.bytes, seed);
  const firstUs: number[] = [];
  for (let k = 0; k < PACKETS_BEFORE[profile]; k++) await source.send(packet);
  await pause(SETTLE_MS);
  const before = process.cpuUsage();
  const from = performance.now();
  await pause(IDLE_MS[profile]);
  const used = process.cpuUsage(before);
  const cpuShare = (used.user + used.system) / 1000 / (performance.now() - from);
  for (let k = 0; k < PACKETS; k++) {
    await pause(SILENCE_MS);
    panel[Cell.transmitted] = 0;
    const sentNs = Number(process.hrtime.bigint());
    await source.send(packet);
    const deadline = performance.now() + SILENCE_MS;
    while (panel[Cell.transmitted] === 0 && performance.now() < deadline) await pause(1);
    if (panel[Cell.transmitted] === 0) throw new InvalidMeasurement('a packet was not through within a second');
    firstUs.push((panel[Cell.firstOutNs] - sentNs) / 1000);
  }
  source.end();
  const report = await runtime.finished;
  if (!report.ledger.balanced || report.ports.out.transmitted !== PACKETS_BEFORE[profile] + PACKETS) throw new InvalidMeasurement(`expected ${PACKETS_BEFORE[profile] + PACKETS} packets and a balanced ledger, found ${report.ports.out.transmitted}`);
  return { cpuShare, firstUs };
}

function way(changes: Partial<ChainFactors>, settings: BenchSettings): Way {
  const { profile } = settings;
  const factors = { ...BASE, ...changes };
  return {
    way: 'millrace',
    factors: columnsOf(factors),
    repetitions: REPETITIONS[profile],
    measure: async (repetition) => {
      if (repetition === 0) return [];
      await requireTaken(chainConfiguration(factors, { in: { kind: 'sink' }, out: { kind: 'sink' } }));
      const { cpuShare, firstUs } = await firstPacketUs(factors, settings);
      return [
        { metric: 'cpu', unit: '%', value: 100 * cpuShare, packets: null, seconds: IDLE_MS[profile] / 1000 },
        ...firstUs.map((value): Measured => ({ metric: 'first packet', unit: 'us', value, packets: 1, seconds: null })),
      ];
    },
  };
}

function groups(settings: BenchSettings): Group[] {
  return [{ name: 'silence', ways: [way({}, settings), way({ routing: 'mesh' }, settings), way({ placement: 'together' }, settings), way({ placement: 'inline' }, settings), way({ placement: 'inline', wakeUp: 'poll' }, settings)] }];
}

export const idleCase: BenchCase = { name: 'idle', says: 'an idle chain\'s share of a core, and its first packet after a second of silence', byDefault: true, groups };
