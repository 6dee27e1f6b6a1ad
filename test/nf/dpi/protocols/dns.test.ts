import { describe, expect, it } from 'vitest';
import { dns } from '../../../../src/nf/dpi/protocols/dns.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('DNS', () => {
  it('a query gives its name in lower case', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
  });

  it('an answer gives the same name', () => {
    expect(ask(dns, hex('1234 8180 0001 0001 0000 0000 03777777 07 6578616d706c65 03636f6d 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000207'), { serverPort: 53 })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
  });

  it('a plain query is known on any port', () => {
    expect(ask(dns, hex('1234 0100 0001 0000 0000 0000 03777777 07 4578616d706c65 03636f6d 00 0001 0001'), { serverPort: 5300 })).toEqual({ outcome: 'named', name: 'DNS', host: 'www.example.com' });
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
    ];
    expectRobust(dns, samples, { serverPort: 53 });
  });
});
