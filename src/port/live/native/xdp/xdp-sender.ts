/**
 * Hot: no allocation. The sending half of an AF_XDP port: descriptors of packets go to the kernel, which sends them from where
 * they lie and returns their addresses when it is done.
 */
import { HeaderOffset, LinkType, ParseFlag, initialDataOffset } from '../../../../memory/slot-layout.js';
import { builtInDrop } from '../../../../observe/drop-reasons.js';
import type { PacketSource } from '../../../router/egress.js';
import { RESERVED_BYTES } from '../../../router/headroom.js';
import type { SendingEnd } from '../../ring-ends.js';
import { FRAMES, LOOK_MS } from '../frame-io.js';
import { Errno, type Libc } from '../libc.js';
import { checksumOffset, checksumStart, completeChecksum, isInside, liesInSlot, moveChecksumStart, unparkChecksum } from '../offload.js';
import type { KernelRingConsumer, KernelRingProducer } from './kernel-ring.js';
import { HAS_TX_METADATA, TX_METADATA_BYTES, askForChecksum } from './tx-metadata.js';

const LINK_TYPE_MISMATCH = builtInDrop('link-type-mismatch');
const EGRESS_FAILED = builtInDrop('egress-failed');
const MTU_EXCEEDED = builtInDrop('mtu-exceeded');
const OFFLOAD_INVALID = builtInDrop('offload-invalid');
const PORT_DOWN = builtInDrop('port-down');

const MSG_DONTWAIT = 0x40;
/** An Ethernet header with a VLAN tag. */
const LINK_BYTES = 18;
/** How often a full queue of the system is waited for, a millisecond each, before packets are given up. */
const MAX_WAITS = 100;

export interface SenderOptions {
  descriptor: number;
  /** The kernel computes checksums. */
  sums: boolean;
  /** Longest IP packet that the interface takes. */
  mtu: number;
  /** Whether what is sent now is lost although the kernel takes it. */
  isOut: () => boolean;
  /** Waits a moment until more can be sent. */
  wait: () => void;
}

export class XdpSender {
  readonly #libc: Libc;
  readonly #end: SendingEnd;
  readonly #source: PacketSource;
  readonly #tx: KernelRingProducer;
  readonly #completion: KernelRingConsumer;
  readonly #options: SenderOptions;
  readonly #slotMask: number;
  readonly #batch = new Uint32Array(FRAMES);
  /** Of each slot, whether the kernel has it. */
  readonly #isSending: Uint8Array;
  #sending = 0;
  /** Why packets were given up last. */
  #gaveUpFor = EGRESS_FAILED;
  #isOut = false;
  #nextLookMs = 0;

  constructor(libc: Libc, end: SendingEnd, source: PacketSource, tx: KernelRingProducer, completion: KernelRingConsumer, options: SenderOptions) {
    this.#libc = libc;
    this.#end = end;
    this.#source = source;
    this.#tx = tx;
    this.#completion = completion;
    this.#options = options;
    this.#slotMask = end.region.slotBytes - 1;
    this.#isSending = new Uint8Array(end.region.slots);
  }

  /** Packets that the kernel has not returned yet. */
  get sending(): number {
    return this.#sending;
  }

