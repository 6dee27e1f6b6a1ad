import { describe, expect, it } from 'vitest';
import { nbns } from '../../../../src/nf/dpi/protocols/nbns.js';
import { ask, expectRobust } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';

describe('NetBIOS', () => {
  it('a name query gives the name', () => {
    expect(ask(nbns, concat(hex('1234 0110 0001 0000 0000 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00 0020 0001')), { serverPort: 137 })).toEqual({ outcome: 'done', name: 'NetBIOS', host: 'workgroup' });
  });

  it('a datagram gives its sender', () => {
    expect(ask(nbns, concat(hex('11 02 0001 c0000201 008a 00bb 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00')), { serverPort: 138 })).toEqual({ outcome: 'done', name: 'NetBIOS', host: 'workgroup' });
  });

  it('on another port it is not looked at', () => {
    expect(ask(nbns, concat(hex('1234 0110 0001 0000 0000 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00 0020 0001')))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      concat(hex('1234 0110 0001 0000 0000 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00 0020 0001')),
      concat(hex('11 02 0001 c0000201 008a 00bb 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00')),
      concat(hex('1234 0110 0001 0000 0000 0000 20'), latin1('FHEPFCELEHFCEPFFFACACACACACACAAA'), hex('00 0020 0001')),
    ];
    expectRobust(nbns, samples, { serverPort: 137 });
  });
});
