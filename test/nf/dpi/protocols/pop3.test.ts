import { describe, expect, it } from 'vitest';
import { pop3 } from '../../../../src/nf/dpi/protocols/pop3.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('POP3', () => {
  it('the greeting gives the server', () => {
    expect(ask(pop3, latin1('+OK POP3 ready <1.2@pop.example.com>\r\n'))).toEqual({ outcome: 'named', name: 'POP3', host: 'pop.example.com' });
  });

  it('a command that only POP3 has', () => {
    expect(ask(pop3, latin1('CAPA\r\n'))).toEqual({ outcome: 'named', name: 'POP3', host: '' });
  });

  it('Redis says OK too', () => {
    expect(ask(pop3, latin1('+OK\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('+OK POP3 ready <1.2@pop.example.com>\r\n'),
      latin1('CAPA\r\n'),
      latin1('+OK\r\n'),
    ];
    expectRobust(pop3, samples, { serverPort: 110 });
  });
});
