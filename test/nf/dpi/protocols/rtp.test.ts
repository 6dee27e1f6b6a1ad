import { describe, expect, it } from 'vitest';
import { rtp } from '../../../../src/nf/dpi/protocols/rtp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('RTP', () => {
  it('a packet must be followed by another of its source', () => {
    expect(ask(rtp, hex('80 00 0001 00000002 11223344 aabb'))).toEqual({ outcome: 'maybe', name: 'RTP', host: '' });
  });

  it('RTCP fills its datagram', () => {
    expect(ask(rtp, hex('81 c8 0001 11223344'))).toEqual({ outcome: 'named', name: 'RTCP', host: '' });
  });

  it('with many contributing sources it is rather something else', () => {
    expect(ask(rtp, hex('83 00 0001 00000002 11223344 00000001 00000002 00000003 aabb')).outcome).toBe('maybe');
    expect(ask(rtp, hex('84 00 0001 00000002 11223344 00000001 00000002 00000003 00000004 aabb')).outcome).toBe('no');
  });

  it('version 1 is not RTP', () => {
    expect(ask(rtp, hex('40 00 0001 00000002 11223344 aabb'))).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('80 00 0001 00000002 11223344 aabb'),
      hex('81 c8 0001 11223344'),
      hex('40 00 0001 00000002 11223344 aabb'),
    ];
    expectRobust(rtp, samples);
  });
});
