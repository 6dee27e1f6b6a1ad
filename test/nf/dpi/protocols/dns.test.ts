import { describe, expect, it } from 'vitest';
import { dns } from '../../../../src/nf/dpi/protocols/dns.js';
import { ask, expectRobust, tells } from '../ask.js';
import { hex } from '../frames.js';

describe('DNS', () => {
  it('a query gives its name in lower case', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
  });

  it('an answer gives the same name', () => {
    expect(ask(dns, hex('1234 8180 0001 0001 0000 0000 03777777 07 6578616d706c65 03636f6d 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000207'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
  });

  it('a plain query on another port is supposed, until another message agrees', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'), { serverPort: 5300 })).toEqual({ outcome: 'maybe', name: 'DNS', host: 'www.example.com' });
  });

  it('elsewhere a class that does not exist is not DNS', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0009'), { serverPort: 5300 })).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('over TCP a length goes before', () => {
    expect(ask(dns, hex('00211234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'), { serverPort: 53, isStream: true })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
  });

  it('over TCP half a message wants more', () => {
    expect(ask(dns, hex('00211234 0100 0001 0000 0000 0000 03777777 0'), { serverPort: 53, isStream: true })).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('a pointer that leads forward ends the name', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 0161 c0ff 0001 0001'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'a' });
  });

  it('mDNS on its port, with the first answer when there is no question', () => {
    expect(ask(dns, hex('0000 8400 0000 0001 0000 0000 055f69707073 045f746370 056c6f63616c 00 000c 0001 00000078 0002 c00c'), { serverPort: 5353, clientPort: 5353 })).toEqual({ outcome: 'named', name: 'MDNS', host: '_ipps._tcp.local' });
  });

  it('LLMNR on its port', () => {
    expect(ask(dns, hex('1234 0000 0001 0000 0000 0000 0464657631 00 0001 0001'), { serverPort: 5355 })).toEqual({ outcome: 'named', name: 'LLMNR', host: 'dev1' });
  });

  it('on its port a header out of order passes when a whole question follows', () => {
    expect(ask(dns, hex('1234 7900 0001 ca00 0000 0000 0161 00 0001 0001'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'a' });
    expect(ask(dns, hex('1234 7900 0001 ca00 0000 0000 0161 00 0001 1234'), { serverPort: 53 }).outcome).toBe('no');
  });

  it('a query tells its question', () => {
    const query = hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 001c 0001');
    expect(tells(dns, query, { serverPort: 53 })).toEqual({ dns: { queries: [{ id: 0x1234, name: 'www.example.com', type: 'AAAA' }] } });
  });

  it('an answer tells its code and its records', () => {
    const records = [
      'c00c 0005 0001 0000003c 0004 0162 c010',
      'c00c 0001 0001 0000003c 0004 c0000207',
      'c00c 001c 0001 0000003c 0010 20010db8000000000000000000000001',
      'c00c 000f 0001 0000003c 0006 000a 016d c010',
      'c00c 0010 0001 0000003c 0006 05 763d737066',
    ];
    const answer = hex(`1234 8183 0001 0005 0000 0000 03777777 03636f6d 00 0001 0001 ${records.join('')}`);
    const name = 'www.com';
    expect(tells(dns, answer, { serverPort: 53, fromClient: false })).toEqual({
      dns: {
        responses: [{ id: 0x1234, name, type: 'A', code: 'NXDOMAIN' }],
        answers: [
          { name, type: 'CNAME', ttl: 60, data: 'b.com' },
          { name, type: 'A', ttl: 60, data: '192.0.2.7' },
          { name, type: 'AAAA', ttl: 60, data: '2001:db8::1' },
          { name, type: 'MX', ttl: 60, data: '10 m.com' },
          { name, type: 'TXT', ttl: 60, data: 'v=spf' },
        ],
      },
    });
  });

  it('a record of a kilobyte tells no more than 512 digits', () => {
    const answer = hex(`1234 8180 0000 0001 0000 0000 00 0030 0001 0000003c 0400 ${'ab'.repeat(1024)}`);
    const { dns: details } = tells(dns, answer, { serverPort: 53, fromClient: false });
    expect(details.answers).toEqual([{ name: '', type: 'DNSKEY', ttl: 60, data: 'ab'.repeat(256) }]);
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'),
      hex('1234 8180 0001 0001 0000 0000 03777777 07 6578616d706c65 03636f6d 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000207'),
      hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'),
      hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0009'),
      hex('00211234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'),
      hex('00211234 0100 0001 0000 0000 0000 03777777 0'),
      hex('1234 0100 0001 0000 0000 0000 0161 c0ff 0001 0001'),
      hex('0000 8400 0000 0001 0000 0000 055f69707073 045f746370 056c6f63616c 00 000c 0001 00000078 0002 c00c'),
      hex('1234 0000 0001 0000 0000 0000 0464657631 00 0001 0001'),
      // More records than there can be, and a name that cannot be read: what precedes the message is no class.
      hex('0001 8400 0000 0101 0000 0000 055f69707073 045f746370 406c6f63616c 00 000c 0001 00000078 0002 c00c'),
    ];
    expectRobust(dns, samples, { serverPort: 53 });
  });
});
