import { describe, expect, it } from 'vitest';
import { rtsp } from '../../../../src/nf/dpi/protocols/rtsp.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('RTSP', () => {
  it('a request gives the host', () => {
    expect(ask(rtsp, latin1('DESCRIBE rtsp://Camera.example:554/1 RTSP/1.0\r\n'))).toEqual({ outcome: 'done', name: 'RTSP', host: 'camera.example' });
  });

  it('a status line', () => {
    expect(ask(rtsp, latin1('RTSP/1.0 200 OK\r\n'))).toEqual({ outcome: 'named', name: 'RTSP', host: '' });
  });

  it('HTTP is not', () => {
    expect(ask(rtsp, latin1('OPTIONS * HTTP/1.1\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('DESCRIBE rtsp://Camera.example:554/1 RTSP/1.0\r\n'),
      latin1('RTSP/1.0 200 OK\r\n'),
      latin1('OPTIONS * HTTP/1.1\r\n'),
    ];
    expectRobust(rtsp, samples);
  });
});
