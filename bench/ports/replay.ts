/**
 * Hot: no allocation. Recorded packets, read into memory before, sent again and again in their order by two ports: each
 * has those of its side and waits while it is the other's turn.
 */
import { initialDataOffset, LinkType } from '../../src/memory/slot-layout.js';
import type { PortMemory } from '../../src/port/contract.js';
import { describeArrival } from '../../src/port/capture/fill-slot.js';
import { Cell } from './panel.js';
import type { ReplayOptions } from './port-options.js';
import { Window } from './window.js';

/** Up to here words are copied one by one; from there on a block copy costs less. */
const WORDS_BYTES = 256;
/** A day in 2024. */
const FIRST_SECOND = 1_704_067_200;
/** Packet time from one packet to the next. */
const SPACING_NANOS = 1000;

/** Packets between two looks at the clock. */
const PACKETS_A_LOOK = 64;

/** Where both sides are. */
export class Replay {
  readonly options: ReplayOptions;
  readonly panel: Float64Array;
  readonly window: Window;
  readonly words: Uint32Array;
  readonly views: readonly Uint8Array[];
  /** Index of the next packet, and packets sent in all. */
  next = 0;
  sent = 0;
  /** Packets sent when the clock is looked at again. */
  lookAt = 0;
  /** Seconds of packet time that passes have jumped over. */
  jumped = 0;
  home = 0;
  lastSide = -1;

  constructor(options: ReplayOptions) {
    this.options = options;
    this.panel = new Float64Array(options.panel);
    this.window = new Window(this.panel, options);
    this.words = new Uint32Array(options.bytes.buffer, 0, options.bytes.length >>> 2);
    this.views = Array.from(options.offsets, (offset, k) => options.bytes.subarray(offset, offset + options.lengths[k]));
  }

  get isOver(): boolean {
    const { packets } = this.options;
    return this.window.isOver || (packets !== null && this.sent >= packets);
  }
}

export class ReplaySide {
  readonly #replay: Replay;
  readonly #side: number;
  readonly #memory: PortMemory;
  readonly #words: Uint32Array;
  readonly #arrival = { length: 0, originalLength: 0, seconds: FIRST_SECOND, nanos: 0, linkType: LinkType.ethernet, interfaceId: 0 };

  constructor(memory: PortMemory, replay: Replay, side: number) {
    this.#replay = replay;
    this.#side = side;
    this.#memory = memory;
    this.#words = new Uint32Array(memory.region.buffer, 0, memory.region.buffer.byteLength >>> 2);
  }

  get exhausted(): boolean {
    return this.#replay.isOver;
  }

  settled(): void {
    this.#replay.home++;
  }

  receive(slots: Uint32Array, count: number): number {
    const replay = this.#replay;
    // Packets come by ones and twos, and the clock costs as much as one of them.
    if (replay.sent >= replay.lookAt) {
      replay.lookAt = replay.sent + PACKETS_A_LOOK;
      replay.window.pass(performance.now());
    }
    const { sides, inStep, lengths, jumpSeconds } = replay.options;
    let used = 0;
    while (used < count && !replay.isOver && sides[replay.next] === this.#side) {
      if (inStep && replay.lastSide !== this.#side && replay.home < replay.sent) break;
      replay.lastSide = this.#side;
      this.#send(slots[used++], replay.next);
      replay.sent++;
      if (++replay.next === lengths.length) {
        replay.next = 0;
        replay.jumped += jumpSeconds;
      }
    }
    replay.panel[Cell.received] += used;
    return used;
  }

  #send(address: number, packet: number): void {
    const { options, views, words, sent, jumped } = this.#replay;
    const slot = this.#memory.slotIndex(address);
    const dataOffset = initialDataOffset(slot);
    const start = address + dataOffset;
    const length = options.lengths[packet];
    if (length > WORDS_BYTES) this.#memory.region.set(views[packet], start);
    else {
      const from = options.offsets[packet] >>> 2;
      const count = (length + 3) >>> 2;
      for (let k = 0; k < count; k++) this.#words[(start >>> 2) + k] = words[from + k];
    }
    const arrival = this.#arrival;
    arrival.length = length;
    arrival.originalLength = length;
    const nanos = (sent % 1_000_000) * SPACING_NANOS;
    arrival.nanos = nanos;
    arrival.seconds = FIRST_SECOND + jumped + Math.floor(sent / 1_000_000);
    describeArrival(this.#memory, slot, dataOffset, arrival);
  }
}
