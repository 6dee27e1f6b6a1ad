/** Writes records of the packet in hand. Only for packets that somebody watches: it may allocate. */
import { CopyCounter } from '../memory/copy.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset } from '../memory/slot-layout.js';
import type { PacketCursor } from '../packet/cursor.js';
import { Bell } from '../ring/doorbell.js';
import { COPIED_CELL, RecordWriter, type RecordRingSpec } from '../ring/record-ring.js';
import { MAX_TEXT_BYTES, RECORD_HEADER_BYTES, RecordOffset } from './record.js';

/** What is known of the packet beside what its slot header says. */
export interface Note {
  watches: number;
  kind: number;
  verdict: number;
  reason: number;
  route: number;
  direction: number;
  hop: number;
  function: number;
  serial: number;
  /** Bytes kept at most. */
  snapLength: number;
  /** Why. */
  text: string;
}

const encoder = new TextEncoder();
const NO_TEXT = new Uint8Array(0);

export class Recorder {
  readonly writer: RecordWriter;
  /** Counts apart from what is copied between ingress and egress. */
  readonly #copier: CopyCounter;
  readonly #headers: SlotHeaders;
  readonly #slotBytes: number;
  readonly #main: Bell;

  constructor(buffer: ArrayBufferLike, ring: RecordRingSpec, headers: SlotHeaders, slotBytes: number, mainDoorbellOffset: number) {
    this.writer = new RecordWriter(buffer, ring);
    this.#copier = new CopyCounter(this.writer.cells, COPIED_CELL);
    this.#headers = headers;
    this.#slotBytes = slotBytes;
    this.#main = new Bell(buffer, mainDoorbellOffset);
  }

  /** False when there was no room: that is counted for each watch. */
  write(packet: PacketCursor, note: Note): boolean {
    const { u8: header8, u32: header32 } = this.#headers;
    const { writer } = this;
    const at8 = packet.slotIndex << 6;
    const at32 = packet.slotIndex << 4;
    const length = header32[at32 + (HeaderOffset.length >> 2)];
    // What a VM wrote may be out of bounds, and then this is where it shows.
    const captured = Math.max(0, Math.min(length, note.snapLength, this.#slotBytes - header32[at32 + (HeaderOffset.dataOffset >> 2)]));
    const text = note.text === '' ? NO_TEXT : encoder.encode(note.text).subarray(0, MAX_TEXT_BYTES);
    const padded = (captured + 3) & ~3;
    const at = writer.begin(RECORD_HEADER_BYTES + padded + text.length, note.watches);
    this.#main.ring();
    if (at < 0) return false;
    const { u8, u16, u32 } = writer;
    u32[(at + RecordOffset.watches) >>> 2] = note.watches;
    u8[at + RecordOffset.kind] = note.kind;
    u8[at + RecordOffset.verdict] = note.verdict;
    u8[at + RecordOffset.direction] = note.direction;
    u8[at + RecordOffset.linkType] = header8[at8 + HeaderOffset.linkType];
    u16[(at + RecordOffset.route) >>> 1] = note.route;
    u8[at + RecordOffset.hop] = note.hop;
    u8[at + RecordOffset.egressPort] = header8[at8 + HeaderOffset.egressPort];
    u16[(at + RecordOffset.function) >>> 1] = note.function;
    u16[(at + RecordOffset.reason) >>> 1] = note.reason;
    u8[at + RecordOffset.ingressPort] = header8[at8 + HeaderOffset.ingressPort];
    u16[(at + RecordOffset.textBytes) >>> 1] = text.length;
    u32[(at + RecordOffset.seconds) >>> 2] = header32[at32 + (HeaderOffset.timestampSeconds >> 2)];
    u32[(at + RecordOffset.nanos) >>> 2] = header32[at32 + (HeaderOffset.timestampNanos >> 2)];
    // As ports that write do: only a capture that cut a packet off sets the two apart.
    u32[(at + RecordOffset.originalLength) >>> 2] = Math.max(length, header32[at32 + (HeaderOffset.originalLength >> 2)]);
    u32[(at + RecordOffset.packetLength) >>> 2] = length;
    u32[(at + RecordOffset.captured) >>> 2] = captured;
    u32[(at + RecordOffset.serial) >>> 2] = note.serial;
    u32[(at + RecordOffset.flowId) >>> 2] = header32[at32 + (HeaderOffset.flowId >> 2)];
    const start = at + RECORD_HEADER_BYTES;
    this.#copier.copy(packet.bytes, packet.start, u8, start, captured);
    u8.set(text, start + padded);
    writer.commit();
    this.#main.ring();
    return true;
  }
}
