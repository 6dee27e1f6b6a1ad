/**
 * The sending half of ports that live in the manager's thread: packets go into a capture, or nowhere. A packet is
 * complete when its bytes are in the file; one that could not be written is dropped, which gives its address back, so
 * it does not complete as well.
 */
import { HEADER_BYTES_LOG2, HeaderOffset } from '../../memory/slot-layout.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import type { PortCounts, PortMemory } from '../contract.js';
import type { CaptureProblem } from './capture-error.js';
import { type CaptureWriter, type RecordMeta, Written } from './writer.js';

const EGRESS_FAILED = builtInDrop('egress-failed');
const LINK_TYPE_MISMATCH = builtInDrop('link-type-mismatch');

export class Egress {
  readonly #memory: PortMemory;
  readonly #counts: PortCounts;
  readonly #writer: CaptureWriter | null;
  /** Addresses given and not yet complete; every slot fits. Free-running indexes, masked on access. */
  readonly #pending: Uint32Array;
  readonly #mask: number;
  #consumerIndex = 0;
  /** Up to here they are in the file. */
  #safeIndex = 0;
  #producerIndex = 0;
  readonly #meta: RecordMeta = { originalLength: 0, seconds: 0, nanos: 0, linkType: 0, ingressPort: 0, interfaceId: 0 };

  /** @param onWriteFailure told once what the system said, when the file takes nothing any more. */
  constructor(memory: PortMemory, counts: PortCounts, writer: CaptureWriter | null, onWriteFailure?: (why: string) => void) {
    if (writer !== null && onWriteFailure !== undefined) writer.onFailure = onWriteFailure;
    this.#memory = memory;
    this.#counts = counts;
    this.#writer = writer;
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(memory.headers.slotCount, 2)));
    this.#pending = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  get problems(): CaptureProblem[] {
    return this.#writer?.problems ?? [];
  }

  transmit(addresses: Uint32Array, count: number): void {
    const writer = this.#writer;
    if (writer === null) this.#discard(addresses, count);
    else for (let k = 0; k < count; k++) this.#send(writer, addresses[k]);
  }

  #send(writer: CaptureWriter, address: number): void {
    const outcome = this.#write(writer, address);
    if (outcome === Written.yes) this.#pending[this.#producerIndex++ & this.#mask] = address;
    else this.#counts.dropAtEgress(address, outcome === Written.failed ? EGRESS_FAILED : LINK_TYPE_MISMATCH);
  }

  /** There is no file: complete as it is. */
  #discard(addresses: Uint32Array, count: number): void {
    const pending = this.#pending;
    const mask = this.#mask;
    const at = this.#producerIndex;
    for (let k = 0; k < count; k++) pending[(at + k) & mask] = addresses[k];
    this.#producerIndex = at + count;
    this.#safeIndex = this.#producerIndex;
  }

  #write(writer: CaptureWriter, address: number): number {
    const { headers } = this.#memory;
    const slotIndex = this.#memory.slotIndex(address);
    const u32 = slotIndex << (HEADER_BYTES_LOG2 - 2);
    const u8 = slotIndex << HEADER_BYTES_LOG2;
    const length = headers.u32[u32 + (HeaderOffset.length >> 2)];
    const meta = this.#meta;
    // Whoever changes a packet's length changes this one too; a capture that cut packets off is what sets them apart.
    meta.originalLength = Math.max(length, headers.u32[u32 + (HeaderOffset.originalLength >> 2)]);
    meta.seconds = headers.u32[u32 + (HeaderOffset.timestampSeconds >> 2)];
    meta.nanos = headers.u32[u32 + (HeaderOffset.timestampNanos >> 2)];
    meta.linkType = headers.u8[u8 + HeaderOffset.linkType];
    meta.ingressPort = headers.u8[u8 + HeaderOffset.ingressPort];
    meta.interfaceId = headers.u16[(slotIndex << (HEADER_BYTES_LOG2 - 1)) + (HeaderOffset.interfaceId >> 1)];
    if (writer.isFull(length)) this.#flush(writer);
    return writer.write(this.#memory.region, address + headers.u32[u32 + (HeaderOffset.dataOffset >> 2)], length, meta);
  }

  #flush(writer: CaptureWriter): void {
    const end = this.#producerIndex;
    if (writer.flush()) {
      this.#safeIndex = end;
      return;
    }
    const lost = this.#safeIndex;
    this.#producerIndex = lost;
    for (let index = lost; index < end; index++) this.#counts.dropAtEgress(this.#pending[index & this.#mask], EGRESS_FAILED);
  }

  complete(out: Uint32Array, max: number): number {
    if (this.#writer !== null && this.#safeIndex !== this.#producerIndex) this.#flush(this.#writer);
    const ready = this.#safeIndex - this.#consumerIndex;
    const count = ready < max ? ready : max;
    const pending = this.#pending;
    const mask = this.#mask;
    const at = this.#consumerIndex;
    for (let k = 0; k < count; k++) out[k] = pending[(at + k) & mask];
    this.#consumerIndex = at + count;
    return count;
  }

  close(): void {
    this.#writer?.close();
  }
}
