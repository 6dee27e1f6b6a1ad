import { describe, expect, it } from 'vitest';
import { snmp } from '../../../../src/nf/dpi/protocols/snmp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('SNMP', () => {
  it('version 2c with a community', () => {
    expect(ask(snmp, hex('30 1a 020101 0406 7075626c6963 a0 0d 0204 12345678 020100 020100 3000'))).toEqual({ outcome: 'done', name: 'SNMP', host: '' });
  });

  it('version 3', () => {
    expect(ask(snmp, hex('30 0e 020103 3009 020101 020200ff 0401 00'))).toEqual({ outcome: 'done', name: 'SNMP', host: '' });
  });

  it('another sequence', () => {
    expect(ask(snmp, hex('30 06 020105 020106 0000'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('30 1a 020101 0406 7075626c6963 a0 0d 0204 12345678 020100 020100 3000'),
      hex('30 0e 020103 3009 020101 020200ff 0401 00'),
      hex('30 06 020105 020106 0000'),
    ];
    expectRobust(snmp, samples);
  });
});
