/** Packets one after the other, each on a border of 8 bytes, as the replaying ports take them. */
import type { ReplayOptions } from '../ports/port-options.js';
import type { Recorded } from './record.js';

const ALIGNMENT = 8;

export function pack(packets: readonly Recorded[]): Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths' | 'sides'> {
  const offsets = new Uint32Array(packets.length);
  let end = 0;
  packets.forEach(({ bytes }, at) => {
    offsets[at] = end;
    end += Math.ceil(bytes.length / ALIGNMENT) * ALIGNMENT;
  });
  const bytes = new Uint8Array(end);
  packets.forEach((packet, at) => {
    bytes.set(packet.bytes, offsets[at]);
  });
  return { bytes, offsets, lengths: Uint32Array.from(packets, (packet) => packet.bytes.length), sides: Uint8Array.from(packets, ({ side }) => side) };
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
