/**
 * pcapng (draft-ietf-opsawg-pcapng): sections of both byte orders, interfaces with their own link type and clock.
 *
 *   block               | type 4 | length 4 | body … | length 4 |
 *   section header      | 0x0a0d0d0a … | byte order 4 | major 2 | minor 2 | section length 8 | options |
 *   interface           | 1 … | link type 2 | reserved 2 | snap length 4 | options |
 *   enhanced packet     | 6 … | interface 4 | time 8 | captured length 4 | original length 4 | bytes | options |
 *   simple packet       | 3 … | original length 4 | bytes |
 *   packet (obsolete)   | 2 … | interface 2 | drops 2 | time 8 | captured length 4 | original length 4 | bytes | options |
 */
import { linkTypeFromFile } from './link-types.js';
import { MAX_REQUEST_BYTES } from './read-window.js';
import { CaptureReader, MAX_RECORD_BYTES, Step } from './reader.js';
import { fromUnits } from './timestamps.js';

const Block = { section: 0x0a0d0d0a, interface: 1, packet: 2, simplePacket: 3, enhancedPacket: 6 } as const;
/** Names, statistics, journal, secrets, sysdig and custom blocks: known, and of no use here. */
const PASSED_OVER = new Set([4, 5, 9, 10, 0x0bad, 0x40000bad]);
const Option = { end: 0, interfaceName: 2, timestampResolution: 9, timestampOffset: 14 } as const;

