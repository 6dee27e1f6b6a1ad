/**
 * Hot: no allocation. The work of a VM: takes a burst from rx, runs the network function in place, returns every
 * address on tx, in order. It knows no thread, no timer and no wall clock.
 */
import { CopyCounter } from '../memory/copy.js';
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { HeaderOffset, ParseFlag, VerdictKind, initialDataOffset } from '../memory/slot-layout.js';
import { Cell, counterBlock } from '../observe/counters.js';
import { Packet } from '../packet/packet.js';
import { parsePacket } from '../packet/parse.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { MailboxReceiver } from '../ring/mailbox.js';
import { Journal } from '../vnic/journal.js';
import { Vnic } from '../vnic/vnic.js';
import { PacketClock, buildContext, noVerdict, verdictKind, verdictReason, type VmEvent } from '../nf/context.js';
import type { Definition, Handlers, PacketHandler } from '../nf/contract.js';
import type { VmSpec } from './vm-spec.js';

/** Ring the manager at once when this share of the slots waits on tx: fewer, larger wake-ups win. */
const WAKE_SHARE = 4;
/** Or after this many bursts in which there was something to ring for: bounds the added latency. */
const WAKE_POLLS = 16;
/** How often a network function may let go of what timed out, in packet time. */
const EXPIRE_PERIOD_MS = 1000;

const SECONDS = HeaderOffset.timestampSeconds >> 2;
const NANOS = HeaderOffset.timestampNanos >> 2;

/** Messages from the main thread. */
export type VmMessage = { type: 'update'; options: unknown } | { type: 'end' };

export class Vm {
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #vnic: Vnic;
  readonly #journal: Journal;
  readonly #mailbox: MailboxReceiver;
  readonly #manager: Bell;
  readonly #main: Bell;
  readonly #clock = new PacketClock();
  readonly #packet: Packet;
  readonly #made: Packet;
  readonly #batch: Uint32Array;
  readonly #burst: number;
  readonly #copy: CopyCounter | null;
  readonly #private: Uint8Array;
  readonly #wallClock: boolean;
  readonly #wakeMark: number;
  readonly #one = new Uint32Array(1);
  #handlers: Handlers<unknown> = { process: () => { throw new Error('the VM was polled before its network function was created'); } };
  #tryTell: (event: VmEvent) => boolean = () => true;
  #ended = false;
  /** Address of a packet that was originated and is not sent yet; -1 when there is none. */
  #unsent = -1;
  /** Answers to main that found no room yet. */
  readonly #unanswered: VmEvent[] = [];
  #wakeDue = 0;
  #nextExpiryMs = 0;

  private constructor(shared: SharedSpec, spec: VmSpec) {
    const buffer = shared.control;
    this.#region = new Region(shared.region);
    this.#headers = new SlotHeaders(buffer, shared.headersOffset, shared.region.slots);
    this.#vnic = new Vnic(buffer, spec.vnic);
    this.#journal = new Journal(buffer, spec.journalOffset);
    this.#journal.clear(this.#vnic.tx.producerIndex);
    this.#mailbox = new MailboxReceiver(buffer, spec.mailboxOffset);
    this.#manager = new Bell(buffer, shared.managerDoorbellOffset);
    this.#main = new Bell(buffer, shared.mainDoorbellOffset);
    this.#packet = new Packet(this.#headers, shared.region.slotBytes);
    this.#made = new Packet(this.#headers, shared.region.slotBytes);
    this.#batch = new Uint32Array(shared.burst);
    this.#burst = shared.burst;
    this.#copy = shared.mode === 'copy' ? new CopyCounter(counterBlock(buffer, spec.countersBlockOffset), Cell.transmittedBytes) : null;
    this.#private = new Uint8Array(shared.mode === 'copy' ? shared.region.slotBytes : 0);
    this.#wallClock = shared.clock === 'wall';
    this.#wakeMark = Math.max(1, Math.floor(shared.region.slots / WAKE_SHARE));
  }

