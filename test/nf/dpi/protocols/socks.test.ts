import { describe, expect, it } from 'vitest';
import { socks } from '../../../../src/nf/dpi/protocols/socks.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('SOCKS', () => {
  it('the methods that a client offers', () => {
    expect(ask(socks, hex('05 02 00 02'))).toEqual({ outcome: 'maybe', name: 'SOCKS', host: '' });
  });

  it('the one that the server takes', () => {
    expect(ask(socks, hex('05 00'), { fromClient: false })).toEqual({ outcome: 'maybe', name: 'SOCKS', host: '' });
  });

  it('a request of version 4', () => {
    expect(ask(socks, hex('04 01 0050 c0000207 646576 00'))).toEqual({ outcome: 'done', name: 'SOCKS', host: '' });
  });

  it('a length that does not fit', () => {
    expect(ask(socks, hex('05 09 00'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('05 02 00 02'),
      hex('05 00'),
      hex('04 01 0050 c0000207 646576 00'),
      hex('05 09 00'),
    ];
    expectRobust(socks, samples);
  });
});