  /** Sends a burst and takes back what has left; returns the number of packets that moved on. */
  poll(): number {
    let done = this.#complete();
    const count = this.#source.take(this.#batch, FRAMES);
    if (count > 0) this.#look(Date.now());
    // What was given up stays in the ring until the kernel looks at it, and fills it while the interface is down.
    const room = this.#tx.capacity - this.#tx.occupancy();
    let placed = 0;
    for (let k = 0; k < count; k++) {
      const reason = this.#isOut ? PORT_DOWN : placed < room ? this.#place(this.#batch[k]) : this.#gaveUpFor;
      if (reason === 0) placed++;
      else this.#end.dropped(this.#batch[k], reason);
    }
    if (count > 0 && this.#isOut) done += count;
    else if (count > 0) {
      this.#tx.publish();
      this.#kick(placed);
      done += count + this.#complete();
    }
    if (done > 0) this.#end.publish();
    return done;
  }

  #look(wallMs: number): void {
    // A clock that was set back is no reason to wait.
    if (wallMs < this.#nextLookMs && wallMs >= this.#nextLookMs - LOOK_MS) return;
    this.#isOut = this.#options.isOut();
    // While there is an outage each burst asks: none is dropped after its end.
    this.#nextLookMs = this.#isOut ? 0 : wallMs + LOOK_MS;
  }

  /** Makes a descriptor of the packet; returns 0, or why it cannot be sent. */
  #place(address: number): number {
    const { region, headers } = this.#end;
    const slot = region.slotIndex(address);
    if (headers.u8[(slot << 6) + HeaderOffset.linkType] !== LinkType.ethernet) return LINK_TYPE_MISMATCH;
    const length = headers.u32[(slot << 4) + 1];
    if (length > this.#options.mtu + LINK_BYTES) return MTU_EXCEEDED;
    const dataOffset = headers.u32[slot << 4];
    // The kernel looks at these bytes too, wherever they are asked for.
    if (!liesInSlot(dataOffset, length, TX_METADATA_BYTES, region.slotBytes)) return EGRESS_FAILED;
    const begun = (headers.u8[(slot << 6) + HeaderOffset.parseFlags] & ParseFlag.offload) !== 0;
    if (begun) {
      moveChecksumStart(region.bytes, address, initialDataOffset(slot) - dataOffset);
      if (!isInside(region.bytes, address, length)) return OFFLOAD_INVALID;
    }
    const options = begun ? this.#finishChecksum(address, dataOffset, length) : 0;
    this.#tx.pushPacket(address + dataOffset, length, options);
    this.#isSending[slot] = 1;
    this.#sending++;
    return 0;
  }

  /** The begun checksum is finished here, or by the kernel: returns the options of the descriptor. */
  #finishChecksum(address: number, dataOffset: number, length: number): number {
    const { bytes } = this.#end.region;
    const start = address + dataOffset;
    unparkChecksum(bytes, address, start);
    if (this.#options.sums && dataOffset >= TX_METADATA_BYTES + RESERVED_BYTES) {
      askForChecksum(bytes, start, checksumStart(bytes, address), checksumOffset(bytes, address));
      return HAS_TX_METADATA;
    }
    completeChecksum(bytes, address, start, length);
    return 0;
  }

  /** Has the kernel take what is in the tx ring, whose last `placed` entries are new: a bounded number of packets a call. */
  #kick(placed: number): void {
    let waits = 0;
    while (this.#tx.occupancy() > 0) {
      const before = this.#tx.occupancy();
      const error = this.#libc.sendto(this.#options.descriptor, null, 0, MSG_DONTWAIT, null, 0) >= 0 ? 0 : this.#libc.errno();
      if (error === Errno.netdown || error === Errno.nxio || error === Errno.nodev) {
        this.#giveUp(PORT_DOWN, placed);
        return;
      }
      // What is not a full queue does not pass by waiting.
      if (error !== 0 && error !== Errno.again && error !== Errno.busy && error !== Errno.nobufs && error !== Errno.intr) {
        this.#giveUp(EGRESS_FAILED, placed);
        return;
      }
      this.#complete();
      if (this.#tx.occupancy() < before) continue;
      if (waits++ >= MAX_WAITS) {
        this.#giveUp(EGRESS_FAILED, placed);
        return;
      }
      this.#options.wait();
    }
  }

  /** The kernel does not take what is in the tx ring: it goes no further. What lies in front of the new entries was given up before. */
  #giveUp(reason: number, placed: number): void {
    this.#gaveUpFor = reason;
    const count = this.#tx.occupancy();
    for (let k = Math.max(0, count - placed); k < count; k++) {
      const at = this.#tx.waiting(k);
      this.#tx.spoil(k);
      if (at >= 0) this.#conclude(at - (at & this.#slotMask), reason);
    }
  }

  /** Takes back what has left. */
  #complete(): number {
    const count = this.#completion.available();
    if (count === 0) return 0;
    for (let k = 0; k < count; k++) {
      const at = this.#completion.address(k);
      this.#conclude(at - (at & this.#slotMask), 0);
    }
    this.#completion.release(count);
    return count;
  }

  #conclude(address: number, reason: number): void {
    const { region } = this.#end;
    // What was given up may have been sent at the very moment; and spoilt entries hold no slot.
    if (!region.isAddress(address) || this.#isSending[region.slotIndex(address)] === 0) return;
    this.#isSending[region.slotIndex(address)] = 0;
    this.#sending--;
    if (reason === 0) this.#end.sent(address);
    else this.#end.dropped(address, reason);
  }
}
