/**
 * Hot: no allocation. The receiving half of a port on an interface: frames are read straight into free slots; what virtual
 * interfaces leave undone is completed, or kept for the port that sends the packet, where every port can.
 */
import { BlockCopier } from '../../../memory/block-copier.js';
import { LinkType, ParseFlag } from '../../../memory/slot-layout.js';
import { builtInDrop } from '../../../observe/drop-reasons.js';
import { writeU32 } from '../../../packet/bytes.js';
import { TCP_CHECKSUM } from '../../../packet/l4-checksum.js';
import type { PortLedger } from '../port-ledger.js';
import type { ReceivingEnd } from '../ring-ends.js';
import { FRAMES, type FrameIo } from './frame-io.js';
import type { Libc } from './libc.js';
import { MessageVector } from './message-vector.js';
import {
  GsoType, OFFLOAD_BYTES, completeChecksum, gsoType, isInside, moveChecksumStart, needsChecksum, parkChecksum, segmentBytes, writeBegun,
} from './offload.js';
import { Segmenter } from '../../segment.js';

const PACKET_TOO_LONG = builtInDrop('packet-too-long');
const NO_FREE_SLOT = builtInDrop('no-free-slot');
const INGRESS_OVERFLOW = builtInDrop('ingress-overflow');
const OFFLOAD_INVALID = builtInDrop('offload-invalid');

/** A long TCP packet with its headers. */
const LONGEST_FRAME_BYTES = 65536 + 64;
const MAC_BYTES = 12;
const TAG_BYTES = 4;
/** How often the system is asked what it dropped. */
const ASK_PERIOD_MS = 1000;

/** What a port does with a frame before it goes to the manager: `Gate` of src/port/router is one. */
export interface FrameGate {
  /**
   * Looks at the frame at `region[start, start + length)`, and may rewrite it.
   * @returns 0 when it goes on; a drop reason when it goes no further.
   */
  admit(start: number, length: number): number;
}

export interface ReceiverOptions {
  linkType: number;
  /** Every port that may send the packet finishes begun checksums. */
  keepsChecksums: boolean;
  /** They divide long TCP packets too, and slots hold these. */
  keepsLong: boolean;
  gate: FrameGate | null;
}

export class FrameReceiver {
  readonly #io: FrameIo;
  readonly #end: ReceivingEnd;
  readonly #ledger: PortLedger;
  readonly #linkType: number;
  readonly #keepsChecksums: boolean;
  readonly #keepsLong: boolean;
  readonly #gate: FrameGate | null;
  readonly #vector: MessageVector;
  readonly #laidOut = new Float64Array(FRAMES).fill(-1);
  readonly #batch = new Uint32Array(FRAMES);
  readonly #regionAddress: number;
  /** Where the rest of a frame goes that is longer than a slot, for each message; its first bytes are put in front of it. */
  readonly #overflow: Uint8Array;
  readonly #overflowBytes: number;
  readonly #segmenter = new Segmenter();
  readonly #copier = new BlockCopier();
  /** When the first frame came of the last burst that was waited for, on the clock of `performance.now`. */
  waitedUntilMs = 0;
  #nextAskMs = 0;

