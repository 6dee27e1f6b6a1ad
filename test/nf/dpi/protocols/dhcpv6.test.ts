import { describe, expect, it } from 'vitest';
import { dhcpv6 } from '../../../../src/nf/dpi/protocols/dhcpv6.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('DHCPV6', () => {
  it('a solicit whose options fill it', () => {
    expect(ask(dhcpv6, hex('01 123456 0001 0004 00030001 0008 0002 0000'), { serverPort: 547 })).toEqual({ outcome: 'done', name: 'DHCPV6', host: '' });
  });

  it('options that do not', () => {
    expect(ask(dhcpv6, hex('01 123456 0001 0009 00030001'), { serverPort: 547 })).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('01 123456 0001 0004 00030001 0008 0002 0000'),
      hex('01 123456 0001 0009 00030001'),
    ];
    expectRobust(dhcpv6, samples, { serverPort: 547 });
  });
});
