/**
 * Hot: no allocation. The work of a VM: takes a burst from rx, runs its network functions in place, returns every
 * address on tx, in order. It knows no thread and no timer, and reads no clock: whoever polls
 * it writes the time of day where it looks.
 */
import { CopyCounter } from '../memory/copy.js';
import { Region } from '../memory/region.js';
import type { SharedSpec } from '../memory/shared-spec.js';
import { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, HeaderWord, ParseFlag, VerdictKind, initialDataOffset } from '../memory/slot-layout.js';
import { Cell, counterBlock } from '../observe/counters.js';
import { Packet } from '../packet/packet.js';
import { parsePacket } from '../packet/parse.js';
import { Bell } from '../ring/doorbell.js';
import { EventWriter } from '../ring/event-ring.js';
import { MailboxReceiver } from '../ring/mailbox.js';
import type { RingConsumer } from '../ring/spsc-ring.js';
import { Waker } from '../ring/wake-up.js';
import { Chore, Journal } from '../vnic/journal.js';
import { Mesh } from '../vnic/mesh.js';
import { Vnic } from '../vnic/vnic.js';
import { PacketClock, buildContext, type VmEvent } from '../nf/context.js';
import { FlowNames } from '../nf/flow-names.js';
import { forward, type Burst, type Definition, type Handlers, type PacketHandler } from '../nf/contract.js';
import { burstLoop, type BurstLoop, type Copies, type LoopParts } from './burst-loop.js';
import { BurstRun } from './burst-run.js';
import { lineFetcher, type LineFetcher } from './fetch-lines.js';
import { VmWatch } from './vm-watch.js';
import { writeVerdict } from './write-verdict.js';
import { nextHop, sameWayForward } from './mesh-runs.js';
import type { VmSpec } from './vm-spec.js';
import type { WatchSpec } from '../watch/watch-spec.js';

const SECONDS = HeaderOffset.timestampSeconds >> 2;
const NANOS = HeaderOffset.timestampNanos >> 2;

/** Messages from the main thread. */
export type VmMessage = { type: 'update'; function: number; options: unknown } | { type: 'watch'; watches: readonly WatchSpec[] } | { type: 'end' };

const BEFORE_CREATION: Handlers<unknown> = { process: () => { throw new Error('the VM was polled before its network functions were created'); } };

