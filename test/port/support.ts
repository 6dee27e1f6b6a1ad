/** Captures and packets as literal bytes, and ports driven without a manager. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HEADER_BYTES, HEADER_BYTES_LOG2, HeaderOffset, SLOT_OVERHEAD_BYTES } from '../../src/memory/slot-layout.js';
import type { PortCounts, PortMemory } from '../../src/port/contract.js';
import { openCapture, type OpenOptions } from '../../src/port/capture/open-capture.js';
import { folderFor } from '../support/temporary-folder.js';

const folder = folderFor('port');

export const tempPath = (name: string): string => join(folder, name);
export function tempFile(name: string, bytes: Uint8Array): string {
  writeFileSync(tempPath(name), bytes);
  return tempPath(name);
}

export type Order = 'little' | 'big';

/** Numbers as bytes: pairs of value and width. */
export function pack(order: Order, ...fields: readonly (readonly [value: number, bytes: number])[]): Uint8Array {
  const out: number[] = [];
  for (const [value, width] of fields) {
    const bytes = Array.from({ length: width }, (_, k) => Math.floor(value / 2 ** (8 * k)) & 0xff);
    out.push(...(order === 'little' ? bytes : bytes.reverse()));
  }
  return Uint8Array.from(out);
}

export const join8 = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const pad4 = (bytes: Uint8Array): Uint8Array => join8(bytes, new Uint8Array(-bytes.length & 3));

export interface PcapRecord {
  seconds?: number;
  fraction?: number;
  bytes: Uint8Array;
  capturedLength?: number;
  originalLength?: number;
}

export function pcap(records: readonly PcapRecord[], { order = 'little', magic = 0xa1b2c3d4, linkType = 1 }: { order?: Order; magic?: number; linkType?: number } = {}): Uint8Array {
  return join8(
    pack(order, [magic, 4], [2, 2], [4, 2], [0, 4], [0, 4], [65535, 4], [linkType, 4]),
    ...records.map(({ seconds = 1, fraction = 2, bytes, capturedLength = bytes.length, originalLength = bytes.length }) =>
      join8(pack(order, [seconds, 4], [fraction, 4], [capturedLength, 4], [originalLength, 4]), bytes)),
  );
}

export function block(order: Order, type: number, body: Uint8Array, total = 12 + ((body.length + 3) & ~3)): Uint8Array {
  return join8(pack(order, [type, 4], [total, 4]), pad4(body), pack(order, [total, 4]));
}
export const option = (order: Order, code: number, value: Uint8Array): Uint8Array => join8(pack(order, [code, 2], [value.length, 2]), pad4(value));
export const section = (order: Order, major = 1): Uint8Array =>
  block(order, 0x0a0d0d0a, pack(order, [0x1a2b3c4d, 4], [major, 2], [0, 2], [0xffffffff, 4], [0xffffffff, 4]));
export const description = (order: Order, linkType: number, options: Uint8Array = new Uint8Array(0), snapLength = 0): Uint8Array =>
  block(order, 1, join8(pack(order, [linkType, 2], [0, 2], [snapLength, 4]), options));
export const enhanced = (order: Order, interfaceId: number, high: number, low: number, bytes: Uint8Array, originalLength = bytes.length, options: Uint8Array = new Uint8Array(0)): Uint8Array =>
  block(order, 6, join8(pack(order, [interfaceId, 4], [high, 4], [low, 4], [bytes.length, 4], [originalLength, 4]), pad4(bytes), options));

export interface Seen {
  bytes: number[];
  originalLength: number;
  seconds: number;
  nanos: number;
  name: string;
  linkType: number;
}

/** Everything that a reader hands out. */
export function readAll(path: string, options: OpenOptions = {}): { packets: Seen[]; records: number; problems: Record<string, number> } {
  const reader = openCapture(path, options);
  const packets: Seen[] = [];
  while (reader.next()) {
    packets.push({
      bytes: [...reader.buffer.subarray(reader.dataOffset, reader.dataOffset + reader.length)],
      originalLength: reader.originalLength,
      seconds: reader.seconds,
      nanos: reader.nanos,
      name: reader.interfaces[reader.interfaceId].name,
      linkType: reader.linkType,
    });
  }
  const problems = Object.fromEntries(reader.problems.map(({ kind, count }) => [kind, count]));
  reader.close();
  return { packets, records: reader.records, problems };
}

const SLOT_BYTES = 2048;
const BASE = 4096;

/** A region with slots, addresses from 4096 on. */
export function memoryOf(slots: number, slotBytes = SLOT_BYTES): PortMemory & { addresses: Uint32Array } {
  return {
    region: new Uint8Array(new SharedArrayBuffer(BASE + slots * slotBytes)),
    headers: new SlotHeaders(new SharedArrayBuffer(slots * HEADER_BYTES), 0, slots),
    maxPacketBytes: slotBytes - SLOT_OVERHEAD_BYTES,
    slotIndex: (address) => (address - BASE) / slotBytes,
    addresses: Uint32Array.from({ length: slots }, (_, k) => BASE + k * slotBytes),
  };
}

export interface Counted extends PortCounts {
  ingress: number[];
  egress: [address: number, reason: number][];
}
export function countsOf(): Counted {
  const ingress: number[] = [];
  const egress: [number, number][] = [];
  return { ingress, egress, dropAtIngress: (reason) => void ingress.push(reason), dropAtEgress: (address, reason) => void egress.push([address, reason]) };
}

/** A field of a slot's header, as wide as the layout says. */
export function headerField(memory: PortMemory, address: number, field: keyof typeof HeaderOffset, width: 1 | 2 | 4): number {
  const at = (memory.slotIndex(address) << HEADER_BYTES_LOG2) + HeaderOffset[field];
  if (width === 1) return memory.headers.u8[at];
  return width === 2 ? memory.headers.u16[at >> 1] : memory.headers.u32[at >> 2];
}

/** The packet in a slot. */
export function packetAt(memory: PortMemory, address: number): Uint8Array {
  const start = address + headerField(memory, address, 'dataOffset', 4);
  return memory.region.slice(start, start + headerField(memory, address, 'length', 4));
}
