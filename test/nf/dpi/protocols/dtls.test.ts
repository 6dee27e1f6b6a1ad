import { describe, expect, it } from 'vitest';
import { dtls } from '../../../../src/nf/dpi/protocols/dtls.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('DTLS', () => {
  it('a ServerHello is DTLS', () => {
    expect(ask(dtls, hex('16 fefd 0000 000000000001 000e 02 000050 0001 000000 000002 fefd'))).toEqual({ outcome: 'named', name: 'DTLS', host: '' });
  });

  it('a record longer than the datagram is not', () => {
    expect(ask(dtls, hex('16 fefd 0000 000000000001 00ff 02 000050'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('16 fefd 0000 000000000001 000e 02 000050 0001 000000 000002 fefd'),
      hex('16 fefd 0000 000000000001 00ff 02 000050'),
    ];
    expectRobust(dtls, samples);
  });
});
