/**
 * A capture split into an inside and an outside: two ports over one file, both in the manager's thread.
 *
 * A recorded reply is addressed to the tuple as it was recorded, which the chain may have translated. So a record that
 * changes the direction of its connection is held until every packet before it in its connection is *settled*, and is
 * then addressed to the translation in force: what the port last saw leaving on the reply's side.
 *
 *   file -> side and connection -> ready for its side ------------> slot -> chain -> other side's transmit: learn
 *                               -> held by its connection -> ready (when the last packet under way is settled)
 *
 * Records that are held or ready lie in the file's buffer, not in slots; the window of them is bounded in bytes and in
 * number, and when it is full the reader stops. That cannot stop for ever:
 *   1. A record is held only while a packet of its connection is under way, that is ready or in a slot; the last of
 *      those that is settled makes the records ready that come next.
 *   2. A ready record waits for nothing but a free slot, and held records keep no slots from it.
 *   3. A packet in a slot is settled in the end, because the manager transmits or drops every packet.
 *   4. The reader is stopped only by records that wait or by connections with packets under way, so by 1 to 3 it goes on.
 *
 * While a reply is held, the file is read on, but not far in packet time: network functions tell the time by the packets
 * that they see, and a reply that waited while the clock ran on would find its connection timed out. So a record that
 * was made long after those under way is not looked at before they are all settled.
 */
import { builtInDrop } from '../../observe/drop-reasons.js';
import type { PortCounts, PortMemory } from '../contract.js';
import type { CaptureProblem } from './capture-error.js';
import { type Connection, ConnectionTable, MAX_CONNECTIONS, NO_CONNECTION, Side } from './connections.js';
import { createCapture } from './create-capture.js';
import { Egress } from './egress.js';
import { SlotFiller } from './fill-slot.js';
import { InterfaceDirectory } from './interfaces.js';
import { openCapture } from './open-capture.js';
import { Prefixes } from './prefixes.js';
import type { CaptureReader } from './reader.js';
import { Sides } from './sides.js';
import { Tuple } from './tuple.js';
import { TwoSidedFace } from './two-sided-face.js';
import { UnderWay } from './under-way.js';
import { MAX_WAITING_RECORDS, WaitingRecords } from './waiting-records.js';

/** Bytes of the file that may wait: some seconds of a busy line. */
export const WINDOW_BYTES = 8 * 1024 * 1024;
/** Packet time by which records under way may differ: less than any timeout of the stock functions. */
export const LEAD_SECONDS = 5;
/** Records looked at for each free slot in one call: bounds a call whose records are all held or the other side's. */
const LOOK_AHEAD = 8;
const PACKET_TOO_LONG = builtInDrop('packet-too-long');

export interface TwoSidedOptions {
  path: string;
  /** Addresses and prefixes that are inside. Without them, whoever opened a connection is. */
  inside?: readonly string[];
  /** Bytes of records that may wait. */
  windowBytes?: number;
  /** Records that may wait; a power of two. */
  windowRecords?: number;
  /** Connections remembered. */
  connections?: number;
}

export interface FaceOptions {
  /** Where to write what is sent on this side; without it, that is discarded. */
  write?: string;
  /** Told once what the system said, when that file takes nothing any more. */
  onWriteFailure?: (why: string) => void;
  /** Index of this port, as slot headers have it. */
  portIndex?: number;
  /** Shared by the ports of one runtime, so that written files name the interfaces that packets came from. */
  directory?: InterfaceDirectory;
}

export class TwoSidedCapture {
  readonly #path: string;
  readonly #memory: PortMemory;
  readonly #filler: SlotFiller;
  readonly #reader: CaptureReader;
  readonly #table: ConnectionTable;
  readonly #sides: Sides;
  readonly #waiting: WaitingRecords;
  readonly #underWay: UnderWay;
  readonly #ready = [{ first: -1, last: -1 }, { first: -1, last: -1 }];
  readonly #tuple = new Tuple();
  #openFaces = 0;
  /** Records made later wait in the file until nothing is under way. */
  #horizonSeconds = -1;
  /** The reader stands at a record that has no place yet. */
  #hasNext = false;

  /**
   * @throws CaptureError when the capture cannot be read.
   * @throws RangeError when a prefix is none.
   */
  constructor(options: TwoSidedOptions, memory: PortMemory) {
    const prefixes = options.inside === undefined || options.inside.length === 0 ? null : new Prefixes(options.inside);
    this.#path = options.path;
    this.#memory = memory;
    this.#filler = new SlotFiller(memory);
    this.#table = new ConnectionTable(options.connections ?? MAX_CONNECTIONS);
    this.#sides = new Sides(this.#table, prefixes);
    this.#underWay = new UnderWay(memory, this.#table);
    this.#waiting = new WaitingRecords(options.windowRecords ?? MAX_WAITING_RECORDS);
    this.#reader = openCapture(options.path, { keepBytes: options.windowBytes ?? WINDOW_BYTES });
  }

