import { describe, expect, it } from 'vitest';
import { stun } from '../../../../src/nf/dpi/protocols/stun.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('STUN', () => {
  it('a binding request', () => {
    expect(ask(stun, hex('0001 0000 2112a442 000102030405060708090a0b'))).toEqual({ outcome: 'named', name: 'STUN', host: '' });
  });

  it('a realm is the host', () => {
    expect(ask(stun, concat(hex('0113 0010 2112a442 000102030405060708090a0b 0014 000b'),latin1('example.org'),hex('00')))).toEqual({ outcome: 'done', name: 'STUN', host: 'example.org' });
  });

  it('before RFC 5389 attributes must fill the message', () => {
    expect(ask(stun, hex('0001 0008 00112233445566778899aabbccddeeff 0003 0004 00000002'))).toEqual({ outcome: 'named', name: 'STUN', host: '' });
  });

  it('a length that is not the datagram\'s is not STUN', () => {
    expect(ask(stun, hex('0001 0008 00112233445566778899aabbccddeeff'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('0001 0000 2112a442 000102030405060708090a0b'),
      concat(hex('0113 0010 2112a442 000102030405060708090a0b 0014 000b'),latin1('example.org'),hex('00')),
      hex('0001 0008 00112233445566778899aabbccddeeff 0003 0004 00000002'),
      hex('0001 0008 00112233445566778899aabbccddeeff'),
    ];
    expectRobust(stun, samples);
  });
});