  /** Builds the VM and its network function. Nothing flows before it has settled. */
  static async create(shared: SharedSpec, spec: VmSpec, definition: Definition): Promise<Vm> {
    const vm = new Vm(shared, spec);
    const events = new EventWriter(shared.control, spec.events);
    vm.#tryTell = (event) => {
      const told = events.tryWrite(event);
      vm.#main.ring();
      return told;
    };
    const context = buildContext(spec, shared.control, {
      clock: vm.#clock,
      emit: (event) => {
        events.write(event);
        vm.#main.ring();
      },
      originate: (like, length) => vm.#originate(like, length),
      send: (packet) => {
        vm.#send(packet);
      },
    });
    const created: PacketHandler | Handlers<unknown> = await definition.create(context);
    vm.#handlers = typeof created === 'function' ? { process: created } : created;
    vm.#answer({ type: 'standing', takesUpdates: vm.#handlers.update !== undefined });
    return vm;
  }

  /** It was told to end: another VM takes its place. */
  get ended(): boolean {
    return this.#ended;
  }

  /** One burst at most. Returns the number of packets. `wallMs` is used only where time passes without packets. */
  poll(wallMs: number): number {
    if (this.#mailbox.hasMessage) this.#readMail();
    if (this.#unanswered.length > 0) this.#answerWaiting();
    const count = this.#vnic.rx.peek(this.#batch, this.#burst);
    if (count === 0) {
      if (this.#wallClock) this.#clock.advanceTo(wallMs);
      this.#expire();
      return 0;
    }
    this.#journal.begin(this.#vnic.rx.consumerIndex, this.#vnic.tx.producerIndex, count);
    if (this.#copy === null) this.#processInPlace(count);
    else this.#processCopies(count, this.#copy);
    this.#vnic.tx.pushBurst(this.#batch, 0, count);
    this.#vnic.tx.publish();
    this.#vnic.rx.release(count);
    this.#expire();
    this.#wakeDue++;
    if (this.#wakeDue >= WAKE_POLLS || this.#vnic.tx.occupancy() >= this.#wakeMark) this.flush();
    return count;
  }

  /** Whether a poll would find something. Checked between announcing sleep and sleeping. */
  hasWork(): boolean {
    return !this.#vnic.rx.isEmpty() || this.#mailbox.hasMessage;
  }

  /** Wakes whoever waits for what was published. Called before sleeping. */
  flush(): void {
    if (this.#wakeDue === 0) return;
    this.#wakeDue = 0;
    this.#manager.ring();
  }

  #processInPlace(count: number): void {
    const packet = this.#packet;
    const region = this.#region;
    const bytes = region.bytes;
    const u32 = this.#headers.u32;
    const { process } = this.#handlers;
    const batch = this.#batch;
    const clock = this.#clock;
    const journal = this.#journal;
    for (let k = 0; k < count; k++) {
      const address = batch[k];
      const slot = region.slotIndex(address);
      const at = slot << 4;
      packet.moveTo(bytes, address + u32[at], slot);
      clock.advance(u32[at + SECONDS], u32[at + NANOS]);
      this.#conclude(slot, process(packet));
      journal.advance(k + 1);
    }
  }

  /** Copy mode: the same, with the packet copied in and out of this VM's own memory. */
  #processCopies(count: number, copier: CopyCounter): void {
    const packet = this.#packet;
    const region = this.#region;
    const u32 = this.#headers.u32;
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      const slot = region.slotIndex(address);
      const at = slot << 4;
      const offset = u32[at];
      copier.copy(region.bytes, address + offset, this.#private, offset, u32[at + 1]);
      packet.moveTo(this.#private, offset, slot);
      this.#clock.advance(u32[at + SECONDS], u32[at + NANOS]);
      const verdict = this.#handlers.process(packet);
      copier.copy(this.#private, u32[at], region.bytes, address + u32[at], u32[at + 1]);
      this.#conclude(slot, verdict);
      this.#journal.advance(k + 1);
    }
  }

  #conclude(slot: number, verdict: ReturnType<PacketHandler>): void {
    if (typeof verdict !== 'number') noVerdict(verdict);
    this.#headers.u8[(slot << 6) + HeaderOffset.verdict] = verdictKind(verdict);
    this.#headers.u16[(slot << 5) + (HeaderOffset.dropReason >> 1)] = verdictReason(verdict);
  }

  #expire(): void {
    if (this.#handlers.expire === undefined) return;
    const now = this.#clock.now();
    if (now < this.#nextExpiryMs) return;
    this.#nextExpiryMs = now + EXPIRE_PERIOD_MS;
    this.#handlers.expire(now);
  }

  #readMail(): void {
    this.#mailbox.poll((message) => {
      const mail = message as VmMessage;
      if (mail.type === 'end') this.#ended = true;
      else {
        this.#handlers.update?.(mail.options);
        this.#answer({ type: 'updated' });
      }
    });
    this.#main.ring();
  }

  /** Tells main what it waits for: never lost, however full the ring. */
  #answer(event: VmEvent): void {
    this.#unanswered.push(event);
    this.#answerWaiting();
  }

  #answerWaiting(): void {
    while (this.#unanswered.length > 0 && this.#tryTell(this.#unanswered[0])) this.#unanswered.shift();
  }

  #originate(like: Packet, length: number): Packet | null {
    const region = this.#region;
    if (length < 1 || length > region.maxPacketBytes) throw new RangeError(`a packet of ${length} B does not fit a slot of ${region.maxPacketBytes} B`);
    // A packet that was made and not sent is made again: spares come back in the order in which they were given.
    if (this.#unsent < 0 && this.#vnic.spare.take(this.#one, 1) === 1) this.#unsent = this.#one[0];
    if (this.#unsent < 0) return null;
    const address = this.#unsent;
    const slot = region.slotIndex(address);
    const from = like.slotIndex << 6;
    const u8 = this.#headers.u8;
    for (let k = 0; k < 64; k++) u8[(slot << 6) + k] = u8[from + k]!;
    const u32 = this.#headers.u32;
    u32[slot << 4] = initialDataOffset(slot);
    u32[(slot << 4) + 1] = length;
    u32[(slot << 4) + 2] = length;
    u8[(slot << 6) + HeaderOffset.parseFlags] = 0;
    const start = address + initialDataOffset(slot);
    region.bytes.fill(0, start, start + length);
    this.#made.moveTo(region.bytes, start, slot);
    return this.#made;
  }

  #send(packet: Packet): void {
    if (packet !== this.#made || this.#unsent < 0) throw new Error('send() takes the packet of the last originate(), once');
    this.#unsent = -1;
    const slot = packet.slotIndex;
    const address = this.#region.address(slot);
    parsePacket(this.#region.bytes, packet.start, packet.length, this.#headers, slot);
    this.#headers.u8[(slot << 6) + HeaderOffset.parseFlags] &= ~ParseFlag.tuplePublished;
    this.#headers.u8[(slot << 6) + HeaderOffset.verdict] = VerdictKind.forward;
    this.#vnic.made.push(address);
    this.#vnic.made.publish();
    this.#wakeDue++;
  }

}
