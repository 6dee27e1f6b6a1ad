/**
 * Hot: no allocation. The sending half of a leg: takes packets from the tx ring, lets each be routed, keeps those whose
 * neighbour is not known, and gives the port what is ready to be sent. It owns the neighbours.
 */
import { HeaderOffset, ParseFlag, initialDataOffset } from '../../memory/slot-layout.js';
import { builtInDrop } from '../../observe/drop-reasons.js';
import { completeChecksum, moveChecksumStart, unparkChecksum } from '../live/native/offload.js';
import type { SendingEnd } from '../live/ring-ends.js';
import { Asker } from './asker.js';
import { Forwarding, Outcome } from './forwarding.js';
import { Fragmenter, MAX_HEADER_BYTES } from './fragmenter.js';
import type { Legs } from './leg.js';
import { LinkHeader } from './link-header.js';
import { ETHERNET_BYTES } from './messages.js';
import { NeighbourTable, type NeighbourEvents } from './neighbour-table.js';
import type { ReportReader } from './reports.js';
import type { FrameOutlet } from './responder.js';

const NEIGHBOUR_QUEUE_FULL = builtInDrop('neighbour-queue-full');
const EGRESS_FAILED = builtInDrop('egress-failed');

/** Packets that wait for all neighbours of a leg: at most this many, and at most one slot in eight. */
const MAX_WAITING = 128;
const WAITING_SHARE = 8;
const NONE = -1;

/** Where a port takes what it is to send. */
export interface PacketSource {
  /** Writes addresses of packets to send into `out`, at most `max`, and returns how many. */
  take(out: Uint32Array, max: number): number;
}

export interface EgressOptions {
  legs: Legs;
  /** Index of the leg's port. */
  port: number;
  linkType: number;
  reports: ReportReader;
  outlet: FrameOutlet;
  /** Milliseconds, from any point on; never goes back. */
  clock: () => number;
}

export class RouterEgress implements PacketSource, NeighbourEvents {
  readonly #end: SendingEnd;
  readonly #forwarding: Forwarding;
  readonly #neighbours: NeighbourTable;
  readonly #asker: Asker;
  readonly #reports: ReportReader;
  readonly #outlet: FrameOutlet;
  readonly #clock: () => number;
  readonly #link: LinkHeader;
  readonly #mtu: number;
  readonly #fragmenter = new Fragmenter();
  readonly #head = new Uint8Array(ETHERNET_BYTES + MAX_HEADER_BYTES);
  readonly #batch: Uint32Array;
  /** Packets that waited and can go now, in order. */
  readonly #ready: Uint32Array;
  #readyFirst = 0;
  #readyCount = 0;
  /** A packet that goes in fragments, after those that were given out before it. */
  #long = NONE;
  #nowMs = 0;

  constructor(end: SendingEnd, { legs, port, linkType, reports, outlet, clock }: EgressOptions) {
    const { region, headers } = end;
    const leg = legs[port]!;
    const maxWaiting = Math.max(1, Math.min(MAX_WAITING, Math.floor(region.slots / WAITING_SHARE)));
    this.#end = end;
    this.#neighbours = new NeighbourTable(this, region.slots, (address) => region.slotIndex(address), maxWaiting);
    this.#link = new LinkHeader(region, headers, linkType, leg.mac);
    this.#forwarding = new Forwarding(region, headers, this.#link, legs, port, this.#neighbours);
    this.#asker = new Asker(leg, this.#neighbours, outlet);
    this.#reports = reports;
    this.#outlet = outlet;
    this.#clock = clock;
    this.#mtu = leg.mtu;
    this.#ready = new Uint32Array(maxWaiting);
    this.#batch = new Uint32Array(1);
  }

