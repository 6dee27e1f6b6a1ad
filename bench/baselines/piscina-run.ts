/** The baseline of a task a packet and function: a Piscina pool with a thread for each function, this thread between them. */
import { Piscina } from 'piscina';
import { FIRST_TTL } from '../functions/touch.js';
import { CHAIN_LENGTH } from '../settings.js';
import type { EndsResult } from './messages.js';
import { PlainPackets } from './packets.js';
import type { PacketTask } from './piscina-task.js';
import { verifyMessages } from './verify.js';

/** Packets under way: enough that no thread waits, few enough that the queue does not become what is measured. */
const IN_FLIGHT = 32;
/** The window lasts until so many are home: a thousandth of what other ways manage, and some of these windows had none. */
const LEAST_PACKETS = 100;
const TASK = new URL('../bench/baselines/piscina-task.js', import.meta.url).href;

interface TaskRun { readonly bytes: number; readonly seed: number; readonly warmUpMs: number; readonly measuredMs: number }

export const measureTasks = (run: TaskRun): Promise<EndsResult> => passTasks(run, false);
export const compareTasks = (run: Omit<TaskRun, 'warmUpMs'>): Promise<EndsResult> => passTasks({ ...run, warmUpMs: 0 }, true);

async function passTasks({ bytes, seed, warmUpMs, measuredMs }: TaskRun, fresh: boolean): Promise<EndsResult> {
  const packets = new PlainPackets({ bytes, seed, fresh });
  const pool = new Piscina({ filename: TASK, minThreads: CHAIN_LENGTH, maxThreads: CHAIN_LENGTH });
  const home = new Map<number, Uint8Array>();
  let [beginAt, beginCount, endAt, endCount] = [0, 0, 0, 0];
  const startedAt = performance.now();
  const isOver = (): boolean => {
    const now = performance.now();
    if (beginAt === 0 && now - startedAt >= warmUpMs) [beginAt, beginCount] = [now, packets.received];
    else if (beginAt !== 0 && endAt === 0 && now - beginAt >= measuredMs && packets.received - beginCount >= LEAST_PACKETS) [endAt, endCount] = [now, packets.received];
    return endAt !== 0;
  };
  /** Tasks end in any order; packets are taken in theirs. */
  const takeHome = (sequence: number, frame: Uint8Array): void => {
    home.set(sequence, frame);
    for (let next = home.get(packets.received); next !== undefined; next = home.get(packets.received)) {
      home.delete(packets.received);
      packets.take(next, 0, FIRST_TTL - CHAIN_LENGTH);
    }
  };
  const line = async (): Promise<void> => {
    while (!isOver()) {
      let frame = new Uint8Array(bytes);
      const sequence = packets.sent;
      packets.write(frame, 0);
      for (let hop = 0; hop < CHAIN_LENGTH; hop++) frame = (await pool.run({ frame, ttl: FIRST_TTL - hop } satisfies PacketTask)) as Uint8Array<ArrayBuffer>;
      takeHome(sequence, frame);
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, line));
  } finally {
    await pool.destroy();
  }
  const { sent, received, receivedBytes, wrong } = packets;
  const result = { sent, received, receivedBytes, wrong, ...packets.hashes(), packets: endCount - beginCount, seconds: (endAt - beginAt) / 1000 };
  verifyMessages(result, bytes);
  return result;
}
