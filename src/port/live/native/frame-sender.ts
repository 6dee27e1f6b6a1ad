/** Hot: no allocation. The sending half of a port on an interface: packets go to the system from where they lie. */
import { HeaderOffset, ParseFlag, initialDataOffset } from '../../../memory/slot-layout.js';
import { builtInDrop } from '../../../observe/drop-reasons.js';
import type { PacketSource } from '../../router/egress.js';
import { RESERVED_BYTES } from '../../router/headroom.js';
import type { SendingEnd } from '../ring-ends.js';
import { FRAMES, LOOK_MS, type FrameIo } from './frame-io.js';
import { Errno, type Libc } from './libc.js';
import { MessageVector } from './message-vector.js';
import { OFFLOAD_BYTES, isInside, liesInSlot, moveChecksumStart, unparkChecksum } from './offload.js';

const LINK_TYPE_MISMATCH = builtInDrop('link-type-mismatch');
const EGRESS_FAILED = builtInDrop('egress-failed');
const MTU_EXCEEDED = builtInDrop('mtu-exceeded');
const OFFLOAD_INVALID = builtInDrop('offload-invalid');
const PORT_DOWN = builtInDrop('port-down');

/** How often a full queue of the system is waited for, a millisecond each, before packets are given up. */
const MAX_WAITS = 100;
/** Bytes for each offload header. */
const HEADER_STRIDE = 16;

export class FrameSender {
  readonly #io: FrameIo;
  readonly #end: SendingEnd;
  readonly #source: PacketSource;
  readonly #linkType: number;
  readonly #vector: MessageVector;
  readonly #batch = new Uint32Array(FRAMES);
  /** Packets of the batch that are sent, by place in the vector; those left out have their reason. */
  readonly #reasons = new Uint16Array(FRAMES);
  readonly #places = new Uint8Array(FRAMES);
  readonly #regionAddress: number;
  readonly #headers: Uint8Array;
  readonly #headersAddress: number;
  #isOut = false;
  #nextLookMs = 0;

  /** @param source where packets to send come from: the end itself, or what routes them first. */
  constructor(libc: Libc, io: FrameIo, end: SendingEnd, source: PacketSource, linkType: number) {
    this.#io = io;
    this.#end = end;
    this.#source = source;
    this.#linkType = linkType;
    this.#vector = new MessageVector(libc, FRAMES, 2);
    this.#regionAddress = libc.addressOf(end.region.bytes);
    this.#headers = new Uint8Array(new SharedArrayBuffer(FRAMES * HEADER_STRIDE));
    this.#headersAddress = libc.addressOf(this.#headers);
  }

  /** Sends a burst; returns the number of packets that are done with. The clock is read only when there are any. */
  poll(): number {
    const count = this.#source.take(this.#batch, FRAMES);
    if (count === 0) return 0;
    this.#look(Date.now());
    let placed = 0;
    for (let k = 0; k < count; k++) {
      this.#reasons[k] = this.#place(this.#batch[k], placed);
      if (this.#reasons[k] === 0) this.#places[placed++] = k;
    }
    if (this.#isOut) for (let k = 0; k < placed; k++) this.#reasons[this.#places[k]] = PORT_DOWN;
    else this.#send(placed);
    for (let k = 0; k < count; k++) {
      if (this.#reasons[k] === 0) this.#end.sent(this.#batch[k]);
      else this.#end.dropped(this.#batch[k], this.#reasons[k]);
    }
    this.#end.publish();
    return count;
  }

  /** Lays the packet out as message `place`; returns 0, or why it cannot be sent. */
  #place(address: number, place: number): number {
    const { region, headers } = this.#end;
    const slot = region.slotIndex(address);
    if (headers.u8[(slot << 6) + HeaderOffset.linkType] !== this.#linkType) return LINK_TYPE_MISMATCH;
    const dataOffset = headers.u32[slot << 4];
    const length = headers.u32[(slot << 4) + 1];
    if (!liesInSlot(dataOffset, length, 0, region.slotBytes)) return EGRESS_FAILED;
    const at = place * HEADER_STRIDE;
    if ((headers.u8[(slot << 6) + HeaderOffset.parseFlags] & ParseFlag.offload) !== 0) {
      // What grew or shrank in front of the packet moved the bytes that are summed.
      moveChecksumStart(region.bytes, address, initialDataOffset(slot) - dataOffset);
      if (dataOffset < RESERVED_BYTES || !isInside(region.bytes, address, length)) return OFFLOAD_INVALID;
      unparkChecksum(region.bytes, address, address + dataOffset);
      for (let k = 0; k < OFFLOAD_BYTES; k++) this.#headers[at + k] = region.bytes[address + k]!;
    } else this.#headers.fill(0, at, at + OFFLOAD_BYTES);
    this.#vector.setPiece(place, 0, this.#headersAddress + at, OFFLOAD_BYTES);
    this.#vector.setPiece(place, 1, this.#regionAddress + address + dataOffset, length);
    return 0;
  }

  #look(wallMs: number): void {
    // A clock that was set back is no reason to wait.
    if (wallMs < this.#nextLookMs && wallMs >= this.#nextLookMs - LOOK_MS) return;
    this.#isOut = this.#io.outage() !== null;
    // While there is an outage each burst asks: none is dropped after its end.
    this.#nextLookMs = this.#isOut ? 0 : wallMs + LOOK_MS;
  }

  #send(placed: number): void {
    let waits = 0;
    for (let from = 0; from < placed; ) {
      const sent = this.#io.send(this.#vector, from, placed);
      if (sent > 0) {
        from += sent;
        continue;
      }
      const error = -sent;
      if ((error === Errno.again || error === Errno.nobufs || error === Errno.intr) && waits++ < MAX_WAITS) this.#io.waitToSend();
      else this.#reasons[this.#places[from++]] = reasonOf(error);
    }
  }
}

function reasonOf(error: number): number {
  if (error === Errno.msgsize) return MTU_EXCEEDED;
  const isDown = error === Errno.netdown || error === Errno.nxio || error === Errno.nodev || error === Errno.io || error === Errno.badfd;
  return isDown ? PORT_DOWN : EGRESS_FAILED;
}
