/**
 * What happens when a VM loses packets, dies, or is replaced. None of it is on the data path.
 *
 * Replacing (quiesce and re-point):
 *   mark         packets for the VM wait in `held`; nothing more is lent
 *   drain        the VM returns what it has; main hears `quiesced`, and ends the VM's thread
 *   re-point     both ends of the rings begin anew; main starts the new thread
 *   resume       what waited is lent, in the order in which it came
 * When the runtime ends meanwhile nobody takes the VM's place, and what waited is dropped as after a death (`vm-gone`).
 */
import type { SharedSpec } from '../memory/shared-spec.js';
import { Direction, HeaderOffset } from '../memory/slot-layout.js';
import { Cell } from '../observe/counters.js';
import { builtInDrop } from '../observe/drop-reasons.js';
import { RingProducer, resetRing, ringEntry } from '../ring/spsc-ring.js';
import { Journal } from '../vnic/journal.js';
import type { LendQueue } from '../vnic/lend-queue.js';
import { VnicPeer, type VnicSpec } from '../vnic/vnic.js';
import type { Allowance } from './allowance.js';
import type { Forwarder, Shop } from './forwarder.js';
import type { Lane } from './lane.js';
import type { MeshControl } from './mesh-control.js';
import type { CrashedPacket } from './messages.js';
import { placeOf } from './route.js';
import { Place } from './slot-book.js';

const TX_POINTER_INVALID = builtInDrop('tx-pointer-invalid');
const NF_CRASH = builtInDrop('nf-crash');
const CHAIN_STOPPED = builtInDrop('chain-stopped');

export class VmChanges {
  readonly #shared: SharedSpec;
  readonly #shop: Shop;
  readonly #forwarder: Forwarder;
  readonly #allowance: Allowance;
  readonly #meshes: MeshControl;
  readonly #one = new Uint32Array(1);

  constructor(shared: SharedSpec, shop: Shop, forwarder: Forwarder, allowance: Allowance, meshes: MeshControl) {
    this.#meshes = meshes;
    this.#shared = shared;
    this.#shop = shop;
    this.#forwarder = forwarder;
    this.#allowance = allowance;
  }

  /**
   * A VM that returned a wrong address may have lost the right one. When it holds nothing unread and has nothing on the
   * way, what it was lent and did not return is lost, and counted.
   */
  dropLost(lane: Lane): void {
    if (lane.peer.lent.count > 0 && lane.isQuiet()) this.#dropAll(lane, lane.peer.lent, TX_POINTER_INVALID);
  }

