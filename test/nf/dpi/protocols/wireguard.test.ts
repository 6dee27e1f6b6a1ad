import { describe, expect, it } from 'vitest';
import { wireguard } from '../../../../src/nf/dpi/protocols/wireguard.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex } from '../frames.js';

describe('WireGuard', () => {
  it('an initiation has 148 bytes', () => {
    expect(ask(wireguard, concat(hex('01000000'), new Uint8Array(144).fill(9)))).toEqual({ outcome: 'done', name: 'WireGuard', host: '' });
  });

  it('data must agree on its receiver', () => {
    expect(ask(wireguard, concat(hex('04000000 12345678'), new Uint8Array(24)))).toEqual({ outcome: 'maybe', name: 'WireGuard', host: '' });
  });

  it('another length is not', () => {
    expect(ask(wireguard, concat(hex('01000000'), new Uint8Array(100).fill(9)))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('01000000'), new Uint8Array(144).fill(9)),
      concat(hex('04000000 12345678'), new Uint8Array(24)),
      concat(hex('01000000'), new Uint8Array(100).fill(9)),
    ];
    expectRobust(wireguard, samples);
  });
});
