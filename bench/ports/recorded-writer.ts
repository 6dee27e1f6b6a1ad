/** Hot: no allocation. Writes recorded packets into slots, and counts for each phase of a replay those that are home: transmitted or dropped. */
import { BlockCopier, WORDS_BYTES } from '../../src/memory/block-copier.js';
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import type { PortMemory } from '../../src/port/contract.js';
import { SEQUENCE_AT } from './egress.js';
import type { ReplayOptions } from './port-options.js';

/** A day in 2024. */
const FIRST_SECOND = 1_704_067_200;
/** Packet time from one packet to the next. */
const SPACING_NANOS = 1000;
const NANOS_A_SECOND = 1_000_000_000;

/** Phases that are told apart while their packets are under way: twice the largest lag. */
export const PHASES_COUNTED = 8;
/** Arrays of more than 64 lie outside of V8's heap (docs/hot-code.md). */
const LEAST_BYTES = 128;

/** The seconds of packet time; its nanoseconds; packets that are home in all (modulo 2^32); and of each phase. */
const Cell = { seconds: 0, nanos: 1, home: 2, homeIn: 8 } as const;

export interface RecordedWriter {
  /**
   * Writes packets from `next` on, of one phase, into `count` slots from `slots[from]` on.
   * @returns the sum of the words that both ends add up, as an int32.
   */
  readonly write: (slots: Uint32Array, from: number, count: number, next: number, phase: number) => number;
  /** The packet in that slot is home. */
  readonly settle: (address: number) => void;
  /** Packet time goes on by so much. */
  readonly skip: (seconds: number) => void;
  /** Packets that are home in all, modulo 2^32, as an int32. */
  readonly home: () => number;
  readonly homeIn: (phase: number) => number;
  readonly beginPhase: (phase: number) => void;
}

/** Closures over constants, made once in a thread, for both sides: docs/hot-code.md. */
export function recordedWriter(memory: PortMemory, options: Pick<ReplayOptions, 'bytes' | 'offsets' | 'lengths'>): RecordedWriter {
  const { region, headers } = memory;
  const allLengths = options.lengths;
  const allOffsets = options.offsets;
  // Signed: a word beyond 2^31 that a call returns is an object.
  const allWords = new Int32Array(region.buffer, 0, region.buffer.byteLength >>> 2);
  /** By slot: which phase its packet belongs to. */
  const allPhases = new Uint8Array(Math.max(LEAST_BYTES, headers.slotCount));
  const allCells = new Int32Array(LEAST_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const copier = new BlockCopier();
  const arrival = { length: 0, originalLength: 0, seconds: FIRST_SECOND, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };
  // Of the packets that are copied as a block. Made once: a view a packet would be garbage.
  const views = Array.from(options.offsets, (offset, k) => (options.lengths[k] > WORDS_BYTES ? options.bytes.subarray(offset, offset + options.lengths[k]) : null));
  allCells[Cell.seconds] = FIRST_SECOND;

  return {
    write(slots, from, count, next, phase) {
      const lengths = allLengths;
      const offsets = allOffsets;
      const words = allWords;
      const phases = allPhases;
      const cells = allCells;
      let seconds = cells[Cell.seconds];
      let nanos = cells[Cell.nanos];
      let sequences = 0;
      for (let k = 0; k < count; k++) {
        const address = slots[from + k];
        const slot = memory.slotIndex(address);
        const dataOffset = initialDataOffset(slot);
        const start = address + dataOffset;
        const length = lengths[next + k];
        phases[slot] = phase;
        if (length > WORDS_BYTES) region.set(views[next + k]!, start);
        else copier.copy(options.bytes, offsets[next + k], region, start, length);
        arrival.length = length;
        arrival.originalLength = length;
        arrival.seconds = seconds;
        arrival.nanos = nanos;
        describeArrival(memory, slot, dataOffset, arrival);
        sequences = (sequences + words[(start + SEQUENCE_AT) >>> 2]) | 0;
        nanos += SPACING_NANOS;
        if (nanos === NANOS_A_SECOND) {
          nanos = 0;
          seconds++;
        }
      }
      cells[Cell.seconds] = seconds;
      cells[Cell.nanos] = nanos;
      return sequences;
    },

    settle(address) {
      const cells = allCells;
      const at = Cell.homeIn + allPhases[memory.slotIndex(address)];
      cells[Cell.home] = cells[Cell.home] + 1;
      cells[at] = cells[at] + 1;
    },

    skip(seconds) {
      allCells[Cell.seconds] = allCells[Cell.seconds] + seconds;
    },

    home: () => allCells[Cell.home],
    homeIn: (phase) => allCells[Cell.homeIn + phase],
    beginPhase(phase) {
      allCells[Cell.homeIn + phase] = 0;
    },
  };
}
