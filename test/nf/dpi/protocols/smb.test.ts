import { describe, expect, it } from 'vitest';
import { smb } from '../../../../src/nf/dpi/protocols/smb.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('NetBIOS.SMBv1', () => {
  it('SMB 1', () => {
    expect(ask(smb, hex('00000023 ff534d42 72 00000000'))).toEqual({ outcome: 'done', name: 'NetBIOS.SMBv1', host: '' });
  });

  it('SMB 2 and 3', () => {
    expect(ask(smb, hex('00000040 fe534d42 4000 0000'))).toEqual({ outcome: 'done', name: 'NetBIOS.SMBv23', host: '' });
  });

  it('another mark', () => {
    expect(ask(smb, hex('00000040 ab534d42 4000 0000'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('00000023 ff534d42 72 00000000'),
      hex('00000040 fe534d42 4000 0000'),
      hex('00000040 ab534d42 4000 0000'),
    ];
    expectRobust(smb, samples);
  });
});
