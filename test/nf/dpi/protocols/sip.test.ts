import { describe, expect, it } from 'vitest';
import { sip } from '../../../../src/nf/dpi/protocols/sip.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('SIP', () => {
  it('a request with a sip target', () => {
    expect(ask(sip, latin1('INVITE sip:bob@example.com SIP/2.0\r\n'))).toEqual({ outcome: 'done', name: 'SIP', host: '' });
  });

  it('a status line', () => {
    expect(ask(sip, latin1('SIP/2.0 180 Ringing\r\n'))).toEqual({ outcome: 'done', name: 'SIP', host: '' });
  });

  it('HTTP has OPTIONS too', () => {
    expect(ask(sip, latin1('OPTIONS / HTTP/1.1\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('INVITE sip:bob@example.com SIP/2.0\r\n'),
      latin1('SIP/2.0 180 Ringing\r\n'),
      latin1('OPTIONS / HTTP/1.1\r\n'),
    ];
    expectRobust(sip, samples);
  });
});
