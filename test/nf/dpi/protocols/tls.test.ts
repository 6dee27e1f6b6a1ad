import { describe, expect, it } from 'vitest';
import { tls } from '../../../../src/nf/dpi/protocols/tls.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';
import { clientHello } from '../hellos.js';

const SERVER_HELLO = hex('16 0303 002c 02 000028 0303 1111111111111111111111111111111111111111111111111111111111111111 00 1301 00 0000');

describe('TLS', () => {
  it('a ClientHello gives its server name in lower case', () => {
    expect(ask(tls, clientHello('WWW.Example.com'))).toEqual({ outcome: 'done', name: 'TLS', host: 'www.example.com' });
  });

  it('a ClientHello without a server name is done too', () => {
    expect(ask(tls, clientHello(null))).toEqual({ outcome: 'done', name: 'TLS', host: '' });
  });

  it('a ClientHello in records of 20 bytes is put together', () => {
    expect(ask(tls, clientHello('www.example.com', 30, 20))).toEqual({ outcome: 'done', name: 'TLS', host: 'www.example.com' });
  });

  it('wherever it is cut before the name, it wants more, and is named as soon as its header is there', () => {
    const hello = clientHello('www.example.com', 50);
    const nameEnd = hello.length - 7; // the extension after the name
    for (let cut = 1; cut < nameEnd; cut++) expect(ask(tls, hello.slice(0, cut)).outcome).toBe(cut < 11 ? 'more' : 'namedMore');
    expect(ask(tls, hello.slice(0, nameEnd)).host).toBe('www.example.com');
  });

  it('a ServerHello comes from the server', () => {
    expect(ask(tls, SERVER_HELLO)).toEqual({ outcome: 'named', name: 'TLS', host: '' });
  });

  it('records that fill a packet exactly are TLS; one that goes on is supposed to be', () => {
    expect(ask(tls, hex('17 0303 0003 a1b2c3 17 0303 0001 00')).outcome).toBe('named');
    expect(ask(tls, hex('17 0303 0100 a1b2c3')).outcome).toBe('maybe');
    expect(ask(tls, hex('17 0303 0003 a1b2c3 17')).outcome).toBe('maybe');
    expect(ask(tls, hex('17 0303 0003 a1b2c3 99 0303 0001 00')).outcome).toBe('no');
  });

  it('mail over TLS is named by its port, or by what went before', () => {
    expect(ask(tls, clientHello('mx.example.com'), { serverPort: 993 }).name).toBe('IMAPS');
    expect(ask(tls, clientHello('mx.example.com'), { name: 'SMTP' }).name).toBe('SMTPS');
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    expectRobust(tls, [clientHello('www.example.com'), clientHello('www.example.com', 30, 20), SERVER_HELLO, hex('15 0303 0002 0228')]);
  });
});
