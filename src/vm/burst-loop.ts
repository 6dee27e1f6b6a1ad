/**
 * Hot: no allocation. The loop of a VM over a burst: each packet goes through its function, or through several one after the
 * other until one of them decides against it; in place, or, in copy mode, in memory of the VM's own.
 *
 * A closure over constants, made once, with a local name for each: see docs/hot-code.md. What the functions are is then known
 * to the compiler too, so that small ones are inlined, and what a mode does not do costs nothing.
 */
import type { CopyCounter } from '../memory/copy.js';
import type { Region } from '../memory/region.js';
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, HeaderWord, VerdictKind } from '../memory/slot-layout.js';
import type { PacketClock } from '../nf/context.js';
import { forward, type PacketHandler, type Verdict } from '../nf/contract.js';
import type { Packet } from '../packet/packet.js';
import { JournalWord, type Journal } from '../vnic/journal.js';
import { writeVerdict } from './write-verdict.js';

export interface Copies { readonly in: CopyCounter; readonly out: CopyCounter; readonly bytes: Uint8Array }

export interface LoopParts {
  readonly region: Region;
  readonly headers: SlotHeaders;
  readonly packet: Packet;
  /** The burst: addresses. */
  readonly batch: Uint32Array;
  readonly clock: PacketClock;
  readonly journal: Journal;
  /** Copy mode: what copies and counts, into memory of the VM's own and back, and that memory. */
  readonly copies: Copies | null;
}

/** Processes the first `count` packets of the burst. */
export type BurstLoop = (count: number) => void;

/** @param handlers the VM's functions, in the order of the forward path. */
export function burstLoop({ region, headers, packet, batch, clock, journal, copies }: LoopParts, handlers: readonly PacketHandler[]): BurstLoop {
  const { bytes: itsBytes, base: itsBase, slotShift: itsShift } = region;
  const { u8: itsHeaderBytes, i32: itsHeaderWords } = headers;
  const { words: itsJournal } = journal;
  const copyIn = copies?.in ?? null;
  const copyOut = copies?.out ?? null;
  const itsCopy = copies?.bytes ?? region.bytes;
  const last = handlers.length - 1;
  // By name, so that each call has a target that is known.
  const [first, second, third, fourth] = handlers;

  /** The hop in the header is where a packet begins here, and, of one that was decided against, where that was. */
  function passSeveral(at8: number): Verdict {
    const u8 = itsHeaderBytes;
    const words = itsJournal;
    const isReverse = u8[at8 | HeaderOffset.direction] === Direction.reverse;
    for (let hop = u8[at8 | HeaderOffset.hop]; hop <= last; hop++) {
      const place = isReverse ? last - hop : hop;
      words[JournalWord.stage] = place;
      const verdict = place === 0 ? first(packet) : place === 1 ? second(packet) : place === 2 ? third(packet) : place === 3 ? fourth(packet) : handlers[place](packet);
      if (verdict === forward) continue;
      u8[at8 | HeaderOffset.hop] = hop;
      return verdict;
    }
    return forward;
  }

  return function processBurst(count) {
    const addresses = batch;
    const bytes = itsBytes;
    const base = itsBase;
    const slotShift = itsShift;
    const u8 = itsHeaderBytes;
    const i32 = itsHeaderWords;
    const words = itsJournal;
    const copy = itsCopy;
    for (let k = 0; k < count; k++) {
      const address = addresses[k];
      const slot = (address - base) >>> slotShift;
      const at = slot << 4;
      const at8 = slot << 6;
      // Unsigned: whatever another thread may have written there, it does not lie before the region.
      const offset = i32[at] >>> 0;
      if (copyIn === null) packet.moveTo(bytes, address + offset, slot);
      else {
        copyIn.copy(bytes, address + offset, copy, offset, i32[at | HeaderWord.length]);
        packet.moveTo(copy, offset, slot);
      }
      clock.advance(i32[at | HeaderWord.timestampSeconds] >>> 0, i32[at | HeaderWord.timestampNanos]);
      const verdict = last === 0 ? first(packet) : passSeveral(at8);
      if (copyOut !== null) copyOut.copy(copy, i32[at] >>> 0, bytes, address + (i32[at] >>> 0), i32[at | HeaderWord.length]);
      // It stands there already: a header that is only read need not travel between cores.
      if (verdict !== forward || u8[at8 | HeaderOffset.verdict] !== VerdictKind.forward) writeVerdict(headers, slot, verdict);
      words[JournalWord.cursor] = k + 1;
    }
  };
}
