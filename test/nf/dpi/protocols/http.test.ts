import { describe, expect, it } from 'vitest';
import { http } from '../../../../src/nf/dpi/protocols/http.js';
import { ask, expectRobust, tells } from '../ask.js';
import { latin1 } from '../frames.js';

describe('HTTP', () => {
  it('a request gives its host without the port', () => {
    expect(ask(http, latin1('GET /a HTTP/1.1\r\nUser-Agent: x\r\nHost: WWW.Example.com:8080\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP', host: 'www.example.com' });
  });

  it('a request without the rest of its headers wants more', () => {
    expect(ask(http, latin1('POST /upload HTTP/1.1\r\nAccept: */*\r\nHo'))).toEqual({ outcome: 'namedMore', name: 'HTTP', host: '' });
  });

  it('a target of any form is a request when a version follows it', () => {
    expect(ask(http, latin1('GET . HTTP/1.0\r\nHost: www.example.com\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP', host: 'www.example.com' });
    expect(ask(http, latin1('GET . SIP/2.0\r\n\r\n')).outcome).toBe('no');
  });

  it('the beginning of a method could be HTTP', () => {
    expect(ask(http, latin1('PROPF'))).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('a status line comes from the server', () => {
    expect(ask(http, latin1('HTTP/1.1 200 OK\r\n'))).toEqual({ outcome: 'namedMore', name: 'HTTP', host: '' });
  });

  it('CONNECT names what it connects to', () => {
    expect(ask(http, latin1('CONNECT mail.example.org:443 HTTP/1.1\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP_Connect', host: 'mail.example.org' });
  });

  it('an absolute target is for a proxy', () => {
    expect(ask(http, latin1('GET http://example.net/ HTTP/1.1\r\nhost: example.net\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP_Proxy', host: 'example.net' });
  });

  it('an IPv6 literal loses its brackets', () => {
    expect(ask(http, latin1('GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP', host: '2001:db8::1' });
  });

  it('bytes that no host may have become question marks', () => {
    expect(ask(http, latin1('GET / HTTP/1.0\r\nHost: a<b>.example\r\n\r\n'))).toEqual({ outcome: 'doneHere', name: 'HTTP', host: 'a?b?.example' });
  });

  it('a request tells method, target, agent and referrer', () => {
    const request = latin1('POST /a?b=1 HTTP/1.1\r\nUser-Agent: curl/8\r\nHost: A.example\r\nReferer: http://b/\r\nContent-Type: text/csv\r\n\r\nbody');
    expect(tells(http, request)).toEqual({
      http: {
        method: 'POST', target: '/a?b=1', version: 'HTTP/1.1', host: 'A.example', userAgent: 'curl/8', referrer: 'http://b/', requestContentType: 'text/csv',
      },
    });
  });

  it('an answer tells status, type and server; controls in it become question marks', () => {
    expect(ask(http, latin1('HTTP/1.1 404 Not Found\r\n\r\n'), { fromClient: false }).outcome).toBe('doneHere');
    expect(tells(http, latin1('HTTP/1.1 404 Not Found\r\nServer: a\x1b[2Jb\r\nContent-Type: text/html\r\n\r\n'))).toEqual({
      http: { status: 404, server: 'a?[2Jb', contentType: 'text/html' },
    });
  });

  it('an interim answer is not yet the answer', () => {
    expect(ask(http, latin1('HTTP/1.1 100 Continue\r\n\r\n'))).toEqual({ outcome: 'named', name: 'HTTP', host: '' });
  });

  it('an answer to a request for a proxy leaves the flow its name', () => {
    expect(ask(http, latin1('HTTP/1.1 200 OK\r\n\r\n'), { name: 'HTTP_Connect' }).name).toBe('HTTP_Connect');
  });

  it('RTSP has the same methods and is not HTTP', () => {
    expect(ask(http, latin1('OPTIONS rtsp://camera.example/1 RTSP/1.0\r\n\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('GET /a HTTP/1.1\r\nUser-Agent: x\r\nHost: WWW.Example.com:8080\r\n\r\n'),
      latin1('POST /upload HTTP/1.1\r\nAccept: */*\r\nHo'),
      latin1('PROPF'),
      latin1('HTTP/1.1 200 OK\r\n'),
      latin1('CONNECT mail.example.org:443 HTTP/1.1\r\n\r\n'),
      latin1('GET http://example.net/ HTTP/1.1\r\nhost: example.net\r\n\r\n'),
      latin1('GET / HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n'),
      latin1('GET / HTTP/1.0\r\nHost: a<b>.example\r\n\r\n'),
      latin1('OPTIONS rtsp://camera.example/1 RTSP/1.0\r\n\r\n'),
    ];
    expectRobust(http, samples);
  });
});
