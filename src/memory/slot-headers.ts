/** Hot: no allocation. Typed views of the dense slot headers in control memory; any thread may hold one. */
import { HEADER_BYTES, HEADER_BYTES_LOG2 } from './slot-layout.js';

const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The header array seen at three widths. A field is read as `u32[(slot << 4) + (HeaderOffset.mark >> 2)]`: the index
 * of a slot's first element is `slot << 4` in `u32`, `slot << 5` in `u16`, `slot << 6` in `u8`.
 */
export class SlotHeaders {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  /** The same words, signed: hashes and ids compare faster so, because they stay machine integers. */
  readonly i32: Int32Array;
  readonly slotCount: number;

  constructor(buffer: ArrayBufferLike, byteOffset: number, slotCount: number) {
    if (!isLittleEndian) throw new Error('slot headers are laid out for little-endian machines, and this one is big-endian');
    if (byteOffset % HEADER_BYTES !== 0) throw new RangeError(`slot headers must start on a ${HEADER_BYTES} B boundary, found ${byteOffset}`);
    const bytes = slotCount << HEADER_BYTES_LOG2;
    this.u8 = new Uint8Array(buffer, byteOffset, bytes);
    this.u16 = new Uint16Array(buffer, byteOffset, bytes >>> 1);
    this.u32 = new Uint32Array(buffer, byteOffset, bytes >>> 2);
    this.i32 = new Int32Array(buffer, byteOffset, bytes >>> 2);
    this.slotCount = slotCount;
  }
}
