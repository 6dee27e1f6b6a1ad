import { describe, expect, it } from 'vitest';
import { mgcp } from '../../../../src/nf/dpi/protocols/mgcp.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

describe('MGCP', () => {
  it('a command gives the host', () => {
    expect(ask(mgcp, latin1('CRCX 1204 aaln/1@Gw.example.net MGCP 1.0\r\nC: 1\r\n'))).toEqual({ outcome: 'done', name: 'MGCP', host: 'gw.example.net' });
  });

  it('a response on its port', () => {
    expect(ask(mgcp, latin1('200 1204 OK\r\n'), { serverPort: 2427 })).toEqual({ outcome: 'named', name: 'MGCP', host: '' });
  });

  it('a response elsewhere', () => {
    expect(ask(mgcp, latin1('200 1204 OK\r\n'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('CRCX 1204 aaln/1@Gw.example.net MGCP 1.0\r\nC: 1\r\n'),
      latin1('200 1204 OK\r\n'),
      latin1('200 1204 OK\r\n'),
    ];
    expectRobust(mgcp, samples, { serverPort: 2427 });
  });
});
