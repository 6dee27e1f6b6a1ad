/** Hot: no allocation. The receiving half of a benchmark's ports: how many packets are due, and when it is over. */
import { initialDataOffset } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { NOW } from '../../src/ring/monotonic-clock.js';
import { PAYLOAD_AT, PayloadHash, writePayload } from '../payload.js';
import { frameWriter, type FrameWriter } from './frame-writer.js';
import { SEQUENCE_AT, type UnderWay } from './egress.js';
import { Cell } from './panel.js';
import type { SourceOptions } from './port-options.js';
import { Window } from './window.js';

export class BenchSource {
  readonly #memory: PortMemory;
  readonly #options: SourceOptions;
  readonly #panel: Float64Array;
  readonly #writeFrames: FrameWriter;
  readonly #hash: PayloadHash | null;
  readonly #window: Window;
  readonly #dueMs: Float64Array | null;
  #made = 0;
  /** Of an offered load: packets that were due, sent or lost. */
  #accounted = 0;

  constructor(memory: PortMemory, options: SourceOptions, underWay: UnderWay) {
    this.#memory = memory;
    this.#options = options;
    this.#panel = new Float64Array(options.panel);
    this.#writeFrames = frameWriter(memory, options, this.#panel);
    this.#hash = options.hash ? new PayloadHash() : null;
    this.#window = new Window(this.#panel, options);
    this.#dueMs = options.offered === null ? null : new Float64Array(memory.headers.slotCount);
    underWay.dueMs = this.#dueMs;
  }

  get exhausted(): boolean {
    return this.#window.isOver || (this.#options.packets !== null && this.#made >= this.#options.packets);
  }

  close(): void {
    this.#window.finish();
  }

  /** An offered load comes whether or not anybody waits for it. */
  hasWork(): boolean {
    return this.#options.offered !== null && !this.exhausted;
  }

  receive(slots: Uint32Array, count: number): number {
    this.#window.look();
    if (this.exhausted) return 0;
    const { packets, offered } = this.#options;
    let wanted = count;
    if (packets !== null) wanted = Math.min(wanted, packets - this.#made);
    if (offered !== null) wanted = Math.min(wanted, this.#dueBy(offered));
    if (wanted <= 0) return 0;
    this.#made = this.#writeFrames(slots, wanted, this.#made);
    if (this.#options.hash) this.#refreshBurst(slots, wanted);
    if (offered !== null) this.#noteDue(slots, wanted, offered);
    this.#panel[Cell.received] += wanted;
    return wanted;
  }

  /**
   * Packets that are due and not sent. What a ring of as many descriptors as there are slots would have lost, is lost. No branch of it waits
   * for the window or for a loss: code that has never run is compiled then, and takes milliseconds of the window.
   */
  #dueBy(offered: number): number {
    const { times, startedMs, isOpen } = this.#window;
    const due = Math.floor(((times[NOW] - startedMs) / 1000) * offered);
    const lost = Math.max(0, due - this.#accounted - this.#memory.headers.slotCount);
    const open = isOpen ? 1 : 0;
    this.#accounted += lost;
    this.#panel[Cell.lost] += lost * open;
    this.#panel[Cell.dueAtBegin + open] = due;
    return due - this.#accounted;
  }

  #noteDue(slots: Uint32Array, count: number, offered: number): void {
    const { startedMs, isOpen } = this.#window;
    const sign = isOpen ? 1 : -1;
    for (let k = 0; k < count; k++) this.#dueMs![this.#memory.slotIndex(slots[k])] = sign * (startedMs + (this.#accounted++ / offered) * 1000);
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
}
