import { describe, expect, it } from 'vitest';
import { postgresql } from '../../../../src/nf/dpi/protocols/postgresql.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('PostgreSQL', () => {
  it('a startup message', () => {
    expect(ask(postgresql, concat(hex('00000020 00030000'), latin1('user\0dev\0database\0dev\0\0\0')))).toEqual({ outcome: 'done', name: 'PostgreSQL', host: '' });
  });

  it('a request for TLS', () => {
    expect(ask(postgresql, hex('00000008 04d2162f'))).toEqual({ outcome: 'named', name: 'PostgreSQL', host: '' });
  });

  it('another length', () => {
    expect(ask(postgresql, hex('000fffff 00030000 75'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('00000020 00030000'), latin1('user\0dev\0database\0dev\0\0\0')),
      hex('00000008 04d2162f'),
      hex('000fffff 00030000 75'),
    ];
    expectRobust(postgresql, samples);
  });
});
