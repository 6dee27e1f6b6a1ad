/**
 * Both ends of the postMessage baseline, in one thread as in Millrace: makes packets with the product's own generator,
 * sends each by a message, and takes it back after the last relay. Like the runtime, it has a bounded number under way.
 */
import { FrameMemory, frameGenerator } from '../frames.js';
import { PAYLOAD_AT, PayloadHash, writePayload } from '../payload.js';
import { ttlOf } from './headers.js';
import type { EndsResult, EndsTask } from './messages.js';
import { slotBytesFor } from '../slot-bytes.js';

/** Packets sent before the thread looks at what came back: as many as the packet manager takes in a step. */
const SENT_AT_ONCE = 64;

export function runEnds(task: EndsTask, done: (result: EndsResult) => void): void {
  const { mode, to, from, bytes, packets, warmUp, seed, inFlight, lastTtl, fresh } = task;
  const memory = new FrameMemory(1, slotBytesFor(bytes));
  const generator = frameGenerator({ packets, lengths: bytes, seed }, memory);
  const address = Uint32Array.of(memory.slots.address(0));
  const cloned = new Uint8Array(bytes);
  // Transferred buffers come back with their packets and are used again: an allocation a packet would be the baseline's loss.
  const idle: Uint8Array[] = [];
  const ingress = new PayloadHash();
  const egress = new PayloadHash();
  let sent = 0;
  let received = 0;
  let receivedBytes = 0;
  let wrong = 0;
  let warmAt = 0;
  let scheduled = false;
  const startedAt = performance.now();

  const send = (): void => {
    scheduled = false;
    for (let k = 0; k < SENT_AT_ONCE && sent < packets && sent - received < inFlight; k++, sent++) {
      generator.receive(address, 1);
      const frame = mode === 'clone' ? cloned : (idle.pop() ?? new Uint8Array(bytes));
      frame.set(memory.region.subarray(memory.start(0), memory.start(0) + bytes));
      if (fresh) {
        writePayload(frame, PAYLOAD_AT, bytes, sent, seed);
        ingress.add(frame, PAYLOAD_AT, bytes);
      }
      if (mode === 'transfer') to.postMessage(frame, [frame.buffer as ArrayBuffer]);
      else to.postMessage(frame);
    }
    schedule();
  };
  const schedule = (): void => {
    if (scheduled || sent >= packets || sent - received >= inFlight) return;
    scheduled = true;
    setImmediate(send);
  };

  from.on('message', (frame: Uint8Array) => {
    received++;
    receivedBytes += frame.length;
    if (ttlOf(frame) !== lastTtl) wrong++;
    if (fresh) egress.add(frame, PAYLOAD_AT, frame.length);
    if (mode === 'transfer') idle.push(frame);
    if (received === warmUp) warmAt = performance.now();
    if (received < packets) schedule();
    else {
      const [sentHash, receivedHash] = fresh ? [ingress.digest(), egress.digest()] : ['', ''];
      done({ received, receivedBytes, wrong, sentHash, receivedHash, startedAt, warmAt, endedAt: performance.now() });
    }
  });
  schedule();
}
