import { describe, expect, it } from 'vitest';
import { smtp } from '../../../../src/nf/dpi/protocols/smtp.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('SMTP', () => {
  it('the greeting gives the server', () => {
    expect(ask(smtp, latin1('220 Mail.example.com ESMTP ready\r\n'))).toEqual({ outcome: 'named', name: 'SMTP', host: 'mail.example.com' });
  });

  it('a greeting without the word counts on its port', () => {
    expect(ask(smtp, latin1('220 mx.example.com\r\n'), { serverPort: 25 })).toEqual({ outcome: 'named', name: 'SMTP', host: 'mx.example.com' });
  });

  it('elsewhere it does not', () => {
    expect(ask(smtp, latin1('220 mx.example.com\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('a client says hello', () => {
    expect(ask(smtp, latin1('EHLO dev1\r\n'))).toEqual({ outcome: 'named', name: 'SMTP', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('220 Mail.example.com ESMTP ready\r\n'),
      latin1('220 mx.example.com\r\n'),
      latin1('220 mx.example.com\r\n'),
      latin1('EHLO dev1\r\n'),
    ];
    expectRobust(smtp, samples, { serverPort: 25 });
  });
});
