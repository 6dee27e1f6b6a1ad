/** Packets one after the other, each on a border of 8 bytes, as the replaying ports take them. */
import type { ReplayOptions } from '../ports/port-options.js';
import type { Recorded } from './record.js';

const ALIGNMENT = 8;

export type Packed = Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths' | 'sides'>;

/** Room for packets in shared memory, so that both ports and their thread read the same bytes. */
export function packedRoom(count: number, bytes: number): Packed {
  const words = (): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * count));
  return { bytes: new Uint8Array(new SharedArrayBuffer(bytes)), offsets: words(), lengths: words(), sides: new Uint8Array(new SharedArrayBuffer(count)) };
}

export function pack(packets: readonly Recorded[]): Packed {
  const paddedBytes = ({ bytes }: Recorded): number => Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
  const packed = packedRoom(packets.length, packets.reduce((sum, packet) => sum + paddedBytes(packet), 0));
  let end = 0;
  packets.forEach((packet, at) => {
    packed.offsets[at] = end;
    packed.lengths[at] = packet.bytes.length;
    packed.sides[at] = packet.side;
    packed.bytes.set(packet.bytes, end);
    end += paddedBytes(packet);
  });
  return packed;
}

/** Bytes of a packet on average, as a whole number. */
export function averageOf(packets: readonly Recorded[]): number {
  return Math.round(packets.reduce((sum, { bytes }) => sum + bytes.length, 0) / packets.length);
}

/** A pcap file of the packets, microseconds apart, for programs that read one. */
export function toPcap(packets: readonly Recorded[]): Uint8Array {
  const RECORD_HEADER = 16;
  const HEADER = 24;
  const file = new Uint8Array(packets.reduce((sum, { bytes }) => sum + RECORD_HEADER + bytes.length, HEADER));
  const view = new DataView(file.buffer);
  // Little-endian, microseconds, version 2.4, no time zone, 65535 bytes kept, Ethernet.
  [0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1].forEach((word, at) => {
    view.setUint32(4 * at, word, true);
  });
  let at = HEADER;
  packets.forEach(({ bytes }, k) => {
    [1_704_067_200 + Math.floor(k / 1e6), k % 1e6, bytes.length, bytes.length].forEach((word, field) => {
      view.setUint32(at + 4 * field, word, true);
    });
    file.set(bytes, at + RECORD_HEADER);
    at += RECORD_HEADER + bytes.length;
  });
  return file;
}