  take(out: Uint32Array, max: number): number {
    this.#nowMs = this.#clock();
    this.#reports.drain(this.#neighbours, this.#nowMs);
    this.#neighbours.passTime(this.#nowMs);
    if (this.#long !== NONE) this.#fragment(this.#long);
    this.#long = NONE;
    let count = 0;
    while (count < max && this.#long === NONE) {
      const address = this.#next();
      if (address === NONE) break;
      if (!this.#forwarding.isLong(address)) out[count++] = address;
      else if (count === 0) this.#fragment(address);
      else this.#long = address;
    }
    if (count === 0) this.#end.publish();
    return count;
  }

  get hasWork(): boolean {
    return this.#end.hasPackets || this.#readyCount > 0 || this.#long !== NONE || !this.#reports.isEmpty;
  }

  /** Milliseconds until a neighbour is to be asked again; Infinity when none is. */
  get restMs(): number {
    const { nextAt } = this.#neighbours;
    return nextAt === Infinity ? Infinity : Math.max(1, nextAt - this.#clock());
  }

  /** Packets that wait for a neighbour. */
  get waiting(): number {
    return this.#neighbours.waiting + this.#readyCount;
  }

  ask(entry: number, unicast: boolean): void {
    this.#asker.ask(entry, unicast);
  }

  resolved(entry: number, address: number): void {
    this.#link.address(address, this.#neighbours, entry);
    this.#ready[(this.#readyFirst + this.#readyCount++) % this.#ready.length] = address;
  }

  failed(address: number): void {
    const reason = this.#forwarding.unresolved(address, this.#nowMs);
    this.#conclude(address, reason);
  }

  crowdedOut(address: number): void {
    this.#end.dropped(address, NEIGHBOUR_QUEUE_FULL);
  }

  /** The next packet that is ready; -1 when there is none. */
  #next(): number {
    if (this.#readyCount > 0) {
      const address = this.#ready[this.#readyFirst];
      this.#readyFirst = (this.#readyFirst + 1) % this.#ready.length;
      this.#readyCount--;
      return address;
    }
    while (this.#end.take(this.#batch, 1) > 0) {
      const address = this.#batch[0];
      const outcome = this.#forwarding.forward(address, this.#nowMs);
      if (outcome === Outcome.send) return address;
      if (outcome !== Outcome.wait) this.#conclude(address, outcome);
    }
    return NONE;
  }

  #conclude(address: number, reason: number): void {
    if (this.#forwarding.isAnswered) this.#end.answered(address, reason);
    else this.#end.dropped(address, reason);
  }

  #fragment(address: number): void {
    const { bytes } = this.#end.region;
    const start = this.#finishChecksum(address);
    const head = this.#head;
    for (let k = 0; k < this.#link.bytes; k++) head[k] = bytes[start + k]!;
    const fragmenter = this.#fragmenter;
    fragmenter.begin(bytes, start + this.#link.bytes, this.#mtu);
    let isSent = true;
    for (let header = fragmenter.next(head, this.#link.bytes); header > 0 && isSent; header = fragmenter.next(head, this.#link.bytes)) {
      isSent = this.#outlet.sendPieces(head, this.#link.bytes + header, bytes, fragmenter.payload, fragmenter.payloadBytes);
    }
    if (isSent) this.#end.sent(address);
    else this.#end.dropped(address, EGRESS_FAILED);
  }

  /** A begun checksum covers the whole packet, so it is finished before that is cut. Returns where the frame begins. */
  #finishChecksum(address: number): number {
    const { region, headers } = this.#end;
    const slot = region.slotIndex(address);
    const dataOffset = headers.u32[slot << 4];
    const start = address + dataOffset;
    const flags = (slot << 6) + HeaderOffset.parseFlags;
    if ((headers.u8[flags] & ParseFlag.offload) === 0) return start;
    headers.u8[flags] &= ~ParseFlag.offload;
    moveChecksumStart(region.bytes, address, initialDataOffset(slot) - dataOffset);
    unparkChecksum(region.bytes, address, start);
    completeChecksum(region.bytes, address, start, headers.u32[(slot << 4) + 1]);
    return start;
  }
}