/** Type, length and the length again. */
const MIN_BLOCK_BYTES = 12;
const BLOCK_HEADER_BYTES = 8;
/** Bytes before the packet in the two blocks that tell its interface. */
const PACKET_HEADER_BYTES = 28;
const SIMPLE_HEADER_BYTES = 12;
/** Interface ids are 16 bit in the slot header. */
const MAX_INTERFACES = 65536;
const MICROSECONDS = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export class PcapngReader extends CaptureReader {
  readonly format = 'pcapng';
  #littleEndian = true;
  /** Id of the section's first interface among all of the file. */
  #firstInterface = 0;
  /** Interfaces of the section, also those beyond the limit. */
  #described = 0;
  readonly #moment = { seconds: 0, nanos: 0 };

  #u16(at: number): number {
    const bytes = this.window.buffer;
    return this.#littleEndian ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
  }

  #u32(at: number): number {
    const bytes = this.window.buffer;
    return this.#littleEndian
      ? (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
      : ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }

  protected override advance(): number {
    let found = this.need(MIN_BLOCK_BYTES, 'a block header');
    if (found !== Step.record) return found;
    if (this.#u32(this.window.cursor) === Block.section && !this.#findByteOrder()) return Step.ended;
    const type = this.#u32(this.window.cursor);
    const total = this.#u32(this.window.cursor + 4);
    const offset = this.window.fileOffset;
    if (total < MIN_BLOCK_BYTES || total % 4 !== 0) {
      this.log.add('block-length-invalid', offset, `${total} B`);
      return Step.ended;
    }
    const isPacket = type === Block.enhancedPacket || type === Block.packet || type === Block.simplePacket;
    const isFrame = type === Block.section || type === Block.interface;
    if (isFrame && total > MAX_REQUEST_BYTES) {
      this.log.add('block-length-invalid', offset, `${total} B of type 0x${type.toString(16)}`);
      return Step.ended;
    }
    if (total > MAX_REQUEST_BYTES || !(isPacket || isFrame)) {
      this.#passOver(type, total, offset, isPacket);
      return Step.nothing;
    }
    found = this.need(total, isPacket ? 'a packet block' : 'a block');
    if (found !== Step.record) {
      if (found === Step.ended && isPacket) this.records++;
      return found;
    }
    const at = this.window.cursor;
    if (this.#u32(at + total - 4) !== total && !this.log.again('block-trailer-mismatch')) {
      this.log.add('block-trailer-mismatch', offset, `${total} B in front, ${this.#u32(at + total - 4)} B behind`);
    }
    let step: number = Step.nothing;
    if (type === Block.section) step = this.#section(at, total, offset);
    else if (type === Block.interface) this.#interface(at, total, offset);
    else if (this.#packet(type, at, total, offset)) step = Step.record;
    this.window.skip(total);
    return step;
  }

  #passOver(type: number, total: number, offset: number, isPacket: boolean): void {
    if (isPacket) {
      this.records++;
      this.log.add('record-length-invalid', offset, `a packet block of ${total} B`);
    } else if (!PASSED_OVER.has(type)) {
      if (!this.log.again('block-unknown')) this.log.add('block-unknown', offset, `type 0x${type.toString(16)} of ${total} B`);
    }
    this.window.skip(total);
  }

  #findByteOrder(): boolean {
    const at = this.window.cursor + BLOCK_HEADER_BYTES;
    this.#littleEndian = true;
    if (this.#u32(at) === BYTE_ORDER_MAGIC) return true;
    this.#littleEndian = false;
    if (this.#u32(at) === BYTE_ORDER_MAGIC) return true;
    this.log.add('section-unsupported', this.window.fileOffset, `byte order 0x${this.#u32(at).toString(16)}`);
    return false;
  }

  #section(at: number, total: number, offset: number): number {
    const major = total < 28 ? 0 : this.#u16(at + 12);
    if (major !== 1) {
      this.log.add('section-unsupported', offset, total < 28 ? `a section header of ${total} B` : `version ${major}.${this.#u16(at + 14)}`);
      return Step.ended;
    }
    this.#firstInterface = this.interfaces.length;
    this.#described = 0;
    return Step.nothing;
  }

  #interface(at: number, total: number, offset: number): void {
    if (total < 20) {
      this.log.add('block-malformed', offset, `an interface of ${total} B`);
      return;
    }
    this.#described++;
    if (this.interfaces.length >= MAX_INTERFACES) {
      if (!this.log.again('interfaces-too-many')) this.log.add('interfaces-too-many', offset, `more than ${MAX_INTERFACES}`);
      return;
    }
    const fileLinkType = this.#u16(at + 8);
    const described = {
      name: '',
      fileLinkType,
      linkType: linkTypeFromFile(fileLinkType),
      snapLength: this.#u32(at + 12),
      resolution: MICROSECONDS,
      offsetSeconds: 0,
    };
    const end = at + total - 4;
    for (let option = at + 16; option + 4 <= end; ) {
      const code = this.#u16(option);
      const length = this.#u16(option + 2);
      const value = option + 4;
      // Options that run past the block end the list; what was read before them counts.
      if (code === Option.end || value + length > end) break;
      if (code === Option.interfaceName) described.name = this.#text(value, length);
      else if (code === Option.timestampResolution && length >= 1) described.resolution = this.buffer[value]!;
      else if (code === Option.timestampOffset && length >= 8) described.offsetSeconds = this.#signed64(value);
      option = value + ((length + 3) & ~3);
    }
    this.interfaces.push(described);
  }

  #text(at: number, length: number): string {
    const text = new TextDecoder().decode(this.buffer.subarray(at, at + length));
    const zero = text.indexOf('\0');
    return zero < 0 ? text : text.slice(0, zero);
  }

  #signed64(at: number): number {
    const first = this.#u32(at);
    const second = this.#u32(at + 4);
    const high = this.#littleEndian ? second : first;
    const low = this.#littleEndian ? first : second;
    return (high | 0) * 2 ** 32 + low;
  }

  #packet(type: number, at: number, total: number, offset: number): boolean {
    this.records++;
    const simple = type === Block.simplePacket;
    const headerBytes = simple ? SIMPLE_HEADER_BYTES : PACKET_HEADER_BYTES;
    const room = total - headerBytes - 4;
    if (room < 0) {
      if (!this.log.again('block-malformed')) this.log.add('block-malformed', offset, `a packet block of ${total} B`);
      return false;
    }
    let id = 0;
    if (type === Block.enhancedPacket) id = this.#u32(at + 8);
    else if (type === Block.packet) id = this.#u16(at + 8);
    const global = this.#firstInterface + id;
    if (id >= this.#described || global >= this.interfaces.length) {
      if (!this.log.again('interface-unknown')) this.log.add('interface-unknown', offset, `interface ${id} of ${this.#described}`);
      return false;
    }
    const source = this.interfaces[global];
    this.interfaceId = global;
    if (simple) {
      this.originalLength = this.#u32(at + 8);
      // Simple packets tell neither how much was kept nor when: the snap length says the one, the packet before the other.
      const kept = source.snapLength === 0 ? this.originalLength : Math.min(source.snapLength, this.originalLength);
      this.length = Math.min(kept, room);
    } else {
      this.length = this.#u32(at + 20);
      this.originalLength = this.#u32(at + 24);
      fromUnits(this.#u32(at + 12), this.#u32(at + 16), source.resolution, this.#moment);
      this.seconds = this.#moment.seconds + source.offsetSeconds;
      this.nanos = this.#moment.nanos;
    }
    if (this.length > room || this.length > MAX_RECORD_BYTES) {
      if (!this.log.again('record-length-invalid')) this.log.add('record-length-invalid', offset, `${this.length} B in a block with room for ${room} B`);
      return false;
    }
    this.dataOffset = at + headerBytes;
    this.position = this.window.position + headerBytes;
    return this.admit(offset);
  }
}
