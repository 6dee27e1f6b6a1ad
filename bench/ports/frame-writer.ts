/**
 * Hot: no allocation. Makes packets as cheaply as they can be made with a payload of their own: 48 bytes of headers and
 * sequence number by words, the rest from a pool of random bytes, another place of it for each packet. The source shares the
 * packet manager's thread, so what it costs is measured too.
 */
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import { writePayload } from '../payload.js';
import { SEQUENCE_AT } from './egress.js';
import { frameTemplates } from './frame-templates.js';
import { Cell } from './panel.js';
import type { SourceOptions } from './port-options.js';

const HEADER_WORDS = 12;
const HEADER_BYTES = HEADER_WORDS * 4;
const SEQUENCE_WORD = SEQUENCE_AT / 4;
/** Words that are copied in one turn of a loop (docs/hot-code.md). */
const TURN = 4;
/** Up to here words are copied one by one; from there on a block copy costs less. */
const WORDS_BYTES = 256;
/** Different payloads beside the sequence number; they stay in cache, so that reading them is not what is measured. */
const PAYLOADS = 16;
/** Bytes from one to the next: a multiple of a word, so that V8 copies by words. */
const STEP_BYTES = 40;
/** Templates that are kept ready, a power of two; of more flows the address is written anew. */
const MOST_TEMPLATES = 64;
const SOURCE_ADDRESS_AT = 26;
/** Odd, so that it visits every flow, far from the one before. */
const STRIDE = 40503;

/** Makes a packet in each of the first `count` slots, with the sequence numbers from `sequence` on; returns the next one. */
export type FrameWriter = (slots: Uint32Array, count: number, sequence: number) => number;

export function frameWriter(memory: PortMemory, options: SourceOptions, panel: Float64Array): FrameWriter {
  const { bytes, flows, seed } = options;
  const allWords = new Int32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
  const allTemplates = new Int32Array(frameTemplates(options, Math.min(flows, MOST_TEMPLATES), HEADER_WORDS).buffer);
  const tailBytes = bytes - HEADER_BYTES;
  const pool = new Uint8Array(tailBytes + 8 + PAYLOADS * STEP_BYTES);
  writePayload(pool, 0, pool.length, 0, seed);
  const allTails = new Int32Array(pool.buffer, 0, pool.length >>> 2);
  // Made once: a view a packet would be garbage.
  const longTails = Array.from({ length: PAYLOADS }, (_, k) => pool.subarray(k * STEP_BYTES, k * STEP_BYTES + tailBytes));
  const arrival = { length: bytes, originalLength: bytes, seconds: 1_704_067_200, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };
  const { region } = memory;
  const isMany = flows > MOST_TEMPLATES;
  const step = isMany ? STRIDE % flows : 1;
  const isLong = tailBytes > WORDS_BYTES;
  const tailWords = isLong ? 0 : (tailBytes + 3) >>> 2;
  const tailTurns = tailWords & -TURN;
  let flow = 0;

  return function writeFrames(slots, count, sequence) {
    const words = allWords;
    const templates = allTemplates;
    const tails = allTails;
    let next = flow;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const address = slots[k];
      const slot = memory.slotIndex(address);
      const dataOffset = initialDataOffset(slot);
      const at = (address + dataOffset) >>> 2;
      const from = (next & (MOST_TEMPLATES - 1)) * HEADER_WORDS;
      words[at] = templates[from];
      words[at + 1] = templates[from + 1];
      words[at + 2] = templates[from + 2];
      words[at + 3] = templates[from + 3];
      words[at + 4] = templates[from + 4];
      words[at + 5] = templates[from + 5];
      words[at + 6] = templates[from + 6];
      words[at + 7] = templates[from + 7];
      words[at + 8] = templates[from + 8];
      words[at + 9] = templates[from + 9];
      words[at + 10] = templates[from + 10];
      words[at + SEQUENCE_WORD] = sequence;
      const place = sequence & (PAYLOADS - 1);
      const tail = (place * STEP_BYTES) >>> 2;
      let word = 0;
      for (; word < tailTurns; word += TURN) {
        const to = at + HEADER_WORDS + word;
        words[to] = tails[tail + word];
        words[to + 1] = tails[tail + word + 1];
        words[to + 2] = tails[tail + word + 2];
        words[to + 3] = tails[tail + word + 3];
      }
      for (; word < tailWords; word++) words[at + HEADER_WORDS + word] = tails[tail + word];
      if (isLong) region.set(longTails[place], address + dataOffset + HEADER_BYTES);
      if (isMany) {
        const at8 = address + dataOffset + SOURCE_ADDRESS_AT;
        region[at8 + 1] = next >>> 16;
        region[at8 + 2] = next >>> 8;
        region[at8 + 3] = next;
      }
      describeArrival(memory, slot, dataOffset, arrival);
      next += step;
      if (next >= flows) next -= flows;
      sum = (sum + sequence) | 0;
      sequence++;
    }
    flow = next;
    panel[Cell.sequenceIn] = (panel[Cell.sequenceIn] + (sum >>> 0)) % 0x100000000;
    return sequence;
  };
}
