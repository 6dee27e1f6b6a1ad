/**
 * The baselines that a Node programmer would write: the same topology and the same header work, but packets are messages.
 * The relays are joined directly, which costs a packet four messages; by way of a manager, as in Millrace, it would be six.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { FIRST_TTL } from '../functions/touch.js';
import { InvalidMeasurement, NO_FACTORS, type Factors, type Measured } from '../sample.js';
import { CHAIN_LENGTH, SLOTS, type BenchSettings } from '../settings.js';
import type { Way } from '../way.js';
import { BATCH } from './ends.js';
import type { EndsResult, EndsTask, MessageMode, RelayTask } from './messages.js';
import { compareTasks, measureTasks } from './piscina-run.js';
import { verifyMessages } from './verify.js';

const THREAD = new URL('../bench/baselines/thread.js', import.meta.url);
const COMPARED_MS = 40;

export function messageWays(bytes: number, settings: BenchSettings): Way[] {
  const { warmUpMs, measuredMs, seed } = settings;
  const factors = (burst: number): Partial<Factors> =>
    ({ ...NO_FACTORS, mode: 'copy', vms: CHAIN_LENGTH, bytes, burst, touch: 'headers', slots: SLOTS, threads: CHAIN_LENGTH + 1 });
  const modes: readonly MessageMode[] = ['clone', 'transfer', 'batch'];
  return [
    ...modes.map((mode): Way => ({
      way: mode === 'batch' ? `messages of ${BATCH}` : mode,
      factors: factors(mode === 'batch' ? BATCH : 1),
      compare: async () => agreed(await pass({ mode, bytes, warmUpMs: 0, measuredMs: COMPARED_MS, seed, fresh: true })),
      measure: async () => [timeOf(await pass({ mode, bytes, warmUpMs, measuredMs, seed, fresh: false }))],
    })),
    {
      way: 'piscina',
      factors: factors(1),
      compare: async () => agreed(await compareTasks({ bytes, seed, measuredMs: COMPARED_MS })),
      measure: async () => [timeOf(await measureTasks({ bytes, seed, warmUpMs, measuredMs }))],
    },
  ];
}

function agreed({ sentHash, receivedHash }: EndsResult): string {
  if (sentHash !== receivedHash) throw new InvalidMeasurement(`comparison of payloads: expected ${sentHash}, found ${receivedHash}`);
  return receivedHash;
}

function timeOf({ packets, seconds }: EndsResult): Measured {
  if (!(packets > 0)) throw new InvalidMeasurement('no packet came back within the window: measure longer');
  return { metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds };
}

/** Packets through the relays for a time. */
async function pass(task: Pick<EndsTask, 'mode' | 'bytes' | 'warmUpMs' | 'measuredMs' | 'seed' | 'fresh'>): Promise<EndsResult> {
  const channels = Array.from({ length: CHAIN_LENGTH + 1 }, () => new MessageChannel());
  const start = (workerData: RelayTask | EndsTask): Worker => new Worker(THREAD, { workerData, transferList: [workerData.from, workerData.to] });
  const workers = Array.from({ length: CHAIN_LENGTH }, (_, hop) =>
    start({ role: 'relay', mode: task.mode, bytes: task.bytes, from: channels[hop].port2, to: channels[hop + 1].port1, ttl: FIRST_TTL - hop }));
  workers.push(start({
    role: 'ends', to: channels[0].port1, from: channels[CHAIN_LENGTH].port2, inFlight: SLOTS, lastTtl: FIRST_TTL - CHAIN_LENGTH, ...task,
  }));
  try {
    const result = await new Promise<EndsResult>((resolve, reject) => {
      for (const worker of workers) worker.once('error', reject);
      workers[CHAIN_LENGTH].once('message', resolve);
    });
    verifyMessages(result, task.bytes);
    return result;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
