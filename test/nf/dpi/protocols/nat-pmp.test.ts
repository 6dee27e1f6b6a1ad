import { describe, expect, it } from 'vitest';
import { natPmp } from '../../../../src/nf/dpi/protocols/nat-pmp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('NAT-PMP', () => {
  it('a request for a mapping', () => {
    expect(ask(natPmp, hex('00 01 0000 1f90 1f90 00000e10'), { serverPort: 5351 })).toEqual({ outcome: 'done', name: 'NAT-PMP', host: '' });
  });

  it('another length', () => {
    expect(ask(natPmp, hex('00 01 0000 1f90 1f90 00000e'), { serverPort: 5351 })).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('00 01 0000 1f90 1f90 00000e10'),
      hex('00 01 0000 1f90 1f90 00000e'),
    ];
    expectRobust(natPmp, samples, { serverPort: 5351 });
  });
});
