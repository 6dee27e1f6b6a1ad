import { describe, expect, it } from 'vitest';
import { imap } from '../../../../src/nf/dpi/protocols/imap.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('IMAP', () => {
  it('a greeting with the word', () => {
    expect(ask(imap, latin1('* OK IMAP4rev1 ready\r\n'))).toEqual({ outcome: 'named', name: 'IMAP', host: '' });
  });

  it('a tagged command', () => {
    expect(ask(imap, latin1('a001 LOGIN dev secret\r\n'))).toEqual({ outcome: 'named', name: 'IMAP', host: '' });
  });

  it('another line', () => {
    expect(ask(imap, latin1('hello world\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('* OK IMAP4rev1 ready\r\n'),
      latin1('a001 LOGIN dev secret\r\n'),
      latin1('hello world\r\n'),
    ];
    expectRobust(imap, samples, { serverPort: 143 });
  });
});
