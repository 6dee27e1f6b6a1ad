/** One measurement, with every factor that it depends on beside the environment: a row of the CSV. */
export interface Sample {
  readonly suite: 'micro' | 'macro';
  /** What was done, such as `ring burst 32` or `chain of 3`. */
  readonly case: string;
  /** Which way it was done: `zero-copy`, `copy`, `clone`, `transfer`; of a microbenchmark, `-`. */
  readonly mode: string;
  /** Bytes of a packet, or of what a microbenchmark works on; null where it does not matter. */
  readonly bytes: number | null;
  readonly vms: number;
  readonly burst: number | null;
  readonly slots: number | null;
  readonly slotBytes: number | null;
  /** Threads that work at the same time. */
  readonly threads: number;
  /** From 1. Samples of one repetition were taken one after the other, so they make pairs. */
  readonly repetition: number;
  /** Operations, or packets, in the measured window. */
  readonly operations: number;
  /** Length of the measured window. */
  readonly seconds: number;
  readonly nsPerOperation: number;
  /** `steady`: between two readings of the counters, after the warm-up; `whole`: from start to end; `calls`: median of many calls. */
  readonly window: 'steady' | 'whole' | 'calls';
  /** Of the whole run, as the runtime counted them; null where nothing counts. */
  readonly bytesCopied: number | null;
  /** On which ingress and egress agree, of a run of the same configuration; null where nothing leaves. */
  readonly payloadHash: string | null;
}

/** A measurement whose check failed: it has no number. */
export interface Failure {
  readonly case: string;
  readonly mode: string;
  readonly bytes: number | null;
  readonly repetition: number;
  readonly reason: string;
}

/** Thrown by a measurement that may not count. */
export class InvalidMeasurement extends Error {
  override name = 'InvalidMeasurement';
}
