/** The doorbell's word, step by step in one thread. Every interleaving is in spsc-model.test.ts, two threads in stress.test.ts. */
import { describe, expect, it } from 'vitest';
import { Bell, Sleeper } from '../../src/ring/doorbell.js';

const LONG_MS = 30_000;

function doorbell(): { bell: Bell; sleeper: Sleeper } {
  const buffer = new SharedArrayBuffer(64);
  return { bell: new Bell(buffer, 0), sleeper: new Sleeper(buffer, 0) };
}

describe('a doorbell', () => {
  it('is silent for who is awake', () => {
    const { bell, sleeper } = doorbell();
    bell.ring();
    expect(sleeper.word[0]).not.toBe(Sleeper.asleep);
    sleeper.announce();
    expect(sleeper.word[0]).toBe(Sleeper.asleep);
  });

  it('rung between the announcement and the wait, lets nobody fall asleep', () => {
    const { bell, sleeper } = doorbell();
    sleeper.announce();
    bell.ring();
    sleeper.wait(LONG_MS); // the test's own limit would end it otherwise
    expect(sleeper.word[0]).not.toBe(Sleeper.asleep);
  });

  it('is awake again after a cancelled sleep and after one that timed out', () => {
    const { sleeper } = doorbell();
    sleeper.announce();
    sleeper.cancel();
    expect(sleeper.word[0]).not.toBe(Sleeper.asleep);
    sleeper.announce();
    sleeper.wait(1);
    expect(sleeper.word[0]).not.toBe(Sleeper.asleep);
  });
});