  /**
   * The VM's worker has exited, and what it had published has been taken. What its journal says was done is completed,
   * the packet in hand is dropped, kept as found, and the rest cannot go on.
   * @returns the packet in hand, if there was one.
   */
  reclaim(lane: Lane): CrashedPacket | null {
    const { u8 } = this.#shop.headers;
    lane.alive = false;
    const txIndex = new RingProducer(this.#shared.control, lane.link.vnic.tx).producerIndex;
    const journal = new Journal(this.#shared.control, lane.link.journalOffset);
    const { done, inHand } = journal.recover(txIndex);
    const { lent } = lane.peer;
    if (lane.mesh >= 0) return this.#reclaimFromMesh(lane, journal, inHand);
    for (let k = 0; k < done && lent.count > 0; k++) {
      this.#one[0] = lent.takeBack();
      this.#forwarder.returned(lane, this.#one, 1);
    }
    let packet: CrashedPacket | null = null;
    if (inHand && lent.count > 0) {
      const address = lent.takeBack();
      const last = lane.blocks.length - 1;
      const place = Math.min(journal.stage, last);
      const at8 = this.#shop.region.slotIndex(address) << 6;
      // Of functions that run together, the journal alone knows which had the packet.
      if (last > 0) u8[at8 + HeaderOffset.hop] = this.#shop.book.directionOf(at8 >> 6) === Direction.reverse ? last - place : place;
      packet = this.#keepAsFound(lane, address, place);
      this.#dropAt(lane, address, place);
    }
    this.#dropAll(lane, lent, CHAIN_STOPPED);
    this.#dropAll(lane, lane.held, CHAIN_STOPPED);
    this.#allowance.takeBack(lane);
    return packet;
  }

  /**
   * In a mesh the manager does not know what a VM had. The packet in hand stands in the ring that it came from; the rest is
   * what has not come back once all other VMs are quiet.
   */
  #reclaimFromMesh(lane: Lane, journal: Journal, inHand: boolean): CrashedPacket | null {
    const { region, book, classification } = this.#shop;
    const { vnic, mesh } = lane.link;
    const ring = journal.input === 0 ? vnic.rx : mesh!.inputs[journal.input - 1]?.ring;
    let packet: CrashedPacket | null = null;
    if (inHand && ring !== undefined) {
      const address = ringEntry(this.#shared.control, ring, journal.index);
      const slot = region.slotIndex(address);
      if (region.isAddress(address) && book.place[slot] === Place.vm && classification.routes[book.pathOf(slot)].isMesh) {
        packet = this.#keepAsFound(lane, address, 0);
        this.#forwarder.inVms--;
        this.#forwarder.inMesh[lane.mesh]--;
        lane.counters[Cell.drops + NF_CRASH]++;
        this.#forwarder.drop(address, slot, NF_CRASH);
      }
    }
    this.#dropAll(lane, lane.held, CHAIN_STOPPED);
    this.#allowance.takeBack(lane);
    this.#meshes.search(lane);
    return packet;
  }

  /** Mark. */
  quiesce(lane: Lane): void {
    lane.holding = true;
    lane.draining = true;
  }

  /** Re-point. The VM's end of the rings must be gone. */
  repoint(lane: Lane, vnic: VnicSpec): void {
    while (this.#allowance.collect(lane) > 0);
    this.#allowance.takeBack(lane);
    for (const ring of [vnic.rx, vnic.tx, vnic.spare, vnic.made]) resetRing(this.#shared.control, ring);
    lane.peer = new VnicPeer(this.#shared.control, vnic);
  }

  /** Resume. */
  resume(lane: Lane): void {
    lane.holding = false;
    const { region, book } = this.#shop;
    for (let address = lane.held.takeBack(); address >= 0; address = lane.held.takeBack()) {
      const slot = region.slotIndex(address);
      this.#forwarder.inVms--;
      this.#forwarder.goTo(address, slot, book.hopOf(slot));
    }
  }

  #dropAll(lane: Lane, queue: LendQueue, reason: number): void {
    for (let address = queue.takeBack(); address >= 0; address = queue.takeBack()) this.#dropOne(lane, address, reason);
  }

  #dropOne(lane: Lane, address: number, reason: number): void {
    this.#forwarder.inVms--;
    lane.blocks[this.#entry(lane, address)][Cell.drops + reason]++;
    this.#forwarder.drop(address, this.#shop.region.slotIndex(address), reason);
  }

  /** The packet was in hand of the function at `place`; those before it had let it pass. */
  #dropAt(lane: Lane, address: number, place: number): void {
    this.#forwarder.inVms--;
    const entry = this.#entry(lane, address);
    if (place !== entry) {
      lane.countPassed(entry, place, 1);
      lane.blocks[place][Cell.returned]--; // it met this one, and never left it
    }
    lane.blocks[place][Cell.drops + NF_CRASH]++;
    this.#forwarder.drop(address, this.#shop.region.slotIndex(address), NF_CRASH);
  }

  /** Place of the function that the packet was lent to. */
  #entry(lane: Lane, address: number): number {
    const { region, book, classification } = this.#shop;
    const slot = region.slotIndex(address);
    return lane.blocks.length === 1 ? 0 : placeOf(classification.routes[book.pathOf(slot)], book.directionOf(slot), book.hopOf(slot));
  }

  #keepAsFound(lane: Lane, address: number, place: number): CrashedPacket {
    const { region, headers } = this.#shop;
    const { u32 } = headers;
    const at = region.slotIndex(address) << 4;
    const start = address + Math.min(u32[at], region.slotBytes);
    const length = Math.min(u32[at + 1], region.maxPacketBytes);
    return {
      chain: lane.link.chain,
      vm: lane.link.functions[place].name,
      timestampMs: u32[at + (HeaderOffset.timestampSeconds >> 2)] * 1000 + Math.floor(u32[at + (HeaderOffset.timestampNanos >> 2)] / 1e6),
      length,
      hex: Buffer.from(region.bytes.slice(start, start + length)).toString('hex'),
    };
  }
}
