/**
 * One repetition of the baselines: the same topology and the same header work, but every packet is a message. The relays
 * are joined directly, which costs a packet four messages; by way of a manager, as in Millrace, it would be six.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import { PAYLOAD_PACKETS } from '../payload-run.js';
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
  /** Of the comparison of payloads that this way has passed. */
  readonly payloadHash: string;
}

const THREAD = new URL('thread.js', import.meta.url);

/** @throws InvalidMeasurement when a packet is missing or was not touched by every relay. */
export async function runMessages({ mode, bytes, packets: asked, seed, repetition, whole, payloadHash }: MessageRun): Promise<Sample> {
  const measured = Math.ceil(asked / BASELINE_SHARE);
  const warmUp = Math.ceil(measured * WARM_UP_SHARE);
  const packets = warmUp + measured;
  const result = await pass({ mode, bytes, packets, warmUp, seed, fresh: false });
  const seconds = (result.endedAt - (whole ? result.startedAt : result.warmAt)) / 1000;
  const operations = whole ? packets : measured;
  return {
    suite: 'macro', case: `chain of ${CHAIN_LENGTH}`, mode, bytes,
    vms: CHAIN_LENGTH, burst: null, slots: SLOTS, slotBytes: null, threads: CHAIN_LENGTH + 1, repetition, operations, seconds,
    nsPerOperation: (seconds * 1e9) / operations, window: whole ? 'whole' : 'steady', bytesCopied: null, payloadHash,
  };
}

/** @returns the hash on which both ends agree. @throws InvalidMeasurement when they do not. */
export async function compareMessages({ mode, bytes, seed }: Pick<MessageRun, 'mode' | 'bytes' | 'seed'>): Promise<string> {
  const { sentHash, receivedHash } = await pass({ mode, bytes, packets: PAYLOAD_PACKETS, warmUp: 1, seed, fresh: true });
  if (sentHash !== receivedHash) throw new InvalidMeasurement(`comparison of payloads: expected ${sentHash}, found ${receivedHash}`);
  return receivedHash;
}

/** All packets once through the relays. */
async function pass(task: Pick<EndsTask, 'mode' | 'bytes' | 'packets' | 'warmUp' | 'seed' | 'fresh'>): Promise<EndsResult> {
  const channels = Array.from({ length: CHAIN_LENGTH + 1 }, () => new MessageChannel());
  const start = (workerData: RelayTask | EndsTask): Worker =>
    new Worker(THREAD, { workerData, transferList: [workerData.from, workerData.to] });
  const workers = Array.from({ length: CHAIN_LENGTH }, (_, hop) =>
    start({ role: 'relay', mode: task.mode, from: channels[hop].port2, to: channels[hop + 1].port1, ttl: FIRST_TTL - hop }));
  workers.push(start({
    role: 'ends', to: channels[0].port1, from: channels[CHAIN_LENGTH].port2, inFlight: SLOTS, lastTtl: FIRST_TTL - CHAIN_LENGTH, ...task,
  }));
  try {
    const result = await new Promise<EndsResult>((resolve, reject) => {
      for (const worker of workers) worker.once('error', reject);
      workers[CHAIN_LENGTH].once('message', resolve);
    });
    verifyMessages(result, task.packets, task.bytes);
    return result;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

export function verifyMessages({ received, receivedBytes, wrong }: Pick<EndsResult, 'received' | 'receivedBytes' | 'wrong'>, packets: number, bytes: number): void {
  if (received === packets && receivedBytes === packets * bytes && wrong === 0) return;
  throw new InvalidMeasurement(
    `expected ${packets} packets and ${packets * bytes} B, found ${received} and ${receivedBytes} B; ${wrong} with another TTL`);
}
