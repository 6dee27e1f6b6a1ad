/** What the cases are made of. */
import type { Factors, Measured } from './sample.js';
import type { BenchSettings } from './settings.js';

/** One way of doing a thing. */
export interface Way {
  /** `millrace`, or the name of a baseline. */
  readonly way: string;
  readonly factors: Partial<Factors>;
  /** Runs before it is measured. @returns the hash on which both ends agree. @throws InvalidMeasurement, NotHere */
  readonly compare?: () => Promise<string>;
  /** @throws InvalidMeasurement when the run was not what it should have been: then there is no number. */
  readonly measure: (repetition: number) => Promise<readonly Measured[]> | readonly Measured[];
  /** Fewer than asked for, where one takes long. */
  readonly repetitions?: number;
}

/** Ways that are measured alternately, A B C A B C, so that what slows the machine for a while slows all of them. */
export interface Group {
  readonly name: string;
  readonly ways: readonly Way[];
}

export interface BenchCase {
  readonly name: string;
  readonly says: string;
  /** Run unless cases are named. */
  readonly byDefault: boolean;
  /** @param interrupted aborts when the run is to end early: whatever lasts minutes looks at it. */
  readonly groups: (settings: BenchSettings, progress: (text: string) => void, interrupted: AbortSignal) => Promise<readonly Group[]> | readonly Group[];
}
