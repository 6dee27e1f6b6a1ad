import { describe, expect, it } from 'vitest';
import { dtls } from '../../../../src/nf/dpi/protocols/dtls.js';
import { ask, expectRobust, tells } from '../ask.js';
import { hex } from '../frames.js';

describe('DTLS', () => {
  it('a ServerHello is DTLS', () => {
    expect(ask(dtls, hex('16 fefd 0000 000000000001 000e 02 000050 0001 000000 000002 fefd'))).toEqual({ outcome: 'named', name: 'DTLS', host: '' });
  });

  it('a ClientHello tells its names and its JA4', () => {
    const body = 'fefd 1111111111111111111111111111111111111111111111111111111111111111 00 00 0002 c02b 01 00 0011 0000 000d 000b 00 0008 612e6578616d706c'.replaceAll(' ', '');
    const length = (body.length / 2).toString(16).padStart(6, '0');
    const record = `16 fefd 0000 000000000001 ${(body.length / 2 + 12).toString(16).padStart(4, '0')} 01 ${length} 0000 000000 ${length} ${body}`;
    expect(ask(dtls, hex(record))).toEqual({ outcome: 'done', name: 'DTLS', host: 'a.exampl' });
    expect(tells(dtls, hex(record))).toEqual({ tls: { version: 'DTLS 1.2', sni: 'a.exampl', ja4: expect.stringMatching(/^dd2d010100_/) as string } });
  });

  it('a record longer than the datagram is not', () => {
    expect(ask(dtls, hex('16 fefd 0000 000000000001 00ff 02 000050'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('the one before 1.0 fills its datagram', () => {
    const hello = '16 0100 0000 000000000000 0017 03 00000b 0000 000000 00000b 0100 14 1122334455667788';
    expect(ask(dtls, hex(hello))).toEqual({ outcome: 'named', name: 'DTLS', host: '' });
    expect(ask(dtls, hex(`${hello} 14 0100 0000 000000000001 0001 01`)).outcome).toBe('named');
    expect(ask(dtls, hex(`${hello} 00`)).outcome).toBe('no');
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('16 fefd 0000 000000000001 000e 02 000050 0001 000000 000002 fefd'),
      hex('16 fefd 0000 000000000001 00ff 02 000050'),
      hex('16 0100 0000 000000000000 0017 03 00000b 0000 000000 00000b 0100 14 1122334455667788'),
    ];
    expectRobust(dtls, samples);
  });
});
