/** The thread of `ingress-alone.ts`: the source of the chains fills slots, and nobody takes packets out of them. */
import { FrameMemory, allAddresses } from '../frames.js';
import { SEQUENCE_AT } from '../ports/egress.js';
import { frameWriter } from '../ports/frame-writer.js';
import { Cell, newPanel } from '../ports/panel.js';
import { slotBytesFor } from '../slot-bytes.js';

export interface IngressTask {
  readonly role: 'ingress';
  readonly bytes: number;
  readonly burst: number;
  readonly flows: number;
  /** Slots that are filled in turn: a burst of them stays in the core's cache, all of them do not. */
  readonly slots: number;
  readonly seed: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface IngressResult {
  /** All that were written. */
  readonly written: number;
  /** Sum of their sequence numbers, modulo 2^32, as it was added up while they were written. */
  readonly sum: number;
  /** The sequence number that the slot filled last holds. */
  readonly last: number;
  /** Of the measured window. */
  readonly packets: number;
  readonly seconds: number;
}

/** In the thread: fills slots until the time is over. */
export function runIngress({ bytes, burst, flows, slots, seed, warmUpMs, measuredMs }: IngressTask): IngressResult {
  const memory = new FrameMemory(slots, slotBytesFor(bytes));
  const addresses = allAddresses(memory);
  const bursts = Array.from({ length: slots / burst }, (_, at) => addresses.subarray(at * burst, (at + 1) * burst));
  const panel = newPanel();
  const pace = { warmUpMs, measuredMs, warmUpPackets: 0, leastPackets: 0, offered: null, packets: null };
  const write = frameWriter(memory, { role: 'source', bytes, flows, seed, hash: false, panel: panel.buffer as SharedArrayBuffer, ...pace }, panel);
  let written = 0;
  /** A thousand bursts or so between two looks at the clock. */
  const writeFor = (milliseconds: number): number => {
    const from = performance.now();
    let now = from;
    while (now < from + milliseconds) {
      for (let turn = 0; turn < 1024; turn++) written = write(bursts[turn % bursts.length], burst, written);
      now = performance.now();
    }
    return (now - from) / 1000;
  };
  writeFor(warmUpMs);
  const before = written;
  const seconds = writeFor(measuredMs);
  const lastSlot = memory.slotIndex(bursts[1023 % bursts.length][burst - 1]);
  const last = new DataView(memory.region.buffer).getUint32(memory.start(lastSlot) + SEQUENCE_AT, true);
  return { written, sum: panel[Cell.sequenceIn], last, packets: written - before, seconds };
}
