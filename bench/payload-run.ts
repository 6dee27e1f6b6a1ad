/**
 * The run that compares payloads: before a configuration is measured, some thousand packets with a fresh payload each
 * pass the same chain, in the same mode, with the same slots and bursts; only the ports differ, because the bytes must be
 * seen at both ends. What leaves is hashed in this thread, so no hash is part of a measured window.
 */
import type { Configuration } from '#millrace/runtime/configuration.js';
import { memory } from '#millrace/runtime/port-values.js';
import { queuePort } from '#millrace/runtime/queue-port.js';
import { start } from '#millrace/runtime/start.js';
import { FrameMemory, allAddresses, frameGenerator } from './frames.js';
import { PAYLOAD_AT, PayloadHash, writePayload } from './payload.js';
import { InvalidMeasurement } from './sample.js';
import { slotBytesFor } from './slot-bytes.js';

/** Enough that every slot is used more than once. */
export const PAYLOAD_PACKETS = 6144;
const UDP_CHECKSUM_AT = 40;

/** Packets as the generator makes them, each with a payload of its own and without a checksum over it. */
export function freshPackets(count: number, { bytes, flows, seed }: { bytes: number; flows: number; seed: number }): Uint8Array[] {
  const frames = new FrameMemory(1, slotBytesFor(bytes));
  const generator = frameGenerator({ packets: count, lengths: bytes, flows, seed }, frames);
  const [address] = [allAddresses(frames)];
  return Array.from({ length: count }, (_, sequence) => {
    generator.receive(address, 1);
    const packet = frames.region.slice(frames.start(0), frames.start(0) + bytes);
    packet.fill(0, UDP_CHECKSUM_AT, PAYLOAD_AT);
    writePayload(packet, PAYLOAD_AT, bytes, sequence, seed);
    return packet;
  });
}

/** @returns the hash that both ends agree on. @throws InvalidMeasurement when they do not, or the census is not balanced. */
export async function comparePayloads(configuration: Configuration, packets: readonly Uint8Array[]): Promise<string> {
  const ingress = new PayloadHash();
  for (const packet of packets) ingress.add(packet, PAYLOAD_AT, packet.length);
  const out = queuePort({ readAhead: PAYLOAD_PACKETS });
  out.end();
  const runtime = await start({ ...configuration, ports: { in: memory(packets), out } });
  const egress = new PayloadHash();
  for await (const { bytes } of out) egress.add(bytes, PAYLOAD_AT, bytes.length);
  const { ledger, error } = await runtime.finished;
  const census = await runtime.audit();
  const wrong: string[] = [];
  if (error !== undefined) wrong.push(`the run failed: ${error.message}`);
  if (!ledger.balanced || !census.balanced) wrong.push('the census is not balanced');
  wrong.push(...differences(ingress, egress));
  if (wrong.length > 0) throw new InvalidMeasurement(`comparison of payloads: ${wrong.join('; ')}`);
  return egress.digest();
}

export function differences(ingress: PayloadHash, egress: PayloadHash): string[] {
  const wrong: string[] = [];
  if (ingress.packets !== egress.packets) wrong.push(`expected ${ingress.packets} packets at egress, found ${egress.packets}`);
  if (ingress.digest() !== egress.digest()) wrong.push(`expected the payload hash ${ingress.digest()}, found ${egress.digest()}`);
  return wrong;
}
