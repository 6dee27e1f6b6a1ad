import { describe, expect, it } from 'vitest';
import { rdp } from '../../../../src/nf/dpi/protocols/rdp.js';
import { ask, expectRobust } from '../ask.js';
import { hex } from '../frames.js';

describe('RDP', () => {
  it('over UDP: a SYN with the sizes of its packets, and its answer', () => {
    const zeros = '00'.repeat(40);
    expect(ask(rdp, hex(`ffffffff 0040 1801 bbff5687 04d0 04d0 ${zeros}`))).toEqual({ outcome: 'done', name: 'RDP', host: '' });
    expect(ask(rdp, hex(`bbff5687 0040 1005 4d677966 04d0 04d0 ${zeros}`)).outcome).toBe('done');
    expect(ask(rdp, hex(`ffffffff 0040 1801 bbff5687 0500 04d0 ${zeros}`)).outcome).toBe('no');
  });

  it('over UDP: data behind what it acknowledges, records of TLS that fill it', () => {
    const hello = '16 0303 0004 01000000';
    expect(ask(rdp, hex(`10976033 0400 000c 0001 00 00 e65f846d e65f846d ${hello}`)).outcome).toBe('done');
    // Three elements of the vector, and two records.
    expect(ask(rdp, hex(`e65f846d 00c8 000c 0003 010203 000000 10976034 10976034 14 0303 0001 01 16 0303 0002 0000`)).outcome).toBe('done');
    expect(ask(rdp, hex(`10976033 0400 000c 0001 00 00 e65f846d e65f846d ${hello} 00`)).outcome).toBe('no');
    expect(ask(rdp, hex(`10976033 0400 0008 0001 00 00 e65f846d e65f846d ${hello}`)).outcome).toBe('no');
    expect(ask(rdp, hex(`10976033 0400 000c ffff 00 00 e65f846d e65f846d ${hello}`)).outcome).toBe('no');
    expectRobust(rdp, [hex(`10976033 0400 000c 0001 00 00 e65f846d e65f846d ${hello}`)], { isStream: false });
  });

  it('a connection request that negotiates', () => {
    expect(ask(rdp, hex('03000013 0e e0 0000 0000 00 01 00 0800 03000000'), { isStream: true, serverPort: 3389 })).toEqual({ outcome: 'done', name: 'RDP', host: '' });
  });

  it('a connection request of something else', () => {
    expect(ask(rdp, hex('03000016 11 e0 0000 0001 00 c1020100 c2020102 c0010a'), { isStream: true, serverPort: 102 })).toEqual({ outcome: 'no', name: '', host: '' });
  });

  it('reads nothing but what it is shown, whatever that is', () => {
    const samples = [
      hex('03000013 0e e0 0000 0000 00 01 00 0800 03000000'),
      hex('03000016 11 e0 0000 0001 00 c1020100 c2020102 c0010a'),
    ];
    expectRobust(rdp, samples, { isStream: true, serverPort: 3389 });
  });
});
