/**
 * Hot: no allocation. Makes packets as cheaply as they can be made with a payload of their own: 48 bytes of headers and
 * sequence number by words, the rest from a pool of random bytes, another place of it for each packet.
 */
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import { PAYLOAD_AT, PayloadHash, writePayload } from '../payload.js';
import { frameTemplates } from './frame-templates.js';
import { SEQUENCE_AT, type UnderWay } from './egress.js';
import { Cell } from './panel.js';
import type { SourceOptions } from './port-options.js';
import { Window } from './window.js';

const HEADER_WORDS = (SEQUENCE_AT + 4) >>> 2;
const HEADER_BYTES = HEADER_WORDS * 4;
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

export class BenchSource {
  readonly #memory: PortMemory;
  readonly #options: SourceOptions;
  readonly #panel: Float64Array;
  readonly #words: Uint32Array;
  readonly #templates: Uint32Array;
  readonly #tailWords: Uint32Array;
  /** Made once: a view a packet would be garbage. */
  readonly #tails: readonly Uint8Array[];
  readonly #hash: PayloadHash | null;
  readonly #window: Window;
  readonly #dueMs: Float64Array | null;
  readonly #arrival = { length: 0, originalLength: 0, seconds: 1_704_067_200, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };
  #made = 0;
  #flow = 0;
  /** Of an offered load: packets that were due, sent or lost. */
  #accounted = 0;

  constructor(memory: PortMemory, options: SourceOptions, underWay: UnderWay) {
    this.#memory = memory;
    this.#options = options;
    this.#panel = new Float64Array(options.panel);
    this.#words = new Uint32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
    this.#templates = frameTemplates(options, Math.min(options.flows, MOST_TEMPLATES), HEADER_WORDS);
    const tailBytes = options.bytes - HEADER_BYTES;
    const pool = new Uint8Array(tailBytes + 8 + PAYLOADS * STEP_BYTES);
    writePayload(pool, 0, pool.length, 0, options.seed);
    this.#tailWords = new Uint32Array(pool.buffer, 0, pool.length >>> 2);
    this.#tails = Array.from({ length: PAYLOADS }, (_, k) => pool.subarray(k * STEP_BYTES, k * STEP_BYTES + tailBytes));
    this.#hash = options.hash ? new PayloadHash() : null;
    this.#window = new Window(this.#panel, options);
    this.#dueMs = options.offered === null ? null : new Float64Array(memory.headers.slotCount);
    underWay.dueMs = this.#dueMs;
    this.#arrival.length = options.bytes;
    this.#arrival.originalLength = options.bytes;
  }

  get exhausted(): boolean {
    return this.#window.isOver || (this.#options.packets !== null && this.#made >= this.#options.packets);
  }

  /** An offered load comes whether or not anybody waits for it. */
  hasWork(): boolean {
    return this.#options.offered !== null && !this.exhausted;
  }

  receive(slots: Uint32Array, count: number): number {
    const now = performance.now();
    this.#window.pass(now);
    if (this.exhausted) return 0;
    const { packets, offered } = this.#options;
    let wanted = count;
    if (packets !== null) wanted = Math.min(wanted, packets - this.#made);
    if (offered !== null) wanted = Math.min(wanted, this.#dueBy(now, offered));
    if (wanted <= 0) return 0;
    this.#writeFrames(slots, wanted);
    if (this.#options.hash) this.#refreshBurst(slots, wanted);
    if (offered !== null) this.#noteDue(slots, wanted, offered);
    this.#panel[Cell.received] += wanted;
    return wanted;
  }

  /** Packets that are due and not sent. What a ring of as many descriptors as there are slots would have lost, is lost. */
  #dueBy(nowMs: number, offered: number): number {
    const due = Math.floor(((nowMs - this.#window.startedMs) / 1000) * offered);
    const room = this.#memory.headers.slotCount;
    if (due - this.#accounted > room) {
      const lost = due - this.#accounted - room;
      this.#accounted += lost;
      if (this.#window.isOpen) this.#panel[Cell.lost] += lost;
    }
    this.#panel[this.#window.isOpen ? Cell.dueAtEnd : Cell.dueAtBegin] = due;
    return due - this.#accounted;
  }

  /** In one loop, and from locals: the source shares the packet manager's thread, so what it costs is measured too. */
  #writeFrames(slots: Uint32Array, count: number): void {
    const { bytes, flows } = this.#options;
    const memory = this.#memory;
    const words = this.#words;
    const templates = this.#templates;
    const tailWords = this.#tailWords;
    const isMany = flows > MOST_TEMPLATES;
    const step = isMany ? STRIDE % flows : 1;
    const isLong = bytes - HEADER_BYTES > WORDS_BYTES;
    const tailCount = isLong ? 0 : (bytes - HEADER_BYTES + 3) >>> 2;
    let flow = this.#flow;
    let sequence = this.#made;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const address = slots[k];
      const slot = memory.slotIndex(address);
      const dataOffset = initialDataOffset(slot);
      const at = (address + dataOffset) >>> 2;
      const from = (flow & (MOST_TEMPLATES - 1)) * HEADER_WORDS;
      for (let word = 0; word < HEADER_WORDS - 1; word++) words[at + word] = templates[from + word];
      words[at + HEADER_WORDS - 1] = sequence;
      const place = sequence & (PAYLOADS - 1);
      const tail = (place * STEP_BYTES) >>> 2;
      for (let word = 0; word < tailCount; word++) words[at + HEADER_WORDS + word] = tailWords[tail + word];
      if (isLong) memory.region.set(this.#tails[place], address + dataOffset + HEADER_BYTES);
      if (isMany) this.#readdress(address + dataOffset, flow);
      flow += step;
      if (flow >= flows) flow -= flows;
      sum = (sum + sequence) | 0;
      sequence++;
      describeArrival(memory, slot, dataOffset, this.#arrival);
    }
    this.#flow = flow;
    this.#made = sequence;
    this.#panel[Cell.sequenceIn] = (this.#panel[Cell.sequenceIn] + (sum >>> 0)) % 0x100000000;
  }

  #noteDue(slots: Uint32Array, count: number, offered: number): void {
    const { startedMs, isOpen } = this.#window;
    for (let k = 0; k < count; k++) this.#dueMs![this.#memory.slotIndex(slots[k])] = isOpen ? startedMs + (this.#accounted++ / offered) * 1000 : 0;
    if (!isOpen) this.#accounted += count;
  }

  /** In the run that compares, every byte of every payload is fresh. */
  #refreshBurst(slots: Uint32Array, count: number): void {
    const { bytes, seed } = this.#options;
    const { region } = this.#memory;
    for (let k = 0; k < count; k++) {
      const start = slots[k] + initialDataOffset(this.#memory.slotIndex(slots[k]));
      writePayload(region, start + SEQUENCE_AT + 4, start + bytes, this.#made - count + k, seed);
      this.#hash!.add(region, start + PAYLOAD_AT, start + bytes);
    }
    this.#hash!.writeTo(this.#panel, Cell.hashIn);
  }

  #readdress(start: number, flow: number): void {
    const { region } = this.#memory;
    region[start + SOURCE_ADDRESS_AT + 1] = flow >>> 16;
    region[start + SOURCE_ADDRESS_AT + 2] = flow >>> 8;
    region[start + SOURCE_ADDRESS_AT + 3] = flow;
  }
}
