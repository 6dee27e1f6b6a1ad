/**
 * What the manager shows of packets, to those who watch: what comes in, what is dropped, what has left. VMs show the rest
 * (src/vm/vm-watch.ts), so it does not matter whether packets go from VM to VM by the manager. Asked only while somebody
 * watches.
 */
import { ConnectionTable } from '../flow/connection-table.js';
import { FLOW_INDEX_MASK } from '../flow/flow-id.js';
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, VerdictKind } from '../memory/slot-layout.js';
import { FIRST_DECLARED_DROP, builtInDrop } from '../observe/drop-reasons.js';
import { Packet } from '../packet/packet.js';
import { RecordWriter } from '../ring/record-ring.js';
import { ActiveWatches } from '../watch/active-watches.js';
import { NO_FUNCTION, NO_ROUTE, RecordKind } from '../watch/record.js';
import { Recorder } from '../watch/recorder.js';
import { INGRESS, pointOf, type WatchSpec } from '../watch/watch-spec.js';
import type { Classification } from './classification.js';
import type { ManagerSpec } from './manager-spec.js';
import { placeOf, vmAt } from './route.js';
import { Place, type SlotBook } from './slot-book.js';

/** Reasons for which a packet is dropped as it comes in, before it has a path. */
const NO_PATH = builtInDrop('no-path');
const PACKET_EMPTY = builtInDrop('packet-empty');
const CHAIN_STOPPED = builtInDrop('chain-stopped');
const NF_CRASH = builtInDrop('nf-crash');
/** Built-in reasons that are about a VM. */
const ABOUT_VM: readonly number[] = [builtInDrop('tx-pointer-invalid'), builtInDrop('tx-bounds-invalid'), NF_CRASH, CHAIN_STOPPED];
/** Where everything that is watched is to be seen, ingress pauses while a quarter of a ring is unread. */
const isFilling = ({ unread, capacity }: RecordWriter): boolean => unread > capacity >>> 2;
const NO_FLOWS = new Uint32Array(0);

interface WatchParts {
  readonly region: Region;
  readonly headers: SlotHeaders;
  readonly book: SlotBook;
  readonly classification: Classification;
}

export class ManagerWatch {
  /** Somebody watches: looked at once a burst, and for each packet that is dropped. */
  isOn = false;
  readonly #spec: ManagerSpec;
  readonly #parts: WatchParts;
  readonly #recorder: Recorder;
  readonly #marks: Uint32Array;
  readonly #packet: Packet;
  /** The rings of the VMs: only their load is read here. */
  readonly #vmRings: readonly RecordWriter[];
  #watches = new ActiveWatches([]);
  /** By index of a flow id: the id, when the connection is traced. */
  #tracedFlows = NO_FLOWS;
  #lastSerial = 0;

  constructor(buffer: ArrayBufferLike, spec: ManagerSpec, parts: WatchParts, mainDoorbellOffset: number) {
    const { region, headers } = parts;
    this.#spec = spec;
    this.#parts = parts;
    this.#recorder = new Recorder(buffer, spec.watch.ring, headers, region.slotBytes, mainDoorbellOffset);
    this.#marks = new Uint32Array(buffer, spec.watch.marksOffset, region.slots);
    this.#packet = new Packet(headers, region.slotBytes);
    this.#vmRings = spec.vms.map(({ watchRing }) => new RecordWriter(buffer, watchRing));
    this.replace(spec.watch.watches);
  }

