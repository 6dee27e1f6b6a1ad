import { describe, expect, it } from 'vitest';
import { redis } from '../../../../src/nf/dpi/protocols/redis.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('Redis', () => {
  it('a command', () => {
    expect(ask(redis, latin1('*1\r\n$4\r\nPING\r\n'))).toEqual({ outcome: 'done', name: 'Redis', host: '' });
  });

  it('half of it', () => {
    expect(ask(redis, latin1('*3\r\n$'))).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('an array of numbers is no command', () => {
    expect(ask(redis, latin1('*2\r\n:1\r\n:2\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('*1\r\n$4\r\nPING\r\n'),
      latin1('*3\r\n$'),
      latin1('*2\r\n:1\r\n:2\r\n'),
    ];
    expectRobust(redis, samples);
  });
});
