/**
 * What a port does, whichever thread it lives in. The manager gives free slots (fill), takes packets (rx), gives
 * packets (tx) and takes slots back (completion), as in AF_XDP. A port in the manager's thread is called directly;
 * any other is reached by four rings with the same meaning.
 */
import type { SlotHeaders } from '../memory/slot-headers.js';

/** What a port needs of the memory: bytes of the region, headers, and how addresses become header indexes. */
export interface PortMemory {
  readonly region: Uint8Array;
  readonly headers: SlotHeaders;
  /** Bytes that a packet may have in a slot. */
  readonly maxPacketBytes: number;
  slotIndex(address: number): number;
}

/** A port's own counters: what it saw and could not hand over. The manager counts the rest. */
export interface PortCounts {
  /** A packet arrived that never got a slot. Counts it as received and as dropped for the reason. */
  dropAtIngress(reason: number): void;
  /** A packet given for transmission could not be sent. */
  dropAtEgress(address: number, reason: number): void;
}

/** Something that a port met and could read or write around: counted and named. */
export interface PortProblem {
  kind: string;
  count: number;
  /** Byte offset of the first. */
  firstAt: number;
  detail: string;
}

export interface PortBackend {
  /** What was wrong with the files that it reads and writes. */
  readonly problems?: readonly PortProblem[];
  /**
   * Writes packets into free slots: bytes at `initialDataOffset(slotIndex(address))`, and in the header dataOffset,
   * length, originalLength, linkType, interfaceId and the timestamp. Slots are used from the first on.
   * @returns how many were used. They are the manager's from then on; the others stay the manager's.
   */
  receive(slots: Uint32Array, count: number): number;
  /** Takes packets for transmission. All of them: a port has room for every slot there is. */
  transmit(addresses: Uint32Array, count: number): void;
  /** Writes addresses whose transmission is over into `out`, at most `max`, and returns how many. */
  complete(out: Uint32Array, max: number): number;
  /**
   * A packet that this port received is home again: transmitted by some port, or dropped. Its bytes and header are
   * as they were left. Ports that wait for an outcome use it.
   */
  settled?(address: number): void;
  /**
   * Whether something will be there to receive without anybody doing anything: a packet that is due at a time. Such a port
   * keeps its thread from sleeping, and is asked once a poll, where others are asked until there is a burst. Left out: what
   * lets the port go on is done by the thread that asks.
   */
  hasWork?(): boolean;
  /** True when the port will never receive again. */
  readonly exhausted: boolean;
  /** Called once when the runtime stops, after the last completion. */
  close(): void;
}

/** Makes a backend, in the thread that serves it. Default export of the module of a port of kind `module`. */
export type PortFactory = (memory: PortMemory, counts: PortCounts, options: unknown) => PortBackend;