export class Vm {
  readonly #region: Region;
  readonly #headers: SlotHeaders;
  readonly #vnic: Vnic;
  readonly #mesh: Mesh | null;
  /** Where bursts come from: rx, then rings from other VMs. */
  readonly #inputs: readonly RingConsumer[];
  #input = 0;
  readonly #counters: Float64Array;
  readonly #journal: Journal;
  readonly #mailbox: MailboxReceiver;
  readonly #manager: Waker;
  readonly #main: Bell;
  readonly #clock = new PacketClock();
  readonly #packet: Packet;
  readonly #made: Packet;
  readonly #batch: Uint32Array;
  readonly #burst: number;
  readonly #copies: Copies | null;
  /** The time of day, where time passes without packets too. */
  readonly #wallMs: Float64Array | null;
  readonly #one = new Uint32Array(1);
  /** Of its functions, in the order of the forward path. */
  readonly #handlers: Handlers<unknown>[] = [];
  /** The first of them, and the only one where each function has a VM of its own. */
  #first = BEFORE_CREATION;
  /** What the loops over a burst work on. */
  readonly #parts: LoopParts;
  /** Null where the packet manager has just had the packets in this core's cache. */
  readonly #fetchLines: LineFetcher | null;
  #process: BurstLoop = () => {
    throw new Error('the VM was polled before its network functions were created');
  };
  readonly #run: BurstRun;
  readonly #watch: VmWatch;
  #tryTell: (event: VmEvent) => boolean = () => true;
  #ended = false;
  /** A function has told main something since it was last rung for. */
  #hasTold = false;
  /** Address of a packet that was originated and is not sent yet; -1 when there is none. */
  #unsent = -1;
  /** Answers to main that found no room yet. */
  readonly #unanswered: VmEvent[] = [];
  /** The second of packet time in which network functions were last asked to let go of what timed out. */
  #expiredSeconds = -1;
  /** The reading of the time of day that the clock was told last. */
  readonly #passedMs = new Float64Array(1);

  private constructor(shared: SharedSpec, spec: VmSpec, wallMs: Float64Array) {
    const buffer = shared.control;
    this.#region = new Region(shared.region);
    this.#headers = new SlotHeaders(buffer, shared.headersOffset, shared.region.slots);
    this.#vnic = new Vnic(buffer, spec.vnic);
    this.#mesh = spec.mesh === undefined ? null : new Mesh(buffer, spec.mesh, spec.wakeUp);
    this.#inputs = this.#mesh === null ? [this.#vnic.rx] : [this.#vnic.rx, ...this.#mesh.inputs];
    this.#counters = counterBlock(buffer, spec.functions[0].countersBlockOffset);
    this.#journal = new Journal(buffer, spec.journalOffset);
    this.#journal.clear(this.#vnic.tx.producerIndex);
    this.#mailbox = new MailboxReceiver(buffer, spec.mailboxOffset);
    this.#manager = new Waker(new Bell(buffer, shared.managerDoorbellOffset), spec.wakeUp);
    this.#main = new Bell(buffer, shared.mainDoorbellOffset);
    this.#packet = new Packet(this.#headers, shared.region.slotBytes);
    this.#made = new Packet(this.#headers, shared.region.slotBytes);
    this.#batch = new Uint32Array(shared.burst);
    this.#burst = shared.burst;
    this.#fetchLines = spec.isInline ? null : lineFetcher(this.#region, this.#headers, this.#batch);
    this.#run = new BurstRun(this.#region, this.#headers, this.#packet, this.#batch, this.#clock, this.#journal);
    this.#watch = new VmWatch(buffer, spec.watch, this.#headers, shared.region.slotBytes, shared.mainDoorbellOffset, spec.functions.map(({ index }) => index));
    const counter = (): CopyCounter => new CopyCounter(this.#counters, Cell.transmittedBytes);
    this.#copies = shared.mode === 'copy' ? { in: counter(), out: counter(), bytes: new Uint8Array(shared.region.slotBytes) } : null;
    this.#parts = {
      region: this.#region, headers: this.#headers, packet: this.#packet, batch: this.#batch, clock: this.#clock, journal: this.#journal, copies: this.#copies,
    };
    this.#wallMs = shared.clock === 'wall' ? wallMs : null;
  }

  /**
   * Builds the VM and its network functions. Nothing flows before it has settled.
   * @param wallMs its first cell is the time of day, of whoever polls the VM.
   */
  static async create(shared: SharedSpec, spec: VmSpec, definitions: readonly Definition[], wallMs: Float64Array): Promise<Vm> {
    const vm = new Vm(shared, spec, wallMs);
    const events = new EventWriter(shared.control, spec.events);
    vm.#tryTell = (event) => {
      const told = events.tryWrite(event);
      vm.#main.ring();
      return told;
    };
    const names = new FlowNames();
    /** Soon enough that main has read before there is no room. */
    const ringInTime = (): void => {
      if (events.unread > events.capacity >>> 3) vm.#ringMain();
    };
    const links = {
      clock: vm.#clock,
      emit: (event: VmEvent) => {
        events.write(event);
        vm.#hasTold = true;
        ringInTime();
      },
      nameFlow: (flowId: number, protocol: string, host: string) => {
        const count = names.write(flowId, protocol, host);
        events.writeWords(names.words, 0, count);
        vm.#hasTold = true;
        ringInTime();
      },
      originate: (like: Packet, length: number) => vm.#originate(like, length),
      send: (packet: Packet) => {
        vm.#send(packet);
      },
    };
    for (const [at, definition] of definitions.entries()) {
      const created: PacketHandler | Handlers<unknown> = await definition.create(buildContext(spec.functions[at], shared.control, links));
      const handlers = typeof created === 'function' ? { process: created } : created;
      vm.#handlers.push(handlers);
      vm.#answer({ type: 'standing', function: at, takesUpdates: handlers.update !== undefined });
    }
    vm.#first = vm.#handlers[0];
    vm.#process = burstLoop(vm.#parts, vm.#handlers.map((handlers) => handlers.process.bind(handlers)));
    return vm;
  }

  /** It was told to end: another VM takes its place. */
  get ended(): boolean {
    return this.#ended;
  }

  /** One burst at most. Returns the number of packets. */
  poll(): number {
    if (this.#mailbox.hasMessage) this.#readMail();
    if (this.#unanswered.length > 0) this.#answerWaiting();
    const count = this.#takeBurst();
    if (count === 0) {
      if (this.#wallMs !== null) this.#passTime(this.#wallMs);
      this.#expire();
      this.#manager.passed();
      this.#mesh?.passed();
      return 0;
    }
    this.#fetchLines?.(count);
    const input = this.#inputs[this.#input];
    this.#journal.begin(this.#input, input.consumerIndex, this.#vnic.tx.producerIndex, count);
    if (this.#watch.isOn) this.#processWatched(count);
    else if (this.#copies === null && this.#handlers.length === 1 && this.#first.processBurst !== undefined) this.#processBurst(count, this.#first.processBurst);
    else this.#process(count);
    if (this.#mesh === null) this.#vnic.tx.pushBurst(this.#batch, 0, count);
    else this.#route(this.#mesh, count);
    const returned = this.#vnic.tx.publish();
    input.release(count);
    this.#expire();
    if (returned > 0) this.#manager.published(returned, this.#vnic.tx);
    else this.#manager.passed();
    return count;
  }

  /** Looks at rx and, in a mesh, at the rings from other VMs, each in its turn. */
  #takeBurst(): number {
    const inputs = this.#inputs;
    for (let tried = 0; tried < inputs.length; tried++) {
      this.#input = this.#input + 1 < inputs.length ? this.#input + 1 : 0;
      const count = inputs[this.#input].peek(this.#batch, this.#burst);
      if (count > 0) return count;
    }
    return 0;
  }

  /** Direct routing: what is forwarded goes to the VM that this one's share names; all else to the manager. */
  #route(mesh: Mesh, count: number): void {
    const { i32 } = this.#headers;
    const batch = this.#batch;
    const region = this.#region;
    for (let k = 0; k < count;) {
      const end = sameWayForward(i32, region, batch, k, count);
      if (end === k) {
        this.#vnic.tx.push(batch[k++]);
        continue;
      }
      const way = i32[(region.slotIndex(batch[k]) << 4) + HeaderWord.path];
      const output = mesh.next(way & 0xffff, way >>> 24);
      if (output < 0) this.#vnic.tx.pushBurst(batch, k, end - k);
      else {
        nextHop(i32, region, batch, k, end);
        mesh.pushBurst(output, batch, k, end - k);
      }
      k = end;
    }
    // In a mesh the manager does not see every hop: each VM counts its own, before others can bring the packets to the end of the run.
    this.#counters[Cell.received] += count;
    this.#counters[Cell.returned] += count;
    mesh.publish();
  }

  /** Whether a poll would find something. Checked between announcing sleep and sleeping. */
  hasWork(): boolean {
    return !this.#vnic.rx.isEmpty() || this.#mailbox.hasMessage || (this.#mesh !== null && !this.#mesh.isQuiet());
  }

  /**
   * Wakes whoever waits for what was published: each millisecond, and before it sleeps. Main is rung for here alone: where every
   * connection is told of, a bell once a burst takes the core from the packets.
   */
  flush(): void {
    this.#manager.flush();
    this.#mesh?.flush();
    this.#ringMain();
  }

  #ringMain(): void {
    if (!this.#hasTold) return;
    this.#hasTold = false;
    this.#main.ring();
  }

  #processBurst(count: number, processBurst: (burst: Burst) => void): void {
    this.#run.begin(count);
    processBurst(this.#run);
    this.#run.finish();
  }

  /** Somebody watches: each packet by itself, wherever its bytes are, through one function or several. Slower, and the same. */
  #processWatched(count: number): void {
    const packet = this.#packet;
    const region = this.#region;
    const u32 = this.#headers.u32;
    const copies = this.#copies;
    for (let k = 0; k < count; k++) {
      const address = this.#batch[k];
      const slot = region.slotIndex(address);
      const at = slot << 4;
      const offset = u32[at];
      if (copies === null) packet.moveTo(region.bytes, address + offset, slot);
      else {
        copies.in.copy(region.bytes, address + offset, copies.bytes, offset, u32[at + 1]);
        packet.moveTo(copies.bytes, offset, slot);
      }
      this.#clock.advance(u32[at + SECONDS], u32[at + NANOS]);
      const verdict = this.#passWatched(packet, slot);
      if (copies !== null) copies.out.copy(copies.bytes, u32[at], region.bytes, address + u32[at], u32[at + 1]);
      this.#conclude(slot, verdict);
      this.#journal.advance(k + 1);
    }
  }

  #passWatched(packet: Packet, slot: number): ReturnType<PacketHandler> {
    const handlers = this.#handlers;
    const last = handlers.length - 1;
    const u8 = this.#headers.u8;
    const at = slot << 6;
    for (let hop = u8[at + HeaderOffset.hop]; ; hop++) {
      const place = last === 0 ? 0 : u8[at + HeaderOffset.direction] === Direction.reverse ? last - hop : hop;
      if (last > 0) {
        u8[at + HeaderOffset.hop] = hop;
        this.#journal.enter(place);
      }
      const verdict = handlers[place].process(packet);
      this.#watch.passed(packet, place, handlers[place], verdict);
      if (verdict !== forward || last === 0 || hop === last) return verdict;
    }
  }

  #conclude(slot: number, verdict: ReturnType<PacketHandler>): void {
    writeVerdict(this.#headers, slot, verdict);
  }

  /** Once for each reading of the clock: a number with a fraction or above 2^31 is an object for V8 wherever it is passed. */
  #passTime(wallMs: Float64Array): void {
    if (wallMs[0] === this.#passedMs[0]) return;
    this.#passedMs[0] = wallMs[0];
    this.#clock.advanceTo(wallMs[0]);
  }

  /** Once in each second of packet time that shows: a whole number, since one with a fraction could be an object in every poll. */
  #expire(): void {
    const seconds = this.#clock.nowSeconds();
    if (seconds === this.#expiredSeconds) return;
    this.#expiredSeconds = seconds;
    const now = this.#clock.now();
    for (let at = 0; at < this.#handlers.length; at++) {
      const handlers = this.#handlers[at];
      if (handlers.expire === undefined) continue;
      this.#journal.beginChore(at, Chore.expire);
      handlers.expire(now);
      this.#journal.endChore();
    }
  }

  #readMail(): void {
    this.#mailbox.poll((message) => {
      const mail = message as VmMessage;
      if (mail.type === 'end') this.#ended = true;
      else if (mail.type === 'watch') this.#watch.replace(mail.watches);
      else {
        this.#journal.beginChore(mail.function, Chore.update);
        this.#handlers[mail.function].update?.(mail.options);
        this.#journal.endChore();
        this.#answer({ type: 'updated', function: mail.function });
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
    const last = this.#handlers.length - 1;
    // Made by the function that has the packet in hand, and going on from there.
    if (last > 0) u8[(slot << 6) + HeaderOffset.hop] = like.direction === Direction.reverse ? last - this.#journal.stage : this.#journal.stage;
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
    if (this.#watch.isOn) this.#watch.made(packet);
    this.#vnic.made.push(address);
    this.#manager.published(this.#vnic.made.publish(), this.#vnic.made);
  }
}
