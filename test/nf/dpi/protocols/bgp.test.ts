import { describe, expect, it } from 'vitest';
import { bgp } from '../../../../src/nf/dpi/protocols/bgp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('BGP', () => {
  it('a keepalive', () => {
    expect(ask(bgp, hex('ffffffffffffffffffffffffffffffff 0013 04'))).toEqual({ outcome: 'done', name: 'BGP', host: '' });
  });

  it('half a marker', () => {
    expect(ask(bgp, hex('ffffffffff'))).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('a type that does not exist', () => {
    expect(ask(bgp, hex('ffffffffffffffffffffffffffffffff 0013 09'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('ffffffffffffffffffffffffffffffff 0013 04'),
      hex('ffffffffff'),
      hex('ffffffffffffffffffffffffffffffff 0013 09'),
    ];
    expectRobust(bgp, samples);
  });
});
