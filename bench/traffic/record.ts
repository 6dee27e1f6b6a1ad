/**
 * A network function that keeps what passes it in one direction. At both ends of a chain it records packets as they come
 * in by a port: those from outside are addressed to the translation that is in force, which the capture does not know.
 */
import { forward, type PacketHandler } from '../../src/nf/contract.js';
import { defineNetworkFunction } from '../../src/nf/define.js';
import type { Packet } from '../../src/packet/packet.js';
import { TcpFlag } from '../../src/packet/protocols.js';
import { z } from 'zod';

export interface Recorded {
  readonly side: 0 | 1;
  readonly bytes: Uint8Array;
  /** The same for all packets of a connection, translated or not, and of its ICMP errors; 0: of none. */
  readonly connection?: number;
  /** TCP that says only what has come: without payload, SYN, FIN or RST. */
  readonly isBareAck?: boolean;
}

/** Of this thread: the simulation runs here. */
export const recorded: Recorded[] = [];

const isBareAck = (packet: Packet): boolean => packet.payloadLength === 0 && packet.tcp()?.flags === TcpFlag.ack;

export const record = defineNetworkFunction(import.meta.url, {
  name: 'record',
  options: z.strictObject({ side: z.union([z.literal(0), z.literal(1)]) }),
  create: ({ options: { side } }): PacketHandler => (packet) => {
    if (packet.direction === side) recorded.push({ side, bytes: packet.bytes.slice(packet.start, packet.start + packet.length), connection: packet.flowId, isBareAck: isBareAck(packet) });
    return forward;
  },
});
