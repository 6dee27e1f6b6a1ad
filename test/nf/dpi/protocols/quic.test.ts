import { describe, expect, it } from 'vitest';
import { quic } from '../../../../src/nf/dpi/protocols/quic.js';
import { ask, expectRobust, tells } from '../ask.js';
import { concat, hex, latin1 } from '../frames.js';
import { clientHelloMessage } from '../hellos.js';
import { cryptoFrame, initialPacket } from '../quic-initial.js';

const VERSION_TEXTS = new Map([[1, '1'], [0x6b3343cf, '2'], [0xff00001d, 'draft-29'], [0x54303530, 'T050'], [0x54303531, 'T051']]);

describe('QUIC', () => {
  it('version negotiation with a known version', () => {
    expect(ask(quic, hex('80 00000000 08 0102030405060708 04 01020304 00000001 6b3343cf'))).toEqual({ outcome: 'named', name: 'QUIC', host: '' });
  });

  it('a handshake packet of version 1', () => {
    expect(ask(quic, hex('e5 00000001 08 0102030405060708 00 4010'))).toEqual({ outcome: 'named', name: 'QUIC', host: '' });
  });

  it('an unknown version is not QUIC', () => {
    expect(ask(quic, hex('c5 12345678 08 0102030405060708 00 4010'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('versions of Google\'s carry their hello in the clear', () => {
    expect(ask(quic, concat(hex('0d 8f9375d7886be353 51303339 01 000102030405060708090a0b a0 01 0004'),latin1('CHLO'),hex('0100 0000'),latin1('SNI'),hex('00 0b000000'),latin1('example.com')))).toEqual({ outcome: 'done', name: 'QUIC', host: 'example.com' });
  });

  it('such a hello tells version, name and agent', () => {
    const hello = concat(
      hex('0d 8f9375d7886be353 51303339 01 000102030405060708090a0b a0 01 0004'), latin1('CHLO'), hex('0200 0000'),
      latin1('SNI'), hex('00 0b000000'), latin1('UAID'), hex('0f000000'), latin1('example.comt/1.'),
    );
    expect(tells(quic, hello)).toEqual({ quic: { version: 'Q039', sni: 'example.com', userAgent: 't/1.' } });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('80 00000000 08 0102030405060708 04 01020304 00000001 6b3343cf'),
      hex('e5 00000001 08 0102030405060708 00 4010'),
      hex('c5 12345678 08 0102030405060708 00 4010'),
      concat(hex('0d 8f9375d7886be353 51303339 01 000102030405060708090a0b a0 01 0004'),latin1('CHLO'),hex('0100 0000'),latin1('SNI'),hex('00 0b000000'),latin1('example.com')),
    ];
    expectRobust(quic, samples);
  });

  it.each([
    ['version 1', 0x00000001],
    ['version 2', 0x6b3343cf],
    ['draft 29', 0xff00001d],
    ['T050', 0x54303530],
    ['T051', 0x54303531],
  ])('an Initial of %s is opened, and its ClientHello gives the host', (_name, version) => {
    const packet = initialPacket(version, hex('8394c8f03e515708'), [cryptoFrame(0, clientHelloMessage('www.example.com'))]);
    expect(ask(quic, packet)).toEqual({ outcome: 'done', name: 'QUIC', host: 'www.example.com' });
    const { quic: details } = tells(quic, packet);
    expect(details).toMatchObject({ version: VERSION_TEXTS.get(version), sni: 'www.example.com', ja4: expect.stringMatching(/^q13d0203/) as string });
  });

  it('CRYPTO frames in any order are put together, over packets too', () => {
    const hello = clientHelloMessage('www.example.org', 900);
    const late = cryptoFrame(700, hello.slice(700));
    const middle = cryptoFrame(300, hello.slice(300, 700));
    const first = initialPacket(1, hex('0102030405060708'), [late, Uint8Array.of(1, 0, 0), middle]);
    const second = initialPacket(1, hex('0102030405060708'), [cryptoFrame(0, hello.slice(0, 300))], 2);
    expect(ask(quic, first)).toEqual({ outcome: 'named', name: 'QUIC', host: '' });
    expect(ask(quic, second)).toEqual({ outcome: 'done', name: 'QUIC', host: 'www.example.org' });
  });

  it('before Q046: the answer to a first hello, which has no version', () => {
    const rejection = hex('08 0123456789abcdef 01 000102030405060708090a0b 4001 03d9 01 0006 00 a001 025b 52454a00 0700 0000 53544b00 38000000');
    expect(ask(quic, rejection, { serverPort: 443 })).toEqual({ outcome: 'named', name: 'QUIC', host: '' });
    expect(ask(quic, rejection, { serverPort: 5000 }).outcome).toBe('no');
    const other = Uint8Array.from(rejection);
    other[rejection.indexOf(7, 22)] = 0xff;
    expect(ask(quic, other, { serverPort: 443 }).outcome).toBe('no');
    expectRobust(quic, [rejection], { serverPort: 443 });
  });

  it('an Initial that was tampered with is named, and gives no host', () => {
    const packet = initialPacket(1, hex('8394c8f03e515708'), [cryptoFrame(0, clientHelloMessage('www.example.com'))]);
    packet[200] ^= 1;
    expect(ask(quic, packet)).toEqual({ outcome: 'named', name: 'QUIC', host: '' });
  });

  it('a hundred hellos that never become whole take no more memory, and others still get through', () => {
    for (let k = 0; k < 100; k++) {
      const piece = cryptoFrame(50, clientHelloMessage('www.example.net').slice(50));
      expect(ask(quic, initialPacket(1, Uint8Array.of(9, 9, 9, 9, 9, 9, 9, k), [piece])).outcome).toBe('named');
    }
    const whole = initialPacket(1, hex('a1a2a3a4a5a6a7a8'), [cryptoFrame(0, clientHelloMessage('www.example.com'))]);
    expect(ask(quic, whole).host).toBe('www.example.com');
  });
});
