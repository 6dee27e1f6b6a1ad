/** What is to be watched from the first packet on: the options, checked and opened before any thread exists. Main thread. */
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { parseFilter } from '../../flow/packet-filter.js';
import { CaptureError } from '../../port/capture/capture-error.js';
import type { WatchSpec } from '../../watch/watch-spec.js';
import type { Plan } from '../plan.js';
import { ConfigurationError, type Problem } from '../problems.js';
import { describe } from '../place.js';
import type { PacketStory } from './packet-story.js';
import { formatStory } from './packet-story.js';

export interface TraceOptions {
  /** Which packets (docs/watching.md). A filter of protocol and ends alone means connections: both directions, and all translations. */
  filter: string;
  /** Called with each story, in the order in which the packets came in. */
  onStory?: (story: PacketStory) => void;
  /** Takes the stories as text. */
  to?: { write(text: string): unknown };
}

/** Options of `run` and `start` that watch. */
export interface WatchOptions {
  /** Tells what happens to packets that match: a filter, whose stories go to stdout, or more. */
  trace?: string | TraceOptions;
  /** Keeps dropped packets: a file name, or a stream for pcapng. */
  writeDrops?: string | Writable;
}

export interface CheckedWatches {
  readonly specs: readonly WatchSpec[];
  readonly trace: { id: number; tell: (story: PacketStory) => void } | null;
  /** An absolute path, or a stream. */
  readonly drops: { id: number; target: string | Writable } | null;
}

/** @throws ConfigurationError with everything that is wrong. */
export function checkWatches({ trace, writeDrops }: WatchOptions, baseDirectory: string): CheckedWatches {
  const specs: WatchSpec[] = [];
  let checkedTrace: CheckedWatches['trace'] = null;
  let drops: CheckedWatches['drops'] = null;
  if (trace !== undefined) {
    const { filter, onStory, to }: TraceOptions = typeof trace === 'string' ? { filter: trace, to: process.stdout } : trace;
    checkFilter(filter, 'trace');
    checkedTrace = {
      id: specs.length,
      tell: (story) => {
        to?.write(formatStory(story));
        onStory?.(story);
      },
    };
    specs.push({ kind: 'trace', id: checkedTrace.id, filter });
  }
  if (writeDrops !== undefined) {
    drops = { id: specs.length, target: typeof writeDrops === 'string' ? resolve(baseDirectory, writeDrops) : writeDrops };
    specs.push({ kind: 'drops', id: drops.id });
  }
  return { specs, trace: checkedTrace, drops };
}

/** @throws ConfigurationError when it is no filter. @param place what the filter is an option of. */
export function checkFilter(filter: unknown, place: string): void {
  if (typeof filter !== 'string') throw new ConfigurationError([{ code: 'wrong-type', place, found: describe(filter), expected: 'a text', message: 'the filter is not a text' }]);
  const parsed = parseFilter(filter);
  if (!('problem' in parsed)) return;
  throw new ConfigurationError(parsed.problems.map(({ message, line, column, found, expected }): Problem => ({ code: 'bad-match', place, line, column, found, expected, message })));
}

/** Captures that the plan reads or writes: dropped packets must not go there. */
export function filesOf({ ports }: Plan): { reading: string[]; writing: string[] } {
  const specs = ports.map(({ spec }) => spec);
  return {
    reading: specs.flatMap((spec) => (spec.kind === 'capture' ? [spec.file] : [])),
    writing: specs.flatMap((spec) => ('write' in spec && spec.write !== null ? [spec.write] : [])),
  };
}

/** @throws ConfigurationError in place of the error of a file that cannot be written. */
export function asProblem<Value>(open: () => Value, place: string): Value {
  try {
    return open();
  } catch (cause) {
    if (!(cause instanceof CaptureError)) throw cause;
    const { path, what, found, expected } = cause;
    throw new ConfigurationError([{ code: 'write-impossible', place, found, expected, message: `${path}: ${what}` }], { cause });
  }
}
