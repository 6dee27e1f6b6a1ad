import { describe, expect, it } from 'vitest';
import { tls } from '../../../../src/nf/dpi/protocols/tls.js';
import { ask, expectRobust, tells } from '../ask.js';
import { CERTIFICATE } from '../certificate-bytes.js';
import { concat, hex } from '../frames.js';
import { clientHello, helloOf, inRecord, serverFlight, type Extension } from '../hellos.js';

const SERVER_HELLO = hex('16 0303 002c 02 000028 0303 1111111111111111111111111111111111111111111111111111111111111111 00 1301 00 0000');

describe('TLS', () => {
  it('a ClientHello gives its server name in lower case', () => {
    expect(ask(tls, clientHello('WWW.Example.com'))).toEqual({ outcome: 'doneHere', name: 'TLS', host: 'www.example.com' });
  });

  it('a ClientHello without a server name is done too', () => {
    expect(ask(tls, clientHello(null))).toEqual({ outcome: 'doneHere', name: 'TLS', host: '' });
  });

  it('a ClientHello in records of 20 bytes is put together', () => {
    expect(ask(tls, clientHello('www.example.com', 30, 20))).toEqual({ outcome: 'doneHere', name: 'TLS', host: 'www.example.com' });
  });

  it('wherever it is cut, it wants more, and is named as soon as its header is there', () => {
    const hello = clientHello('www.example.com', 50);
    const nameEnd = hello.length - 7; // the extension after the name
    for (let cut = 1; cut < hello.length; cut++) expect(ask(tls, hello.slice(0, cut)).outcome).toBe(cut < 11 ? 'more' : 'namedMore');
    expect(ask(tls, hello.slice(0, nameEnd)).host).toBe('www.example.com');
  });

  it('a ServerHello comes from the server', () => {
    expect(ask(tls, SERVER_HELLO)).toEqual({ outcome: 'namedMore', name: 'TLS', host: '' });
    expect(ask(tls, SERVER_HELLO, { isFinal: true })).toEqual({ outcome: 'doneHere', name: 'TLS', host: '' });
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

  it('a ClientHello tells who the client is, by JA4 too: the example of its specification', () => {
    const ciphers = [0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x9c, 0x9d, 0x2f, 0x35];
    const extensions: Extension[] = [
      [0x9a9a, ''], [0x00, '0012 00 000f 7777772e6578616d706c652e636f6d'], [0x17, ''], [0xff01, '00'], [0x0a, ''], [0x0b, ''], [0x23, ''],
      [0x10, '000c 02 6832 08 687474702f312e31'], [0x05, ''], [0x0d, '0010 0403 0804 0401 0503 0805 0501 0806 0601'], [0x12, ''], [0x33, ''],
      [0x2d, ''], [0x2b, '06 2a2a 0304 0303'], [0x1b, ''], [0x4469, ''], [0x3a3a, '00'], [0x15, '0000'],
    ];
    expect(tells(tls, inRecord(helloOf(ciphers, extensions)))).toEqual({
      tls: { version: 'TLS 1.3', sni: 'www.example.com', alpn: ['h2', 'http/1.1'], ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1' },
    });
  });

  it('a JA4 without names, protocols, algorithms or versions', () => {
    const hello = inRecord(helloOf([0x002f], []));
    const { tls: details } = tells(tls, hello);
    expect(details).toEqual({ version: 'TLS 1.2', ja4: expect.stringMatching(/^t12i010000_[0-9a-f]{12}_000000000000$/) as string });
    expect(tells(tls, inRecord(helloOf([0x002f], [[16, '0003 02 abcd']]))).tls.ja4).toMatch(/^t12i0101ad_/);
  });

  it('a server tells version, cipher, protocol and certificate, when all of it is there', () => {
    const flight = serverFlight(CERTIFICATE);
    for (let cut = 11; cut < flight.length - 4; cut += 37) expect(ask(tls, flight.slice(0, cut)).outcome).toBe('namedMore');
    expect(ask(tls, flight).outcome).toBe('doneHere');
    const { tls: details } = tells(tls, flight, { fromClient: false });
    expect(details).toMatchObject({
      version: 'TLS 1.2', cipher: '0xc02f', alpnSelected: 'h2', certificateSerial: '1234abcd',
      certificateSubject: 'C=AT, O=Example, CN=www.example.com', certificateIssuer: 'C=AT, O=Example, CN=www.example.com',
      certificateNames: ['www.example.com', '*.example.org', '192.0.2.7'],
    });
    expect(details.notBefore).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(details.notAfter as string)).toBeGreaterThan(Date.parse(details.notBefore as string));
  });

  it('from TLS 1.3 on there is no certificate to wait for', () => {
    const hello = hex('16 0303 0032 02 00002e 0303 1111111111111111111111111111111111111111111111111111111111111111 00 1301 00 0006 002b 0002 0304');
    expect(ask(tls, hello).outcome).toBe('doneHere');
    expect(tells(tls, hello)).toEqual({ tls: { version: 'TLS 1.3', cipher: '0x1301' } });
  });

  it('so does one that warns first that it does not know the name (RFC 6066, 3)', () => {
    const warned = concat(hex('15 0303 0002 0170'), serverFlight(CERTIFICATE));
    expect(ask(tls, warned).outcome).toBe('doneHere');
    expect(tells(tls, warned, { fromClient: false })['tls']).toMatchObject({ version: 'TLS 1.2', certificateSerial: '1234abcd' });
    expect(ask(tls, warned.slice(0, 7)).outcome).toBe('named');
    expect(ask(tls, warned.slice(0, 9)).outcome).toBe('more');
    expect(ask(tls, warned.slice(0, 9), { isFinal: true }).outcome).toBe('named');
    expect(ask(tls, concat(hex('15 0303 0002 0170'), hex('00112233445566778899'))).outcome).toBe('named');
    expectRobust(tls, [warned]);
  });

  it('a certificate that is cut tells what comes before the cut', () => {
    const flight = serverFlight(CERTIFICATE);
    const { tls: details } = tells(tls, flight.slice(0, 250), { isFinal: true });
    expect(details).toMatchObject({ certificateSerial: '1234abcd', certificateIssuer: 'C=AT, O=Example, CN=www.example.com' });
    expect(details.certificateNames).toBeUndefined();
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    expectRobust(tls, [serverFlight(CERTIFICATE), clientHello('www.example.com'), clientHello('www.example.com', 30, 20), SERVER_HELLO, hex('15 0303 0002 0228')]);
  });
});
