/**
 * What ingress costs a packet, alone in one thread: the generator writes it and the parser reads it. Both modes of the
 * runtime pay this, so it is no part of what they differ in; the table shows it beside them. All slots are visited in
 * turn, so their memory is as cold as it can be in a run.
 */
import { parsePacket } from '#millrace/packet/parse.js';
import { FrameMemory, allAddresses, frameGenerator } from './frames.js';
import type { Sample } from './sample.js';
import { BURST, SLOTS, WARM_UP_SHARE } from './settings.js';
import { slotBytesFor } from './slot-bytes.js';

export interface IngressRun {
  readonly bytes: number;
  readonly packets: number;
  readonly seed: number;
  readonly repetition: number;
}

/** As much as a run through the runtime needs for a steady figure, at a tenth of the time. */
const SHARE = 10;

export function runIngress({ bytes, packets: asked, seed, repetition }: IngressRun): Sample {
  const measured = Math.ceil(asked / SHARE / BURST) * BURST;
  const warmUp = Math.ceil((measured * WARM_UP_SHARE) / BURST) * BURST;
  const memory = new FrameMemory(SLOTS, slotBytesFor(bytes));
  const generator = frameGenerator({ packets: warmUp + measured, lengths: bytes, seed }, memory);
  const addresses = allAddresses(memory);
  const bursts = Array.from({ length: SLOTS / BURST }, (_, k) => addresses.subarray(k * BURST, (k + 1) * BURST));
  const take = (packets: number): void => {
    for (let done = 0, k = 0; done < packets; done += BURST, k = (k + 1) % bursts.length) {
      generator.receive(bursts[k], BURST);
      for (let slot = k * BURST; slot < (k + 1) * BURST; slot++) {
        parsePacket(memory.region, memory.start(slot), memory.length(slot), memory.headers, slot);
      }
    }
  };
  take(warmUp);
  const from = performance.now();
  take(measured);
  const seconds = (performance.now() - from) / 1000;
  return {
    suite: 'macro', case: 'ingress', mode: 'alone', bytes, vms: 0, burst: BURST, slots: SLOTS, slotBytes: slotBytesFor(bytes),
    threads: 1, repetition, operations: measured, seconds, nsPerOperation: (seconds * 1e9) / measured, window: 'steady', bytesCopied: null, payloadHash: null,
  };
}