  constructor(libc: Libc, io: FrameIo, end: ReceivingEnd, ledger: PortLedger, { linkType, keepsChecksums, keepsLong, gate }: ReceiverOptions) {
    this.#io = io;
    this.#end = end;
    this.#ledger = ledger;
    this.#linkType = linkType;
    this.#keepsChecksums = keepsChecksums;
    this.#keepsLong = keepsLong;
    this.#gate = gate;
    const { maxPacketBytes, bytes } = end.region;
    this.#regionAddress = libc.addressOf(bytes);
    const isShort = maxPacketBytes < LONGEST_FRAME_BYTES;
    this.#overflowBytes = isShort ? LONGEST_FRAME_BYTES : 0;
    this.#vector = new MessageVector(libc, FRAMES, isShort ? 3 : 2);
    this.#overflow = new Uint8Array(new SharedArrayBuffer(Math.max(8, FRAMES * this.#overflowBytes)));
    if (!isShort) return;
    const address = libc.addressOf(this.#overflow);
    for (let k = 0; k < FRAMES; k++) this.#vector.setPiece(k, 2, address + k * LONGEST_FRAME_BYTES + maxPacketBytes, LONGEST_FRAME_BYTES - maxPacketBytes);
  }

  /** Receives a burst; `mayWait`: waits a moment for its first frame. There must be a free slot. Returns how many; negative: an error number. */
  poll(wallMs: number, mayWait: boolean): number {
    const end = this.#end;
    const most = Math.min(FRAMES, end.refill());
    const top = end.count - 1;
    for (let k = 0; k < most; k++) this.#layOut(k, end.stock[top - k]);
    const count = this.#io.receive(this.#vector, most, mayWait);
    this.askWhenDue(wallMs);
    if (count <= 0) return count;
    for (let k = 0; k < count; k++) this.#batch[k] = end.stock[top - k]!;
    end.count -= count;
    const cameMs = performance.now();
    if (mayWait) this.waitedUntilMs = cameMs;
    end.stamp(performance.timeOrigin + cameMs);
    for (let k = 0; k < count; k++) if (!this.#receive(k, this.#batch[k])) end.giveBack(this.#batch[k]);
    end.publish();
    return count;
  }

  #layOut(k: number, address: number): void {
    if (this.#laidOut[k] === address) return;
    this.#laidOut[k] = address;
    // The offload header lies at the slot's start, where nothing in front of the packet reaches soon.
    this.#vector.setPiece(k, 0, this.#regionAddress + address, OFFLOAD_BYTES);
    this.#vector.setPiece(k, 1, this.#regionAddress + address + this.#end.dataOffset(address), this.#end.region.maxPacketBytes);
  }

  /** Counts what the system dropped in front of the port, when it is time to ask for it. */
  askWhenDue(wallMs: number): void {
    // A clock that was set back is no reason to wait for where it was.
    if (wallMs < this.#nextAskMs && wallMs >= this.#nextAskMs - ASK_PERIOD_MS) return;
    this.#nextAskMs = wallMs + ASK_PERIOD_MS;
    this.ask();
  }

  /** The same, at any time. */
  ask(): void {
    const dropped = this.#io.dropped();
    if (dropped > 0) this.#ledger.drop(INGRESS_OVERFLOW, dropped, 0);
  }

  /** What was read into the slot as message k. False when the slot was not used. */
  #receive(k: number, address: number): boolean {
    const { bytes, maxPacketBytes } = this.#end.region;
    const length = this.#io.length(this.#vector, k);
    const isLong = gsoType(bytes, address) !== GsoType.none;
    if (length <= 0 || length > Math.max(maxPacketBytes, this.#overflowBytes)) return this.#drop(PACKET_TOO_LONG, length);
    if (needsChecksum(bytes, address) && !isInside(bytes, address, length)) return this.#drop(OFFLOAD_INVALID, length);
    if (isLong && !this.#keepsLong) {
      this.#cut(k, address, length);
      return false;
    }
    if (length > maxPacketBytes) return this.#drop(PACKET_TOO_LONG, length);
    return this.#hand(address, length, this.#io.vlanTag(this.#vector, k));
  }

  #hand(address: number, frameBytes: number, tag: number): boolean {
    const { bytes } = this.#end.region;
    let dataOffset = this.#end.dataOffset(address);
    let length = frameBytes;
    if (tag !== 0 && length >= MAC_BYTES) {
      dataOffset -= TAG_BYTES;
      length += TAG_BYTES;
      putTag(bytes, address + dataOffset, tag);
      moveChecksumStart(bytes, address, TAG_BYTES);
    }
    const start = address + dataOffset;
    const begun = needsChecksum(bytes, address);
    if (begun && !this.#keepsChecksums) completeChecksum(bytes, address, start, length);
    const reason = this.#gate === null ? 0 : this.#gate.admit(start, length);
    if (reason !== 0) return this.#drop(reason, length);
    const keeps = begun && this.#keepsChecksums;
    if (keeps) {
      parkChecksum(bytes, address, start);
      // Whoever sends it counts from where a frame without a tag begins.
      if (tag !== 0) moveChecksumStart(bytes, address, -TAG_BYTES);
    }
    this.#end.hand(address, dataOffset, length, this.#linkType, keeps ? ParseFlag.offload : 0);
    return true;
  }

  /** A long TCP packet becomes packets of the length that it would have had on a wire, each in a slot of its own. */
  #cut(k: number, address: number, length: number): void {
    const { bytes, maxPacketBytes } = this.#end.region;
    const frame = k * LONGEST_FRAME_BYTES;
    const start = address + this.#end.dataOffset(address);
    const inSlot = Math.min(length, maxPacketBytes);
    this.#copier.copy(bytes, start, this.#overflow, frame, inSlot);
    const tag = this.#io.vlanTag(this.#vector, k);
    const linkBytes = this.#linkType === LinkType.ethernet ? MAC_BYTES + 2 : 0;
    const packets = this.#segmenter.begin(this.#overflow, frame, length, linkBytes, segmentBytes(bytes, address));
    const longest = this.#segmenter.headerBytes + segmentBytes(bytes, address) + TAG_BYTES;
    if (packets === 0 || longest > maxPacketBytes) {
      this.#drop(packets === 0 ? OFFLOAD_INVALID : PACKET_TOO_LONG, length);
      return;
    }
    for (let packet = 0; packet < packets; packet++) {
      const slot = this.#end.take();
      if (slot < 0) {
        this.#ledger.drop(NO_FREE_SLOT, packets - packet, 0);
        return;
      }
      const written = this.#segmenter.write(packet, bytes, slot + this.#end.dataOffset(slot), this.#keepsChecksums);
      if (this.#keepsChecksums) writeBegun(bytes, slot, this.#segmenter.l4Offset, TCP_CHECKSUM);
      else bytes.fill(0, slot, slot + OFFLOAD_BYTES);
      if (!this.#hand(slot, written, tag)) this.#end.giveBack(slot);
    }
  }

  #drop(reason: number, bytes: number): false {
    this.#ledger.drop(reason, 1, Math.max(0, bytes));
    return false;
  }
}

/** Moves the two hardware addresses ahead and puts the tag behind them, where the wire has it. */
function putTag(bytes: Uint8Array, start: number, tag: number): void {
  for (let at = start; at < start + MAC_BYTES; at++) bytes[at] = bytes[at + TAG_BYTES]!;
  writeU32(bytes, start + MAC_BYTES, tag);
}
