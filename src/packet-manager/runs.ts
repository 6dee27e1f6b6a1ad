/**
 * Hot: no allocation, no call. Runs of a burst: packets that stand side by side and are to be treated alike are found, and
 * noted, in loops of their own, so that what is decided of them is decided once.
 *
 * Closures over constants, with a local name for each: V8 then compiles an access to an array into a bounds check and a
 * move, where a field's array is looked at anew for every element (docs/hot-code.md).
 */
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderWord, ParseFlag, VerdictKind } from '../memory/slot-layout.js';
import { nextHopOfWay, Place, type SlotBook } from './slot-book.js';

const PUBLISHED = ParseFlag.tuplePublished << 16;
const VERDICT = 0xff;
const EGRESS = 0xff00;

/** Each method looks at `addresses[from]` and what follows it, up to `to`. */
export interface Runs {
  /** Where the run ends whose packets stand at the same hop of the same path in the same direction. */
  sameWay(addresses: Uint32Array, from: number, to: number): number;
  /**
   * Where the run ends whose packets go the same way to the same port, and come back from a VM forwarded, within their slots
   * and with no word for the manager. `from` when the first is none.
   */
  passing(addresses: Uint32Array, from: number, to: number): number;
  /** Where the run ends whose packets a port has sent; they are noted as back in the pool. `from` when the first was not sent. */
  sent(addresses: Uint32Array, from: number, to: number): number;
  /** Bytes of the packets of the run that `sent` found last. */
  sentBytes(): number;
  setPlace(addresses: Uint32Array, from: number, to: number, where: number): void;
  /** They move on by one hop. */
  nextHop(addresses: Uint32Array, from: number, to: number): void;
}

export function runsOf(region: Region, headers: SlotHeaders, book: SlotBook): Runs {
  const { base: itsBase, slotShift: itsShift, slotBytes: itsSlotBytes } = region;
  const { i32: itsHeaders } = headers;
  const { way: itsWays, place: itsPlaces, connection: itsConnections } = book;
  let bytesSent = 0;
  return {
    sameWay(addresses, from, to) {
      const base = itsBase;
      const slotShift = itsShift;
      const way = itsWays;
      const first = way[(addresses[from] - base) >>> slotShift];
      let k = from + 1;
      while (k < to && way[(addresses[k] - base) >>> slotShift] === first) k++;
      return k;
    },

    passing(addresses, from, to) {
      const base = itsBase;
      const slotShift = itsShift;
      const slotBytes = itsSlotBytes;
      const i32 = itsHeaders;
      const way = itsWays;
      const first = (addresses[from] - base) >>> slotShift;
      const firstWay = way[first];
      const egress = i32[(first << 4) | HeaderWord.ports] & EGRESS;
      let k = from;
      for (; k < to; k++) {
        const slot = (addresses[k] - base) >>> slotShift;
        const at = slot << 4;
        if (way[slot] !== firstWay || (i32[at | HeaderWord.ports] & EGRESS) !== egress) break;
        if ((i32[at | HeaderWord.verdict] & VERDICT) !== VerdictKind.forward || (i32[at | HeaderWord.kind] & PUBLISHED) !== 0) break;
        const offset = i32[at | HeaderWord.dataOffset];
        const length = i32[at | HeaderWord.length];
        if (offset < 0 || offset > slotBytes || length <= 0 || length > slotBytes - offset) break;
      }
      return k;
    },

    sent(addresses, from, to) {
      const base = itsBase;
      const slotShift = itsShift;
      const i32 = itsHeaders;
      const place = itsPlaces;
      const connection = itsConnections;
      let bytes = 0;
      let k = from;
      for (; k < to; k++) {
        const slot = (addresses[k] - base) >>> slotShift;
        const at = slot << 4;
        if ((i32[at | HeaderWord.verdict] & VERDICT) !== VerdictKind.forward) break;
        bytes = (bytes + i32[at | HeaderWord.length]) | 0;
        place[slot] = Place.pool;
        connection[slot] = -1;
      }
      bytesSent = bytes;
      return k;
    },

    sentBytes: () => bytesSent,

    setPlace(addresses, from, to, where) {
      const base = itsBase;
      const slotShift = itsShift;
      const place = itsPlaces;
      for (let k = from; k < to; k++) place[(addresses[k] - base) >>> slotShift] = where;
    },

    nextHop(addresses, from, to) {
      const base = itsBase;
      const slotShift = itsShift;
      const way = itsWays;
      for (let k = from; k < to; k++) {
        const slot = (addresses[k] - base) >>> slotShift;
        way[slot] = nextHopOfWay(way[slot]);
      }
    },
  };
}
