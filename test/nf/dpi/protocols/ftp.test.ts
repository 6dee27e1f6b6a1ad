import { describe, expect, it } from 'vitest';
import { ftp } from '../../../../src/nf/dpi/protocols/ftp.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('FTP_CONTROL', () => {
  it('a greeting with the word', () => {
    expect(ask(ftp, latin1('220 (vsFTPd 3.0.5)\r\n'))).toEqual({ outcome: 'named', name: 'FTP_CONTROL', host: '' });
  });

  it('a command that only FTP has', () => {
    expect(ask(ftp, latin1('PASV\r\n'))).toEqual({ outcome: 'named', name: 'FTP_CONTROL', host: '' });
  });

  it('a login counts on its port', () => {
    expect(ask(ftp, latin1('USER anonymous\r\n'), { serverPort: 21 })).toEqual({ outcome: 'named', name: 'FTP_CONTROL', host: '' });
  });

  it('elsewhere it could be POP3', () => {
    expect(ask(ftp, latin1('USER anonymous\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('220 (vsFTPd 3.0.5)\r\n'),
      latin1('PASV\r\n'),
      latin1('USER anonymous\r\n'),
      latin1('USER anonymous\r\n'),
    ];
    expectRobust(ftp, samples, { serverPort: 21 });
  });
});
