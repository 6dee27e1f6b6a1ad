import { describe, expect, it } from 'vitest';
import { dhcp } from '../../../../src/nf/dpi/protocols/dhcp.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('DHCP', () => {
  it('a request gives the client\'s name', () => {
    expect(ask(dhcp, concat(hex('01 01 06 00 12345678'), new Uint8Array(228), hex('63825363 350101 0c 05'), latin1('Dev01'), hex('ff')))).toEqual({ outcome: 'done', name: 'DHCP', host: 'dev01' });
  });

  it('without a name it is still DHCP', () => {
    expect(ask(dhcp, concat(hex('02 01 06 00 12345678'), new Uint8Array(228), hex('63825363 350102 ff')))).toEqual({ outcome: 'named', name: 'DHCP', host: '' });
  });

  it('without the cookie it is not', () => {
    expect(ask(dhcp, new Uint8Array(260).fill(1))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('01 01 06 00 12345678'), new Uint8Array(228), hex('63825363 350101 0c 05'), latin1('Dev01'), hex('ff')),
      concat(hex('02 01 06 00 12345678'), new Uint8Array(228), hex('63825363 350102 ff')),
      new Uint8Array(260).fill(1),
    ];
    expectRobust(dhcp, samples);
  });
});
