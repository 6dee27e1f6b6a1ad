import { describe, expect, it } from 'vitest';
import { radius } from '../../../../src/nf/dpi/protocols/radius.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('Radius', () => {
  it('an access request: sure on its port; elsewhere another message must agree', () => {
    expect(ask(radius, hex('01 07 0019 000102030405060708090a0b0c0d0e0f 01 05 646576'), { serverPort: 1812 }).outcome).toBe('done');
    expect(ask(radius, hex('01 07 0019 000102030405060708090a0b0c0d0e0f 01 05 646576'))).toEqual({ outcome: 'maybe', name: 'Radius', host: '' });
  });

  it('attributes that do not fill it', () => {
    expect(ask(radius, hex('01 07 0019 000102030405060708090a0b0c0d0e0f 01 09 646576'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('01 07 0019 000102030405060708090a0b0c0d0e0f 01 05 646576'),
      hex('01 07 0019 000102030405060708090a0b0c0d0e0f 01 09 646576'),
    ];
    expectRobust(radius, samples, { serverPort: 1812 });
  });
});
