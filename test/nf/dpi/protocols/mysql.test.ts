import { describe, expect, it } from 'vitest';
import { mysql } from '../../../../src/nf/dpi/protocols/mysql.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('MySQL', () => {
  it('the greeting of a server', () => {
    expect(ask(mysql, concat(hex('0e000000 0a'), latin1('8.0.36\0'), hex('01000000 4142')))).toEqual({ outcome: 'done', name: 'MySQL', host: '' });
  });

  it('another protocol version', () => {
    expect(ask(mysql, hex('03000000 09 3500'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('0e000000 0a'), latin1('8.0.36\0'), hex('01000000 4142')),
      hex('03000000 09 3500'),
    ];
    expectRobust(mysql, samples);
  });
});
