/** What the ports of a benchmark are told: plain data and shared memory, so that it crosses threads. */
interface Common {
  readonly panel: SharedArrayBuffer;
  /** Hash every payload at both ends: in the run that compares, never in a measured one. */
  readonly hash: boolean;
}

/** When a source sends, and when it is measured. */
export interface Pace {
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** At least so many packets before the window: V8 compiles by counts, and tables are to be filled. */
  readonly warmUpPackets: number;
  /** At least so many in the window, on a machine that is busy with other things. */
  readonly leastPackets: number;
  /**
   * Packets per second, whether or not the chain keeps up (open loop); null: as fast as slots come back. A whole number: of a fraction each poll would
   * make an object (docs/hot-code.md), and the collections counted would be the benchmark's own.
   */
  readonly offered: number | null;
  /** Packets in all; null: until the window ends. */
  readonly packets: number | null;
  /** Of runs that are measured at the same time: each opens its window when all have warmed up, and goes on until all windows are over. */
  readonly barrier?: Barrier;
}

export interface Barrier {
  /** Two int32: how many have warmed up, and how many windows are over. */
  readonly arrived: SharedArrayBuffer;
  readonly size: number;
}

export function newBarrier(size: number): Barrier {
  return { arrived: new SharedArrayBuffer(8), size };
}

/** Makes UDP packets of one size. */
export interface SourceOptions extends Common, Pace {
  readonly role: 'source';
  readonly bytes: number;
  readonly flows: number;
  readonly seed: number;
}

/** Takes what is sent, and receives nothing. */
export interface SinkOptions extends Common {
  readonly role: 'sink';
  /** Record the latency of packets within the window. */
  readonly latency: boolean;
}

/**
 * Sends packets that lie in memory again and again, each on its own side, in phases of one side each. Arrays over shared memory
 * cross threads uncopied.
 */
export interface ReplayOptions extends Common, Pace {
  readonly role: 'replay';
  readonly side: 0 | 1;
  /** All packets, one after the other, each padded to 8 bytes. */
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  readonly sides: Uint8Array;
  /** Index of the first packet of each phase, of which the last is not empty; at the end, how many packets there are. */
  readonly phases: Uint32Array;
  /**
   * A phase begins when every packet of the phase so many before it, and of all earlier ones, is home: transmitted or dropped. With
   * 1 they go one by one, and what happens is the same every time. At most 4. A new pass waits for all of the last one.
   */
  readonly lag: number;
  /** Passes in which phases wait; in later ones packets are sent as slots come back. */
  readonly waitingPasses: number;
  /** Written: how many packets had left when each pass began, from the second one on. */
  readonly left: Float64Array | null;
  /** Seconds of packet time between two passes. */
  readonly jumpSeconds: number;
}

export type BenchPortOptions = SourceOptions | SinkOptions | ReplayOptions;
