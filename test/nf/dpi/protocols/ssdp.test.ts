import { describe, expect, it } from 'vitest';
import { ssdp } from '../../../../src/nf/dpi/protocols/ssdp.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('SSDP', () => {
  it('a search gives its host', () => {
    expect(ask(ssdp, latin1('M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n\r\n'))).toEqual({ outcome: 'done', name: 'SSDP', host: '239.255.255.250:1900' });
  });

  it('an answer from another port names what was searched for', () => {
    const answer = 'HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n';
    expect(ask(ssdp, latin1(answer))).toEqual({ outcome: 'done', name: 'SSDP', host: '' });
    expect(ask(ssdp, latin1(answer.replace('USN', 'URL'))).outcome).toBe('no');
    expectRobust(ssdp, [latin1(answer)]);
  });

  it('an IPv6 address keeps its brackets', () => {
    const search = latin1('M-SEARCH * HTTP/1.1\r\nHost: [FF02::C]:1900\r\n\r\n');
    expect(ask(ssdp, search).host).toBe('[ff02::c]:1900');
    expectRobust(ssdp, [search]);
  });

  it('another method is not', () => {
    expect(ask(ssdp, latin1('GET / HTTP/1.1\r\n\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n\r\n'),
      latin1('GET / HTTP/1.1\r\n\r\n'),
    ];
    expectRobust(ssdp, samples);
  });
});
