/** A microbenchmark: many operations a call, because a call costs the harness about 50 ns itself. */
export interface MicroCase {
  readonly name: string;
  /** Bytes that an operation works on; null where it does not matter. */
  readonly bytes: number | null;
  readonly burst: number | null;
  /** Entries of a table. */
  readonly flows?: number;
  /** Operations in one `call`. */
  readonly operations: number;
  /** What an operation is, when it is not what the name says: `byte`, `address`. */
  readonly unit: string;
  /** Returns a number that depends on all the work, so that none of it can be left out. */
  readonly call: () => number;
  /** What `call` must return, where that is known; otherwise the case has checked itself when it was built. */
  readonly expected?: number;
}

export const OPERATIONS = 1024;
