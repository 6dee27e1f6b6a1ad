/**
 * Both ends of a message baseline, in one thread as in Millrace: makes packets, sends them by messages, and takes them back
 * after the last relay. Like the runtime, it has a bounded number under way.
 */
import { PlainPackets } from './packets.js';
import type { EndsResult, EndsTask } from './messages.js';

/** Packets sent before the thread looks at what came back: as many as the packet manager takes in a step. */
const SENT_AT_ONCE = 64;
export const BATCH = 32;

export function runEnds(task: EndsTask, done: (result: EndsResult) => void): void {
  const { mode, to, from, bytes, warmUpMs, measuredMs, inFlight, lastTtl } = task;
  const packets = new PlainPackets(task);
  const perMessage = mode === 'batch' ? BATCH : 1;
  const cloned = new Uint8Array(bytes * perMessage);
  // Transferred buffers come back with their packets and are used again: an allocation a packet would be the baseline's loss.
  const idle: Uint8Array[] = [];
  const startedAt = performance.now();
  let [beginAt, beginCount, endAt, endCount] = [0, 0, 0, 0];
  let scheduled = false;

  const passTime = (): void => {
    const now = performance.now();
    if (beginAt === 0) {
      if (now - startedAt < warmUpMs) return;
      [beginAt, beginCount] = [now, packets.received];
    } else if (endAt === 0 && now - beginAt >= measuredMs) [endAt, endCount] = [now, packets.received];
  };
  const send = (): void => {
    scheduled = false;
    passTime();
    for (let k = 0; k < SENT_AT_ONCE && endAt === 0 && packets.sent - packets.received + perMessage <= inFlight; k += perMessage) {
      const frames = mode === 'transfer' ? (idle.pop() ?? new Uint8Array(bytes)) : cloned;
      for (let at = 0; at < frames.length; at += bytes) packets.write(frames, at);
      if (mode === 'transfer') to.postMessage(frames, [frames.buffer as ArrayBuffer]);
      else to.postMessage(frames);
    }
    if (endAt === 0) schedule();
    else endIfHome();
  };
  const schedule = (): void => {
    if (scheduled || endAt !== 0 || packets.sent - packets.received + perMessage > inFlight) return;
    scheduled = true;
    setImmediate(send);
  };
  const endIfHome = (): void => {
    if (packets.received < packets.sent) return;
    const { sent, received, receivedBytes, wrong } = packets;
    done({ sent, received, receivedBytes, wrong, ...packets.hashes(), packets: endCount - beginCount, seconds: (endAt - beginAt) / 1000 });
  };

  from.on('message', (frames: Uint8Array) => {
    for (let at = 0; at < frames.length; at += bytes) packets.take(frames, at, lastTtl);
    if (mode === 'transfer') idle.push(frames);
    passTime();
    if (endAt === 0) schedule();
    else endIfHome();
  });
  schedule();
}
