/**
 * Hot: no allocation. What the manager can say of packets in a mesh. It does not see them go from VM to VM, so of an
 * address that comes back it knows only that it was lent to a path that this VM is on.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset } from '../memory/slot-layout.js';
import type { Region } from '../memory/region.js';
import { ringIsEmpty } from '../ring/spsc-ring.js';
import type { Classification } from './classification.js';
import type { Lane } from './lane.js';
import { vmAt } from './route.js';
import { Place, type SlotBook } from './slot-book.js';

/**
 * Accepts what may come back from a VM of a mesh, moves it to the front of `addresses`, and returns how many that are. The
 * hop in the header is the VM's word: it counts when the VM stands at that hop of the packet's path.
 */
export function acceptFromMesh(lane: Lane, addresses: Uint32Array, count: number, region: Region, headers: SlotHeaders, book: SlotBook, classification: Classification): number {
  let due = 0;
  for (let k = 0; k < count; k++) {
    const address = addresses[k];
    if (!region.isAddress(address)) continue;
    const slot = region.slotIndex(address);
    if (book.place[slot] !== Place.vm) continue;
    const route = classification.routes[book.pathOf(slot)];
    const hop = headers.u8[(slot << 6) + HeaderOffset.hop];
    if (!route.isMesh || hop >= route.hops || vmAt(route, book.directionOf(slot), hop) !== lane.index) continue;
    book.setHop(slot, hop);
    addresses[due++] = address;
  }
  return due;
}

/** Whether no ring holds anything for the VM or from it. Look twice: while one ring is looked at, another may fill. */
export function isMeshQuiet(buffer: ArrayBufferLike, lane: Lane): boolean {
  if (!lane.isQuiet()) return false;
  const inputs = lane.link.mesh!.inputs;
  for (let input = 0; input < inputs.length; input++) if (!ringIsEmpty(buffer, inputs[input].ring)) return false;
  return true;
}