  /**
   * The port of one side. Both sides of a capture must be used, once each: packets of the other wait for it otherwise.
   * @throws CaptureError when the file to write cannot be created.
   */
  face(side: 'inside' | 'outside', options: FaceOptions, counts: PortCounts): TwoSidedFace {
    const directory = options.directory ?? new InterfaceDirectory();
    directory.register(options.portIndex ?? Side[side], this.#reader);
    const writer = options.write === undefined ? null : createCapture(options.write, [this.#path], directory);
    this.#openFaces++;
    return new TwoSidedFace(this, this.#underWay, Side[side], counts, new Egress(this.#memory, counts, writer, options.onWriteFailure));
  }

  /** What was wrong with the file. */
  get problems(): CaptureProblem[] {
    return this.#reader.problems;
  }

  /** True when the file is read and nothing waits. */
  get exhausted(): boolean {
    return this.#reader.exhausted && this.#waiting.span === 0;
  }

  /** Most records that ever waited at a time. */
  get highWaterRecords(): number {
    return this.#waiting.highWater;
  }

  /** Fills slots with what is ready for a side, then with what the file has for it. */
  receive(side: number, slots: Uint32Array, count: number, counts: PortCounts): number {
    let used = this.#receiveReady(side, slots, count, counts);
    for (let looked = 0; used < count && looked < count * LOOK_AHEAD; looked++) {
      if (this.#waiting.isFull || !this.#table.hasRoom()) break;
      this.#hasNext ||= this.#reader.next();
      if (!this.#hasNext || this.#isFarAhead()) break;
      this.#hasNext = false;
      if (this.#place(side)) used += this.#deliverNow(side, slots[used], counts);
    }
    this.#reader.retainFrom(this.#waiting.retained);
    return used;
  }

  /** Whether the record at which the reader stands was made long after those that are under way. */
  #isFarAhead(): boolean {
    const { seconds } = this.#reader;
    if (seconds <= this.#horizonSeconds) return false;
    if (this.#underWay.count > 0 || this.#waiting.span > 0) return true;
    this.#horizonSeconds = seconds + LEAD_SECONDS;
    return false;
  }

  #receiveReady(side: number, slots: Uint32Array, count: number, counts: PortCounts): number {
    const queue = this.#ready[side];
    const waiting = this.#waiting;
    let used = 0;
    while (used < count && queue.first >= 0) {
      const record = waiting.shift(queue);
      waiting.load(record);
      const index = waiting.connectionOf(record);
      const connection = index === NO_CONNECTION ? null : this.#table.get(index);
      if (waiting.length > this.#memory.maxPacketBytes) {
        counts.dropAtIngress(PACKET_TOO_LONG);
        waiting.remove(record);
        if (connection !== null) this.#settle(connection);
        continue;
      }
      this.#filler.fill(slots[used], this.#reader.buffer, this.#reader.bufferIndex(waiting.position), waiting);
      this.#underWay.hand(slots[used], connection, side, waiting.linkType, waiting.length);
      waiting.remove(record);
      used++;
    }
    return used;
  }

  /** Finds the place of the record that was just read. True when it goes to `side`, and now. */
  #place(side: number): boolean {
    const reader = this.#reader;
    this.#tuple.read(reader.buffer, reader.dataOffset, reader.length, reader.linkType);
    this.#sides.assign(this.#tuple);
    const { connection, side: from } = this.#sides;
    const free = connection === null || (!connection.holdsRecords && (connection.outstanding === 0 || connection.lastSide === from));
    if (free && connection !== null) {
      connection.outstanding++;
      connection.lastSide = from;
    }
    if (free && from === side) return true;
    const record = this.#waiting.add(reader, connection === null ? NO_CONNECTION : connection.index, from);
    this.#reader.retainFrom(this.#waiting.retained);
    this.#waiting.append(free ? this.#ready[from] : connection, record);
    return false;
  }

  /** The record that was just read goes straight into a slot. Returns the slots used. */
  #deliverNow(side: number, address: number, counts: PortCounts): number {
    const reader = this.#reader;
    const { connection } = this.#sides;
    if (reader.length > this.#memory.maxPacketBytes) {
      counts.dropAtIngress(PACKET_TOO_LONG);
      if (connection !== null) this.#settle(connection);
      return 0;
    }
    this.#filler.fill(address, reader.buffer, reader.dataOffset, reader);
    this.#underWay.hand(address, connection, side, reader.linkType, reader.length);
    return 1;
  }

  /** The packet in a slot that this capture filled is home. Other addresses are not ours to say anything about. */
  settled(address: number): void {
    const connection = this.#underWay.settled(address);
    if (connection !== null) this.#settle(connection);
  }

  /** One packet fewer is under way; after the last, the records go on that wait, up to the next change of direction. */
  #settle(connection: Connection): void {
    connection.outstanding--;
    if (connection.outstanding > 0 || !connection.holdsRecords) return;
    const side = this.#waiting.sideOf(connection.first);
    while (connection.holdsRecords && this.#waiting.sideOf(connection.first) === side) {
      this.#waiting.append(this.#ready[side], this.#waiting.shift(connection));
      connection.outstanding++;
    }
    connection.lastSide = side;
  }

  /** A face is closed; with the last one, the file. */
  release(): void {
    if (--this.#openFaces === 0) this.close();
  }

  /** Closes the file, also when no face was ever made. */
  close(): void {
    this.#reader.close();
  }
}
