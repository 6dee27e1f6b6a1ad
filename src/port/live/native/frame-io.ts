/** Where frames come from and go to: a packet socket, or the device of a TAP or TUN interface. Both move many at a call. */
import type { MessageVector } from './message-vector.js';

/** How often a half asks whether there is an outage, while there is none. */
export const LOOK_MS = 100;

/** Frames in a call: as many as the vectors of both directions hold. */
export const FRAMES = 64;

export interface FrameIo {
  /** Readable when there are frames, for poll(2). */
  readonly descriptor: number;
  /**
   * Receives frames, each behind its offload header, into the pieces of the first messages of a vector.
   * @param mayWait waits a moment for the first of them.
   * @returns how many; 0 when none came; the negative of an error number.
   */
  receive(vector: MessageVector, max: number, mayWait: boolean): number;
  /** Bytes of frame k of the last call, also those that found no room, without its offload header. */
  length(vector: MessageVector, k: number): number;
  /** The VLAN tag that the system took out of frame k, as 32 bits with its EtherType in front, or 0. */
  vlanTag(vector: MessageVector, k: number): number;
  /**
   * Sends the first messages of a vector, each an offload header and a frame.
   * @param from the first that is not sent yet.
   * @returns how many; the negative of an error number when the first of them was refused.
   */
  send(vector: MessageVector, from: number, count: number): number;
  /** Waits a moment until more can be sent. */
  waitToSend(): void;
  /** Frames that the system dropped in front of this port since the last call. */
  dropped(): number;
  /** Why what is sent now is lost although the system takes it, in words that follow the interface's name; null: it is not, or the system says so itself. */
  outage(): string | null;
  /** The interface is down or gone: tries to attach to it again. True when it is there and up. */
  reattach(): boolean;
}
