import { describe, expect, it } from 'vitest';
import { SlotHeaders } from '../../src/memory/slot-headers.js';
import { HEADER_BYTES, HeaderOffset, LinkType, ParseFlag } from '../../src/memory/slot-layout.js';
import { Packet } from '../../src/packet/packet.js';
import { parsePacket } from '../../src/packet/parse.js';
import { MARGIN, SLOT_BYTES, bytesOf, place } from '../support/bench-slot.js';
import { tcp4, udp4, udp6 } from '../support/packets.js';

const ports = { source: '10.0.0.1', sourcePort: 5000, destination: '192.0.2.7', destinationPort: 53, payload: 'hi' };
const ports6 = { ...ports, source: 'fd00::1', destination: '2001:db8::7' };

describe('the packet flyweight', () => {
  it('moves from slot to slot, with the same views', () => {
    const headers = new SlotHeaders(new SharedArrayBuffer(3 * HEADER_BYTES), 0, 3);
    const region = new Uint8Array(new SharedArrayBuffer(3 * 2048));
    const contents = [tcp4(ports), udp4({ ...ports, sourcePort: 6000 }), udp6({ ...ports6, sourcePort: 7000 })];
    for (const [slot, bytes] of contents.entries()) {
      region.set(bytes, slot * 2048 + 128);
      headers.u32[(slot << 4) + 1] = bytes.length;
      headers.u32[(slot << 4) + 2] = bytes.length;
      headers.u8[(slot << 6) + HeaderOffset.linkType] = LinkType.ethernet;
      parsePacket(region, slot * 2048 + 128, bytes.length, headers, slot);
    }
    const packet = new Packet(headers, 2048);
    const udps: unknown[] = [];
    for (const slot of [2, 0, 1]) {
      packet.moveTo(region, slot * 2048 + 128, slot);
      expect([packet.slotIndex, packet.start, packet.bytes, packet.length]).toEqual([slot, slot * 2048 + 128, region, contents[slot].length]);
      expect([packet.tcp()?.sourcePort, packet.udp()?.sourcePort, packet.ipv6() !== null]).toEqual([[5000, undefined, false], [undefined, 6000, false], [undefined, 7000, true]][slot]);
      udps.push(packet.udp());
    }
    expect(udps[0]).toBe(udps[2]);
  });

  it('shows the slot header', () => {
    const headers = new SlotHeaders(new ArrayBuffer(2 * HEADER_BYTES), 0, 2);
    const packet = new Packet(headers);
    packet.moveTo(new Uint8Array(100), 10, 1);
    headers.u32.set([10, 60, 1500], 16);
    headers.u8[64 + HeaderOffset.direction] = 1;
    headers.u8[64 + HeaderOffset.linkType] = LinkType.raw;
    headers.u32[16 + (HeaderOffset.flowHash >> 2)] = 0xdeadbeef;
    headers.u32[16 + (HeaderOffset.flowId >> 2)] = 0x80000001;
    headers.u32[16 + (HeaderOffset.timestampSeconds >> 2)] = 4_000_000_000;
    headers.u32[16 + (HeaderOffset.timestampNanos >> 2)] = 500_000_000;
    expect([packet.length, packet.originalLength, packet.direction, packet.linkType]).toEqual([60, 1500, 1, LinkType.raw]);
    expect([packet.flowHash, packet.flowId, packet.timestampMs]).toEqual([0xdeadbeef, 0x80000001, 4_000_000_000_500]);
  });

  it('keeps mark and scratch in the slot header', () => {
    const packet = place(tcp4(ports));
    packet.mark = 0xffffffff;
    packet.scratch0 = 0x80000000;
    packet.scratch1 = 7;
    expect([packet.mark, packet.scratch0, packet.scratch1]).toEqual([0xffffffff, 0x80000000, 7]);
  });

  it('publishes its tuple, and keeps that over a reparse', () => {
    const headers = new SlotHeaders(new ArrayBuffer(HEADER_BYTES), 0, 1);
    const packet = new Packet(headers);
    packet.moveTo(new Uint8Array(100), 0, 0);
    headers.u32[1] = 100;
    headers.u8[HeaderOffset.parseFlags] = ParseFlag.snapped | ParseFlag.fragment;
    packet.publishTuple();
    packet.reparse();
    expect(headers.u8[HeaderOffset.parseFlags]).toBe(ParseFlag.snapped | ParseFlag.tuplePublished);
  });
});

describe('structural rewrites', () => {
  it('resize changes the length, and a resized packet is whole', () => {
    const packet = place(udp4(ports).slice(0, 43), { originalLength: 44 });
    packet.resize(44);
    expect([packet.length, packet.originalLength]).toEqual([44, 44]);
    packet.resize(43);
    packet.reparse();
    expect([packet.originalLength, packet.isMalformed]).toEqual([43, true]);
  });

  it('resize refuses what does not fit the slot, and nothing', () => {
    const packet = place(udp4(ports));
    const room = SLOT_BYTES - MARGIN;
    packet.resize(room);
    for (const length of [room + 1, 0, -1, NaN, Infinity]) expect(() => packet.resize(length)).toThrow(RangeError);
    expect(packet.length).toBe(room);
  });

  it('prepend takes from the headroom, and trimFront gives it back', () => {
    const bytes = udp4(ports);
    const packet = place(bytes);
    packet.prepend(4);
    expect([packet.start, packet.length, packet.originalLength]).toEqual([MARGIN - 4, bytes.length + 4, bytes.length + 4]);
    // Pushes a VLAN tag: the addresses move to the front, the tag comes behind them.
    packet.bytes.copyWithin(packet.start, packet.start + 4, packet.start + 16);
    packet.bytes.set([0x81, 0, 0, 42], packet.start + 12);
    packet.reparse();
    expect(bytesOf(packet)).toEqual([...udp4({ ...ports, vlans: [42] })]);
    expect([packet.vlanCount, packet.vlan(0)!.id, packet.udp()!.destinationPort]).toEqual([1, 42, 53]);
    packet.bytes.copyWithin(packet.start + 4, packet.start, packet.start + 12);
    packet.trimFront(4);
    packet.reparse();
    expect(bytesOf(packet)).toEqual([...bytes]);
    expect([packet.vlanCount, packet.udp()!.destinationPort]).toEqual([0, 53]);
  });

  it('prepend and trimFront stay inside the slot and the packet', () => {
    const packet = place(udp4(ports));
    for (const count of [MARGIN + 1, -1, NaN]) expect(() => packet.prepend(count)).toThrow(RangeError);
    for (const count of [packet.length, -1, NaN]) expect(() => packet.trimFront(count)).toThrow(RangeError);
    packet.prepend(MARGIN);
    expect(packet.start).toBe(0);
    packet.trimFront(packet.length - 1);
    expect(packet.length).toBe(1);
  });
});
