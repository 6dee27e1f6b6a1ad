/**
 * Hot: no allocation, no call. Runs of a burst: packets that stand side by side and are to be treated alike are found, and
 * noted, in loops of their own, so that what is decided of them is decided once.
 */
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderWord, ParseFlag, VerdictKind } from '../memory/slot-layout.js';
import { nextHopOfWay, Place, type SlotBook } from './slot-book.js';

const PUBLISHED = ParseFlag.tuplePublished << 16;
const VERDICT = 0xff;
const EGRESS = 0xff00;

/** Each method looks at `addresses[from]` and what follows it, up to `to`. */
export class Runs {
  /** Bytes of the packets of the run that `sent` found last. */
  bytes = 0;
  readonly #region: Region;
  readonly #i32: Int32Array;
  readonly #book: SlotBook;

  constructor(region: Region, headers: SlotHeaders, book: SlotBook) {
    this.#region = region;
    this.#i32 = headers.i32;
    this.#book = book;
  }

  /** Where the run ends whose packets stand at the same hop of the same path in the same direction. */
  sameWay(addresses: Uint32Array, from: number, to: number): number {
    const { base, slotShift } = this.#region;
    const { way } = this.#book;
    const first = way[(addresses[from] - base) >>> slotShift];
    let k = from + 1;
    while (k < to && way[(addresses[k] - base) >>> slotShift] === first) k++;
    return k;
  }

  /**
   * Where the run ends whose packets go the same way to the same port, and come back from a VM forwarded, within their slots
   * and with no word for the manager. `from` when the first is none.
   */
  passing(addresses: Uint32Array, from: number, to: number): number {
    const { base, slotShift, slotBytes } = this.#region;
    const i32 = this.#i32;
    const { way } = this.#book;
    const first = (addresses[from] - base) >>> slotShift;
    const firstWay = way[first];
    const egress = i32[(first << 4) + HeaderWord.ports] & EGRESS;
    let k = from;
    for (; k < to; k++) {
      const slot = (addresses[k] - base) >>> slotShift;
      const at = slot << 4;
      if (way[slot] !== firstWay || (i32[at + HeaderWord.ports] & EGRESS) !== egress) break;
      if ((i32[at + HeaderWord.verdict] & VERDICT) !== VerdictKind.forward || (i32[at + HeaderWord.kind] & PUBLISHED) !== 0) break;
      const offset = i32[at + HeaderWord.dataOffset];
      const length = i32[at + HeaderWord.length];
      if (offset < 0 || offset > slotBytes || length <= 0 || length > slotBytes - offset) break;
    }
    return k;
  }

  /** Where the run ends whose packets a port has sent; they are noted as back in the pool. `from` when the first was not sent. */
  sent(addresses: Uint32Array, from: number, to: number): number {
    const { base, slotShift } = this.#region;
    const i32 = this.#i32;
    const { place, connection } = this.#book;
    let bytes = 0;
    let k = from;
    for (; k < to; k++) {
      const slot = (addresses[k] - base) >>> slotShift;
      const at = slot << 4;
      if ((i32[at + HeaderWord.verdict] & VERDICT) !== VerdictKind.forward) break;
      bytes += i32[at + HeaderWord.length];
      place[slot] = Place.pool;
      connection[slot] = -1;
    }
    this.bytes = bytes;
    return k;
  }

  setPlace(addresses: Uint32Array, from: number, to: number, where: number): void {
    const { base, slotShift } = this.#region;
    const { place } = this.#book;
    for (let k = from; k < to; k++) place[(addresses[k] - base) >>> slotShift] = where;
  }

  /** They move on by one hop. */
  nextHop(addresses: Uint32Array, from: number, to: number): void {
    const { base, slotShift } = this.#region;
    const { way } = this.#book;
    for (let k = from; k < to; k++) {
      const slot = (addresses[k] - base) >>> slotShift;
      way[slot] = nextHopOfWay(way[slot]);
    }
  }
}
