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
/** Templates that are kept ready; of more flows the address is written anew. */
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
  readonly #templateCount: number;
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
    this.#templateCount = Math.min(options.flows, MOST_TEMPLATES);
    this.#templates = frameTemplates(options, this.#templateCount, HEADER_WORDS);
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
    for (let k = 0; k < wanted; k++) this.#make(slots[k]);
    if (wanted > 0) this.#panel[Cell.received] += wanted;
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

  #make(address: number): void {
    const { bytes, flows, offered, hash, seed } = this.#options;
    const slot = this.#memory.slotIndex(address);
    const dataOffset = initialDataOffset(slot);
    const start = address + dataOffset;
    const words = this.#words;
    const sequence = this.#made++;
    const at = start >>> 2;
    const from = (this.#flow % this.#templateCount) * HEADER_WORDS;
    for (let k = 0; k < HEADER_WORDS; k++) words[at + k] = this.#templates[from + k];
    if (flows > MOST_TEMPLATES) this.#readdress(start);
    this.#flow = flows > MOST_TEMPLATES ? (this.#flow + STRIDE) % flows : (this.#flow + 1) % flows;
    words[at + HEADER_WORDS - 1] = sequence;
    this.#writeTail(start + HEADER_BYTES, bytes - HEADER_BYTES, sequence);
    this.#panel[Cell.sequenceIn] = (this.#panel[Cell.sequenceIn] + sequence) % 0x100000000;
    if (hash) this.#refresh(start, bytes, sequence, seed);
    describeArrival(this.#memory, slot, dataOffset, this.#arrival);
    if (offered === null) return;
    this.#dueMs![slot] = this.#window.isOpen ? this.#window.startedMs + (this.#accounted / offered) * 1000 : 0;
    this.#accounted++;
  }

  #writeTail(at: number, length: number, sequence: number): void {
    const place = sequence & (PAYLOADS - 1);
    if (length > WORDS_BYTES) {
      this.#memory.region.set(this.#tails[place], at);
      return;
    }
    const from = (place * STEP_BYTES) >>> 2;
    const count = (length + 3) >>> 2;
    for (let k = 0; k < count; k++) this.#words[(at >>> 2) + k] = this.#tailWords[from + k];
  }

  /** In the run that compares, every byte of every payload is fresh. */
  #refresh(start: number, bytes: number, sequence: number, seed: number): void {
    writePayload(this.#memory.region, start + SEQUENCE_AT + 4, start + bytes, sequence, seed);
    this.#hash!.add(this.#memory.region, start + PAYLOAD_AT, start + bytes);
    this.#hash!.writeTo(this.#panel, Cell.hashIn);
  }

  #readdress(start: number): void {
    const { region } = this.#memory;
    region[start + SOURCE_ADDRESS_AT + 1] = this.#flow >>> 16;
    region[start + SOURCE_ADDRESS_AT + 2] = this.#flow >>> 8;
    region[start + SOURCE_ADDRESS_AT + 3] = this.#flow;
  }
}
