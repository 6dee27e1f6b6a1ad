import { describe, expect, it } from 'vitest';
import { bittorrent } from '../../../../src/nf/dpi/protocols/bittorrent.js';
import { ask, expectRobust } from '../ask.js';
import { hex, latin1 } from '../frames.js';

describe('BitTorrent', () => {
  it('the handshake between peers', () => {
    expect(ask(bittorrent, latin1('\x13BitTorrent protocol\0\0'), { isStream: true })).toEqual({ outcome: 'done', name: 'BitTorrent', host: '' });
  });

  it('half of it', () => {
    expect(ask(bittorrent, latin1('\x13BitTor'), { isStream: true })).toEqual({ outcome: 'more', name: '', host: '' });
  });

  it('a query of the hash table', () => {
    expect(ask(bittorrent, latin1('d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe'))).toEqual({ outcome: 'done', name: 'BitTorrent', host: '' });
  });

  it('a search in the local network', () => {
    expect(ask(bittorrent, latin1('BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\n'), { isStream: false }).outcome).toBe('done');
    expect(ask(bittorrent, latin1('BT-SEARCH / HTTP/1.1\r\n'), { isStream: false }).outcome).toBe('no');
  });

  it('another dictionary', () => {
    expect(ask(bittorrent, latin1('d3:bar4:spame'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('uTP is supposed, until another packet of the connection agrees', () => {
    expect(ask(bittorrent, hex('41 00 1234 00000001 00000000 00100000 0001 0000'), { isStream: false }).outcome).toBe('maybe');
    expect(ask(bittorrent, hex('01 00 1234 00000001 00000000 00100000 0001 0000 6869'), { isStream: false }).outcome).toBe('maybe');
  });

  it('a window that nobody offers, and data where none may be, are not uTP', () => {
    expect(ask(bittorrent, hex('01 00 1234 00000001 00000000 99100000 0001 0000 6869'), { isStream: false }).outcome).toBe('no');
    expect(ask(bittorrent, hex('21 00 1234 00000001 00000000 00100000 0001 0000 6869'), { isStream: false }).outcome).toBe('no');
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      latin1('\x13BitTorrent protocol\0\0'),
      latin1('\x13BitTor'),
      latin1('d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe'),
      latin1('d3:bar4:spame'),
    ];
    expectRobust(bittorrent, samples);
  });
});
