/**
 * Every ordering has a letter and a partner. An `Atomics` call carries its letter in the comment on its line or the line
 * above, or says there that it has no partner, and stands in one of the few files that are about ordering.
 */
import { describe, expect, it } from 'vitest';
import { SOURCE } from './source-files.js';

/** Where `Atomics` may be called. */
const FILES = [
  'src/packet-manager/ring-port-host.ts',
  'src/port/capture/byte-source.ts',
  'src/port/live/native/xdp/kernel-ring.ts',
  'src/port/live/port-worker.ts',
  'src/port/live/ring-ends.ts',
  'src/ring/doorbell.ts',
  'src/ring/event-ring.ts',
  'src/ring/generation.ts',
  'src/ring/mailbox.ts',
  'src/ring/record-ring.ts',
  'src/ring/spsc-ring.ts',
  'src/ring/wait-async.ts',
  'src/runtime/lifecycle.ts',
  'src/runtime/manager-worker.ts',
  'src/runtime/port-threads.ts',
  'src/runtime/queue-end.ts',
  'src/runtime/run-phase.ts',
  'src/vm/vm-worker.ts',
  'src/vnic/journal.ts',
];

/** One end and the other. A letter of its own on both sides: the store and the load of one word. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['A', 'B'], // producerIndex
  ['C', 'D'], // consumerIndex
  ['E', 'F'], // a thread falls asleep; its ringer looks
  ['G', 'H'], // it is woken; it is awake
  ['I', 'J'], // generation
  ['K', 'L'], // event ring, producerIndex
  ['M', 'N'], // event ring, consumerIndex
  ['O', 'P'], // mailbox, sent
  ['Q', 'R'], // mailbox, answered
  ['S', 'S'], // journal; its partner is the exit of the thread
  ['T', 'T'], // threads that are ready
  ['U', 'U'], // run state
  ['V', 'V'], // a port in another thread will receive no more
  ['W', 'W'], // producer index of a ring whose other end is the kernel's
  ['X', 'X'], // consumer index of one
];

interface Call {
  at: string;
  path: string;
  letters: string[];
  explained: boolean;
}

const calls: Call[] = SOURCE.flatMap(({ path, text }) => {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!/\bAtomics\.\w+\(/.test(line) || /^\s*(\*|\/\/)/.test(line)) return [];
    const above = /^\s*\/\//.test(lines[at - 1] ?? '') ? lines[at - 1] : '';
    const comment = (line.split('//')[1] ?? '') + above;
    const letters = [...comment.matchAll(/\(([A-Z])\)/g)].map((found) => found[1]);
    return [{ at: `${path}:${at + 1} ${line.trim()}`, path, letters, explained: letters.length > 0 || comment.includes('no partner') }];
  });
});

describe('orderings', () => {
  it('every Atomics call has its letter or says that it has no partner', () => {
    expect(calls.filter(({ explained }) => !explained).map(({ at }) => at)).toEqual([]);
  });

  it('they stand in few files', () => {
    expect([...new Set(calls.map(({ path }) => path))].sort()).toEqual(FILES);
  });

  it('every letter that is used has a partner that is used', () => {
    const used = new Set(calls.flatMap(({ letters }) => letters));
    expect([...used].sort()).toEqual([...new Set(PAIRS.flat())].sort());
  });
});
