import { describe, expect, it } from 'vitest';
import { Layer3 } from '../../src/memory/slot-layout.js';
import { place } from '../support/bench-slot.js';
import { arpRequest } from '../support/packets.js';

const REQUEST = [
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 1, 0x08, 0x06,
  0, 1, 0x08, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 254,
];

describe('ARP', () => {
  it('is taken apart, and put together alike by the builder', () => {
    const packet = place([...REQUEST, ...new Array<number>(18).fill(0)]);
    const arp = packet.arp()!;
    expect([arp.operation, arp.senderHardware, arp.senderAddress, arp.targetHardware, arp.targetAddress]).toEqual([1, 0x020000000001, 0x0a000001, 0, 0x0a0000fe]);
    expect([packet.isMalformed, packet.l3, packet.l4, packet.payloadLength, packet.ipv4()]).toEqual([false, Layer3.arp, 0, 0, null]);
    expect([...arpRequest({ senderAddress: '10.0.0.1', targetAddress: '10.0.0.254' })]).toEqual(REQUEST);
  });

  it('cut short is malformed, and still ARP', () => {
    for (let length = 14; length < REQUEST.length; length++) {
      const packet = place(REQUEST.slice(0, length));
      expect([packet.isMalformed, packet.l3, packet.arp()]).toEqual([true, Layer3.arp, null]);
    }
  });

  it('for other hardware or protocols has no view, and is not malformed', () => {
    for (const at of [15, 16]) {
      const packet = place(REQUEST.with(at, 0x77));
      expect([packet.isMalformed, packet.l3, packet.arp()]).toEqual([false, Layer3.arp, null]);
    }
    const longer = place([...REQUEST.with(18, 8), 1, 2, 3, 4]);
    expect([longer.isMalformed, longer.arp()]).toEqual([false, null]);
    expect(place(REQUEST.with(18, 8)).isMalformed).toBe(true);
  });
});
