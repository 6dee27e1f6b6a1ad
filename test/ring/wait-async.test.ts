/** Waiting without blocking, where the machine has `Atomics.waitAsync`, where a polyfill brought it, and where it is missing. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitAsync } from '../../src/ring/wait-async.js';

/** Never reached: a wait that lasts this long fails the test by its own limit. */
const LONG_MS = 120_000;

type WaitAsync = (array: Int32Array, index: number, value: number, timeoutMs: number) => { async: boolean; value: unknown };
const atomics = Atomics as { waitAsync?: WaitAsync };
const native = atomics.waitAsync;
const calls: number[][] = [];

/** As packages do it: looks at the word again and again. Installed by assignment, before Millrace waits. */
const polyfill: WaitAsync = (array, index, value, timeoutMs) => {
  calls.push([index, value, timeoutMs]);
  if (Atomics.load(array, index) !== value) return { async: false, value: 'not-equal' };
  const until = performance.now() + timeoutMs;
  const settled = new Promise<string>((resolve) => {
    const look = (): void => {
      if (Atomics.load(array, index) !== value) resolve('ok');
      else if (performance.now() >= until) resolve('timed-out');
      else setTimeout(look, 1);
    };
    look();
  });
  return { async: true, value: settled };
};

const SETTINGS: [story: string, install: () => void][] = [
  ['the native one', () => { if (native === undefined) throw new Error('this Node has no Atomics.waitAsync'); }],
  ['a polyfill that the user installed', () => { atomics.waitAsync = polyfill; }],
  ['none: a timer looks', () => { delete atomics.waitAsync; }],
];

function ring(word: Int32Array): void {
  Atomics.store(word, 1, 7);
  Atomics.notify(word, 1);
}

describe.each(SETTINGS)('waitAsync with %s', (story, install) => {
  beforeEach(() => {
    calls.length = 0;
    install();
  });
  afterEach(() => {
    if (native === undefined) delete atomics.waitAsync;
    else atomics.waitAsync = native;
    vi.restoreAllMocks();
  });

  it('settles when the word changes and is notified', async () => {
    const word = new Int32Array(new SharedArrayBuffer(8));
    let settled = false;
    const waiting = waitAsync(word, 1, 0, LONG_MS).then(() => (settled = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(settled).toBe(false);
    ring(word);
    await waiting;
    expect(calls).toEqual(story.includes('polyfill') ? [[1, 0, LONG_MS]] : []);
  });

  it('settles at once when the word has changed before', async () => {
    const word = new Int32Array(new SharedArrayBuffer(8));
    ring(word);
    await waitAsync(word, 1, 0, LONG_MS);
  });

  it('settles after its time when nothing happens', async () => {
    await waitAsync(new Int32Array(new SharedArrayBuffer(8)), 1, 0, 5);
  });

  it('keeps the process alive while it waits, and leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const word = new Int32Array(new SharedArrayBuffer(8));
    const before = timers();
    const waiting = waitAsync(word, 1, 0, LONG_MS);
    expect(timers()).toBeGreaterThan(before);
    ring(word);
    await waiting;
    expect(timers()).toBeLessThanOrEqual(before);
  });
});
