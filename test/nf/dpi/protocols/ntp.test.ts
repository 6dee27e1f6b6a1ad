import { describe, expect, it } from 'vitest';
import { ntp } from '../../../../src/nf/dpi/protocols/ntp.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex } from '../frames.js';

describe('NTP', () => {
  it('a client\'s request', () => {
    expect(ask(ntp, concat(hex('23000000'), new Uint8Array(44)), { serverPort: 123 })).toEqual({ outcome: 'done', name: 'NTP', host: '' });
  });

  it('on another port', () => {
    expect(ask(ntp, concat(hex('23000000'), new Uint8Array(44)))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('23000000'), new Uint8Array(44)),
      concat(hex('23000000'), new Uint8Array(44)),
    ];
    expectRobust(ntp, samples, { serverPort: 123 });
  });
});
