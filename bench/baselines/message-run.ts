/**
 * One repetition of the baselines: the same topology and the same header work, but every packet is a message. The relays
 * are joined directly, which costs a packet four messages; by way of a manager, as in Millrace, it would be six.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { InvalidMeasurement, type Sample } from '../sample.js';
import { BASELINE_SHARE, CHAIN_LENGTH, SLOTS, WARM_UP_SHARE } from '../settings.js';
import { FIRST_TTL } from '../touch-headers.js';
import type { EndsResult, EndsTask, MessageMode, RelayTask } from './messages.js';

export interface MessageRun {
  readonly mode: MessageMode;
  readonly bytes: number;
  /** As for the runtime: `BASELINE_SHARE` of them are sent. */
  readonly packets: number;
  readonly seed: number;
  readonly repetition: number;
  readonly whole: boolean;
}

const THREAD = new URL('thread.js', import.meta.url);

/** @throws InvalidMeasurement when a packet is missing or was not touched by every relay. */
export async function runMessages({ mode, bytes, packets: asked, seed, repetition, whole }: MessageRun): Promise<Sample> {
  const measured = Math.ceil(asked / BASELINE_SHARE);
  const warmUp = Math.ceil(measured * WARM_UP_SHARE);
  const packets = warmUp + measured;
  const channels = Array.from({ length: CHAIN_LENGTH + 1 }, () => new MessageChannel());
  const start = (task: RelayTask | EndsTask): Worker =>
    new Worker(THREAD, { workerData: task, transferList: [task.from, task.to] });
  const workers = Array.from({ length: CHAIN_LENGTH }, (_, hop) =>
    start({ role: 'relay', mode, from: channels[hop].port2, to: channels[hop + 1].port1, ttl: FIRST_TTL - hop }));
  workers.push(start({
    role: 'ends', mode, to: channels[0].port1, from: channels[CHAIN_LENGTH].port2,
    bytes, packets, warmUp, seed, inFlight: SLOTS, lastTtl: FIRST_TTL - CHAIN_LENGTH,
  }));
  try {
    const result = await new Promise<EndsResult>((resolve, reject) => {
      for (const worker of workers) worker.once('error', reject);
      workers[CHAIN_LENGTH].once('message', resolve);
    });
    verifyMessages(result, packets, bytes);
    const seconds = (result.endedAt - (whole ? result.startedAt : result.warmAt)) / 1000;
    const operations = whole ? packets : measured;
    return {
      suite: 'macro', case: `chain of ${CHAIN_LENGTH}`, mode, bytes,
      vms: CHAIN_LENGTH, burst: null, slots: SLOTS, slotBytes: null, threads: CHAIN_LENGTH + 1, repetition,
      operations, seconds, nsPerOperation: (seconds * 1e9) / operations, window: whole ? 'whole' : 'steady', bytesCopied: null,
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

export function verifyMessages({ received, receivedBytes, wrong }: EndsResult, packets: number, bytes: number): void {
  if (received === packets && receivedBytes === packets * bytes && wrong === 0) return;
  throw new InvalidMeasurement(
    `expected ${packets} packets and ${packets * bytes} B, found ${received} and ${receivedBytes} B; ${wrong} with another TTL`);
}