  replace(specs: readonly WatchSpec[]): void {
    this.#watches = new ActiveWatches(specs);
    this.isOn = !this.#watches.isEmpty;
    if ((this.#watches.trace?.connections ?? null) !== null && this.#tracedFlows.length === 0) this.#tracedFlows = new Uint32Array(ConnectionTable.maxFlowIndex(this.#spec.flowCapacity) + 1);
  }

  /** Whether ingress is to wait for main to read. Never where packets would be lost by waiting. */
  isBehind(): boolean {
    if (!this.isOn || !this.#spec.watch.waits) return false;
    return isFilling(this.#recorder.writer) || this.#vmRings.some(isFilling);
  }

  /** Packets have come in and are on their way to the first hop; no VM has seen them yet. */
  received(addresses: Uint32Array, count: number): void {
    const { region, book } = this.#parts;
    for (let k = 0; k < count; k++) {
      const slot = region.slotIndex(addresses[k]);
      if (book.place[slot] !== Place.pool) this.#entered(addresses[k], slot, book.pathOf(slot));
    }
  }

  dropped(address: number, slot: number, reason: number): void {
    const { trace } = this.#watches;
    const isHomeless = reason === NO_PATH || reason === PACKET_EMPTY;
    if (trace !== null && this.#marks[slot] === 0 && (reason === NO_PATH || reason === CHAIN_STOPPED)) this.#entered(address, slot, NO_ROUTE);
    this.#end(address, slot, isHomeless ? NO_ROUTE : this.#parts.book.pathOf(slot), { kind: RecordKind.dropped, verdict: VerdictKind.drop, reason });
    this.#marks[slot] = 0;
  }

  /** The packet was rewritten into an answer, by a VM or by its egress port: what it was counts as dropped. */
  answered(address: number, slot: number, reason: number): void {
    const { book, classification } = this.#parts;
    const route = book.pathOf(slot);
    this.#end(address, slot, route, { kind: RecordKind.answered, verdict: VerdictKind.reply, reason });
    if (book.hopOf(slot) < classification.routes[route].hops) return;
    // By a port: nobody else shows it on its first link.
    const direction = book.directionOf(slot) === Direction.forward ? Direction.reverse : Direction.forward;
    const packet = this.#at(address, slot);
    packet.reparse();
    const watches = this.#watches;
    const bits = watches.tapsAt(packet, pointOf(route, direction, INGRESS), false);
    if (bits !== 0) this.#recorder.write(packet, { watches: bits, kind: RecordKind.entered, verdict: 0, reason: 0, route, direction, hop: 0, function: NO_FUNCTION, serial: 0, snapLength: watches.snapLength, text: '' });
  }

  /** A port has transmitted those from `addresses[from]` up to `to`. */
  sent(addresses: Uint32Array, from: number, to: number): void {
    const { trace } = this.#watches;
    if (trace === null) return;
    const { region, book } = this.#parts;
    for (let k = from; k < to; k++) {
      const slot = region.slotIndex(addresses[k]);
      if (this.#marks[slot] === 0) continue;
      this.#write(addresses[k], slot, trace.bit, book.pathOf(slot), { kind: RecordKind.sent, verdict: VerdictKind.forward, reason: 0 });
      this.#marks[slot] = 0;
    }
  }

  /** A packet was dropped that never had a slot: there is nothing to show of it. */
  unseen(): void {
    this.#recorder.writer.skip(this.#watches.drops);
  }

  #at(address: number, slot: number): Packet {
    const { region, headers } = this.#parts;
    this.#packet.moveTo(region.bytes, address + headers.u32[slot << 4], slot);
    return this.#packet;
  }

  #entered(address: number, slot: number, route: number): void {
    const { book } = this.#parts;
    const watches = this.#watches;
    const packet = this.#at(address, slot);
    const direction = route === NO_ROUTE ? Direction.forward : book.directionOf(slot);
    let bits = route === NO_ROUTE ? 0 : watches.tapsAt(packet, pointOf(route, direction, INGRESS), false);
    if (route === NO_ROUTE) watches.snapLength = 0;
    const traced = this.#isTraced(packet);
    if (traced) {
      bits |= watches.trace!.bit;
      watches.wantHeaders();
    }
    this.#marks[slot] = 0;
    if (bits === 0) return;
    const serial = traced ? this.#lastSerial + 1 : 0;
    const note = { watches: bits, kind: RecordKind.entered, verdict: 0, reason: 0, route, direction, hop: 0, function: NO_FUNCTION, serial, snapLength: watches.snapLength, text: '' };
    if (!this.#recorder.write(packet, note) || !traced) return;
    this.#lastSerial = serial;
    this.#marks[slot] = serial;
  }

  #isTraced(packet: Packet): boolean {
    const { trace } = this.#watches;
    if (trace === null) return false;
    const { flowId } = packet;
    const at = flowId & FLOW_INDEX_MASK;
    if (flowId !== 0 && this.#tracedFlows[at] === flowId) return true;
    if (trace.connections?.matches(packet) === true) {
      if (flowId !== 0) this.#tracedFlows[at] = flowId;
      return true;
    }
    return trace.packets?.matches(packet) === true;
  }

  /** A packet's way is over, or another packet's begins in its place: for those who watch drops, and for its story. */
  #end(address: number, slot: number, route: number, what: { kind: number; verdict: number; reason: number }): void {
    const { drops, trace } = this.#watches;
    const bits = drops | (trace !== null && this.#marks[slot] !== 0 ? trace.bit : 0);
    if (bits !== 0) this.#write(address, slot, bits, route, what);
  }

  #write(address: number, slot: number, watches: number, route: number, what: { kind: number; verdict: number; reason: number }): void {
    const { book } = this.#parts;
    this.#recorder.write(this.#at(address, slot), {
      ...what, watches, route, direction: book.directionOf(slot), hop: book.hopOf(slot), function: this.#functionOf(slot, route, what.reason),
      serial: this.#marks[slot], snapLength: Number.MAX_SAFE_INTEGER, text: '',
    });
  }

  /** Among all functions of the runtime, the one that dropped the packet, or that it could not come past. */
  #functionOf(slot: number, index: number, reason: number): number {
    if (index === NO_ROUTE || (reason < FIRST_DECLARED_DROP && !ABOUT_VM.includes(reason))) return NO_FUNCTION;
    const { book, headers, classification } = this.#parts;
    const route = classification.routes[index];
    const direction = book.directionOf(slot);
    // Of functions that run together, the VM alone knows which had the packet when it died.
    const hop = route.isTogether && reason === NF_CRASH ? headers.u8[(slot << 6) + HeaderOffset.hop] : book.hopOf(slot);
    if (hop >= route.hops) return NO_FUNCTION;
    return this.#spec.vms[vmAt(route, direction, hop)].functions[route.isTogether ? placeOf(route, direction, hop) : 0].index;
  }
}
