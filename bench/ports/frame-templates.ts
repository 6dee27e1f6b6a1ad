/** The first words of a packet of each flow, as the product's generator makes them; without a UDP checksum. */
import { FrameMemory, allAddresses, frameGenerator } from '../frames.js';
import { slotBytesFor } from '../slot-bytes.js';

const UDP_CHECKSUM_AT = 40;

export function frameTemplates({ bytes, seed }: { bytes: number; seed: number }, flows: number, words: number): Uint32Array {
  const frames = new FrameMemory(1, slotBytesFor(bytes));
  const generator = frameGenerator({ packets: flows, lengths: bytes, flows, seed }, frames);
  const address = allAddresses(frames);
  const templates = new Uint8Array(flows * words * 4);
  for (let flow = 0; flow < flows; flow++) {
    generator.receive(address, 1);
    const start = frames.start(0);
    templates.set(frames.region.subarray(start, start + words * 4), flow * words * 4);
    templates.fill(0, flow * words * 4 + UDP_CHECKSUM_AT, flow * words * 4 + UDP_CHECKSUM_AT + 2);
  }
  return new Uint32Array(templates.buffer);
}
