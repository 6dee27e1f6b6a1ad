/** One measured value, with every factor that it depends on beside the environment: a row of the CSV. */

/** What a run was set to. Null where it means nothing. */
export interface Factors {
  readonly mode: string | null;
  readonly routing: string | null;
  readonly placement: string | null;
  readonly replicas: number | null;
  readonly wakeUp: string | null;
  readonly vms: number | null;
  /** Of a frame, without check sequence; of real traffic, on average. */
  readonly bytes: number | null;
  readonly burst: number | null;
  /** What a network function touches: `nothing`, `ttl` (as the C reference does), `headers`, `payload`. */
  readonly touch: string | null;
  readonly flows: number | null;
  /** Offered load in packets per second; null: as fast as slots come back. */
  readonly offered: number | null;
  /** Share of the rate found that is offered. */
  readonly load: number | null;
  readonly slots: number | null;
  readonly slotBytes: number | null;
  /** Threads that work at the same time. */
  readonly threads: number | null;
}

export const NO_FACTORS: Factors = {
  mode: null, routing: null, placement: null, replicas: null, wakeUp: null, vms: null, bytes: null, burst: null, touch: null, flows: null,
  offered: null, load: null, slots: null, slotBytes: null, threads: null,
};

/** What one run of a way gave. */
export interface Measured {
  /** `time`, `rate`, `p99.9`, `cpu` … */
  readonly metric: string;
  /** Of the value: `ns`, `us`, `Mpps`, `%`, `MB`. */
  readonly unit: string;
  readonly value: number;
  /** In the measured window. */
  readonly packets: number | null;
  readonly seconds: number | null;
  /** Garbage collections in the manager's thread within the window, by v8.GCProfiler. */
  readonly collections?: number | null;
  /** Of the whole run, as the runtime counted them. */
  readonly bytesCopied?: number | null;
}

export interface Sample extends Factors, Required<Measured> {
  readonly case: string;
  /** Who did it: `millrace`, or a baseline: `c`, `clone`, `ringbuf.js` … */
  readonly way: string;
  /** From 1. Samples of one repetition were taken one after the other, so they make pairs. */
  readonly repetition: number;
  /** On which ingress and egress agree, in the run that compares payloads; null where nothing leaves. */
  readonly payloadHash: string | null;
}

/** A measurement whose check failed: it has no number. */
export interface Failure {
  readonly case: string;
  readonly way: string;
  readonly factors: Partial<Factors>;
  readonly repetition: number;
  readonly reason: string;
}

/** Thrown by a measurement that may not count. */
export class InvalidMeasurement extends Error {
  override name = 'InvalidMeasurement';
}

/** Thrown by a way that this machine, or this version, does not have: a compiler, a package, a key of the configuration. */
export class NotHere extends Error {
  override name = 'NotHere';
}
