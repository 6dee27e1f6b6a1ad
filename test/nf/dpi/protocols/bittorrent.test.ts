import { describe, expect, it } from 'vitest';
import { bittorrent } from '../../../../src/nf/dpi/protocols/bittorrent.js';
import { ask, expectRobust } from '../ask.js';
import { latin1 } from '../frames.js';

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

  it('another dictionary', () => {
    expect(ask(bittorrent, latin1('d3:bar4:spame'))).toEqual({ outcome: 'no', name: '', host: '' });
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
