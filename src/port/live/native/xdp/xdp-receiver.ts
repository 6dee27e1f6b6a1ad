/**
 * Hot: no allocation. The receiving half of an AF_XDP port: free slots go to the kernel, which writes frames into them; the
 * address that comes back is that of the slot, and where in it the frame begins. Nothing is copied here.
 */
import { LinkType, ParseFlag } from '../../../../memory/slot-layout.js';
import { builtInDrop } from '../../../../observe/drop-reasons.js';
import { readU16 } from '../../../../packet/bytes.js';
import { EtherType } from '../../../../packet/protocols.js';
import { begunChecksum, begunOffset, finishChecksum } from '../../../tunnel/finish-checksum.js';
import type { PortLedger } from '../../port-ledger.js';
import type { ReceivingEnd } from '../../ring-ends.js';
import { FRAMES } from '../frame-io.js';
import type { FrameGate } from '../frame-receiver.js';
import { moveChecksumStart, parkChecksum, writeBegun } from '../offload.js';
import type { KernelRingConsumer, KernelRingProducer } from './kernel-ring.js';
import type { XdpStatistics } from './xdp-socket.js';

const PACKET_TOO_LONG = builtInDrop('packet-too-long');
const NO_FREE_SLOT = builtInDrop('no-free-slot');
const INGRESS_OVERFLOW = builtInDrop('ingress-overflow');
/** How often the kernel is asked what it dropped. */
const ASK_PERIOD_MS = 500;
const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;

export interface XdpReceiverOptions {
  /** Every port that may send the packet finishes begun checksums. */
  keepsChecksums: boolean;
  gate: FrameGate | null;
}

/** Whether no padding follows the IP packet in a frame: it would be summed too. */
function endsWithPacket(bytes: Uint8Array, at: number, length: number): boolean {
  const l3 = at + ETHERNET_BYTES;
  return (readU16(bytes, l3 - 2) === EtherType.ipv4 ? readU16(bytes, l3 + 2) : readU16(bytes, l3 + 4) + IPV6_BYTES) === length - ETHERNET_BYTES;
}

export class XdpReceiver {
  readonly #end: ReceivingEnd;
  readonly #ledger: PortLedger;
  readonly #gate: FrameGate | null;
  readonly #fill: KernelRingProducer;
  readonly #rx: KernelRingConsumer;
  readonly #statistics: XdpStatistics;
  readonly #slotMask: number;
  readonly #keepsChecksums: boolean;
  /** Slots that the kernel has, with frames in them or not. */
  #lent = 0;
  #nextAskMs = 0;
  #dropped = 0;
  #ringFull = 0;
  #fillEmpty = 0;

  constructor(end: ReceivingEnd, ledger: PortLedger, fill: KernelRingProducer, rx: KernelRingConsumer, statistics: XdpStatistics, { keepsChecksums, gate }: XdpReceiverOptions) {
    this.#end = end;
    this.#ledger = ledger;
    this.#fill = fill;
    this.#rx = rx;
    this.#statistics = statistics;
    this.#gate = gate;
    this.#keepsChecksums = keepsChecksums;
    this.#slotMask = end.region.slotBytes - 1;
  }

  /** From now on drops count: what came before packets could flow never arrived. */
  begin(): void {
    this.#statistics.read();
    this.#dropped = this.#statistics.dropped;
    this.#fillEmpty = this.#statistics.fillEmpty;
  }

  /** Slots that the kernel may still write into. */
  get lent(): number {
    return this.#lent;
  }

  /** Takes a burst of what has arrived, without waiting; returns how many frames. */
  poll(wallMs: number): number {
    this.#lend();
    if (wallMs >= this.#nextAskMs) this.askForDropped(wallMs);
    const count = Math.min(FRAMES, this.#rx.available());
    if (count === 0) return 0;
    const end = this.#end;
    end.stamp(performance.timeOrigin + performance.now());
    for (let k = 0; k < count; k++) this.#receive(this.#rx.address(k), this.#rx.length(k));
    this.#rx.release(count);
    this.#lent -= count;
    end.publish();
    return count;
  }

  /** Hands all free slots to the kernel. */
  #lend(): void {
    const end = this.#end;
    let lent = 0;
    while (end.refill() > 0) {
      lent += end.count;
      while (end.count > 0) this.#fill.push(end.take());
    }
    if (lent === 0) return;
    this.#lent += lent;
    this.#fill.publish();
  }

  #receive(at: number, length: number): void {
    const end = this.#end;
    const offset = at & this.#slotMask;
    const slot = at - offset;
    const { bytes } = end.region;
    // A virtual cable promises to finish checksums, and does not when an XDP program takes the frame.
    const begun = begunChecksum(bytes, at, length);
    const keeps = begun > 0 && this.#keepsChecksums && endsWithPacket(bytes, at, length);
    if (begun > 0 && !keeps) finishChecksum(bytes, at, length);
    const reason = this.#gate === null ? 0 : this.#gate.admit(at, length);
    if (reason === 0) {
      if (keeps) {
        writeBegun(bytes, slot, begun, begunOffset(bytes, at));
        parkChecksum(bytes, slot, at);
        // Whoever sends it counts from where ports put frames that have a choice.
        moveChecksumStart(bytes, slot, offset - end.dataOffset(slot));
      }
      end.hand(slot, offset, length, LinkType.ethernet, keeps ? ParseFlag.offload : 0);
      return;
    }
    this.#ledger.drop(reason, 1, length);
    end.giveBack(slot);
  }

  /** Counts what the kernel dropped since the last time. It counts frames without a slot and frames too long for one together. */
  askForDropped(wallMs: number): void {
    this.#nextAskMs = wallMs + ASK_PERIOD_MS;
    const statistics = this.#statistics;
    statistics.read();
    const dropped = statistics.dropped - this.#dropped;
    const withoutSlot = Math.min(dropped, statistics.fillEmpty - this.#fillEmpty);
    if (withoutSlot > 0) this.#ledger.drop(NO_FREE_SLOT, withoutSlot, 0);
    if (dropped > withoutSlot) this.#ledger.drop(PACKET_TOO_LONG, dropped - withoutSlot, 0);
    if (statistics.ringFull > this.#ringFull) this.#ledger.drop(INGRESS_OVERFLOW, statistics.ringFull - this.#ringFull, 0);
    this.#dropped = statistics.dropped;
    this.#ringFull = statistics.ringFull;
    this.#fillEmpty = statistics.fillEmpty;
  }
}
