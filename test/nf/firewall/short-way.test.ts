/**
 * The short way against the long one: on random entries and segments, whatever the short way takes leaves the same words as
 * `check` and `commit`, which say that the segment belongs; and what it does not take leaves every word as it was.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlotHeaders } from '../../../src/memory/slot-headers.js';
import { HeaderOffset, LinkType } from '../../../src/memory/slot-layout.js';
import { firewallTables, StateBit, TCP_STATE_SHIFT, Word } from '../../../src/nf/firewall/layout.js';
import { shortWayOf, type ShortWay } from '../../../src/nf/firewall/short-way.js';
import { TcpState } from '../../../src/nf/firewall/tcp-state.js';
import { LAST_IS_REPLY, LAST_KIND_SHIFT, LENIENT, MAX_ACK_KNOWN_OF_OPENER, MAX_ACK_KNOWN_OF_OTHER, SAID_BITS, TcpVerdict, TcpWindows } from '../../../src/nf/firewall/tcp-window.js';
import { PerFlowTable } from '../../../src/nf/tables.js';
import { Packet } from '../../../src/packet/packet.js';
import { parsePacket } from '../../../src/packet/parse.js';
import { tcp4, tcp6, udp4 } from '../../support/packets.js';

const [GENERATION, NOW, FLOW_ID, LIFE] = [7, 1000, 1, 7440];
const FLOW_WORDS = firewallTables({ halfOpen: 1 }).flows;
const region = new Uint8Array(2048);
const headers = new SlotHeaders(new SharedArrayBuffer(64), 0, 1);
const packet = new Packet(headers);

function put(bytes: Uint8Array, direction: number): void {
  region.set(bytes);
  headers.u8.fill(0);
  headers.u32[1] = headers.u32[2] = bytes.length;
  headers.u8[HeaderOffset.linkType] = LinkType.ethernet;
  headers.u8[HeaderOffset.direction] = direction;
  headers.u32[HeaderOffset.flowId >> 2] = FLOW_ID;
  parsePacket(region, 0, bytes.length, headers, 0);
  packet.moveTo(region, 0, 0);
}

function tableWith(words: readonly number[]): PerFlowTable {
  const table = new PerFlowTable(FLOW_WORDS, 1, new SharedArrayBuffer(PerFlowTable.bytes(FLOW_WORDS, 1)), 0);
  table.words.set(words, table.of(FLOW_ID));
  return table;
}

function shortWay(table: PerFlowTable): ShortWay {
  const way = shortWayOf(table);
  way.update({ tcpSeconds: LIFE, udpSeconds: 120, udpUnansweredSeconds: 30 });
  return way;
}

/** Around the bounds of the windows, where verdicts change, and now and then anywhere. */
const near = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) }, { weight: 6, arbitrary: fc.integer({ min: -2000, max: 2000 }) },
  { weight: 2, arbitrary: fc.constantFrom(-66_002, -66_001, -66_000, -65_536, 65_535) }, { weight: 1, arbitrary: fc.integer() },
);
const option = fc.constantFrom<number[]>([], [1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2], [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9], [8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1], [1, 1, 5, 200, 0, 0, 0, 0], [3, 3, 7, 0]);
const flags = fc.oneof({ weight: 8, arbitrary: fc.constant(16) }, { weight: 2, arbitrary: fc.constant(24) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) });
const said = fc.record({
  opener: fc.integer({ min: 0, max: 63 }), other: fc.integer({ min: 0, max: 63 }), known: fc.constantFrom(0, MAX_ACK_KNOWN_OF_OPENER, MAX_ACK_KNOWN_OF_OTHER, MAX_ACK_KNOWN_OF_OPENER | MAX_ACK_KNOWN_OF_OTHER),
  lenient: fc.constantFrom(0, 0, 0, LENIENT), last: fc.integer({ min: 0, max: 5 }), reply: fc.boolean(),
}).map(({ opener, other, known, lenient, last, reply }) => opener | (other << SAID_BITS) | known | lenient | (last << LAST_KIND_SHIFT) | (reply ? LAST_IS_REPLY : 0));
const state = fc.record({ tcp: fc.oneof({ weight: 5, arbitrary: fc.constant(TcpState.established) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 }) }), rest: fc.integer({ min: 0, max: 31 }) })
  .map(({ tcp, rest }) => StateBit.present | rest | (tcp << TCP_STATE_SHIFT) | 0xabcd0000);
const window = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 0x3fffffff }));

interface Case { readonly words: number[]; readonly bytes: Uint8Array; readonly direction: number; readonly original: number }

const someCase: fc.Arbitrary<Case> = fc.record({
  base: fc.integer(), back: fc.integer(), said, state, ends: fc.array(near, { minLength: 6, maxLength: 6 }), windows: fc.tuple(window, window), flags,
  sequence: near, ack: near, offered: fc.integer({ min: 0, max: 0xffff }), tcpOptions: option, payload: fc.integer({ min: 0, max: 60 }), direction: fc.integer({ min: 0, max: 1 }),
  version: fc.constantFrom(4, 4, 6), left: fc.boolean(), cut: fc.integer({ min: 0, max: 6 }), fragment: fc.integer({ min: 0, max: 15 }),
}).map(({ base, back, said: options, state: bits, ends, windows, flags: bitsOfSegment, sequence, ack, offered, tcpOptions, payload, direction, version, left, cut, fragment }) => {
  const isReply = (direction === 1) !== ((bits & StateBit.openedInReverse) !== 0);
  const [own, others] = isReply ? [back, base] : [base, back];
  const words = [GENERATION, NOW + 1, bits, options, base, base + ends[0], windows[0], back + ends[1], back, back + ends[2], windows[1], base + ends[3], base + ends[4], offered, back + ends[5]].map((word) => word >>> 0);
  const fields = { flags: bitsOfSegment, sequenceNumber: (own + sequence) >>> 0, acknowledgementNumber: (others + ack) >>> 0, window: offered, tcpOptions, payload: new Uint8Array(payload), sourcePort: 1, destinationPort: 2 };
  const whole = version === 4
    ? tcp4({ source: '10.0.0.1', destination: '192.0.2.1', moreFragments: fragment === 0, ...fields })
    : tcp6({ source: 'fd00::1', destination: 'fd00::2', ...fields });
  // What segmentation offload leaves open.
  if (left && cut === 0) whole.set([0, 0], version === 4 ? 16 : 18);
  return { words, bytes: cut === 1 ? whole.subarray(0, whole.length - Math.min(payload, 5)) : whole, direction, original: whole.length };
});

it('takes only what belongs, and leaves what the long way would', () => {
  let taken = 0;
  let left = 0;
  fc.assert(fc.property(someCase, ({ words, bytes, direction, original }) => {
    put(bytes, direction);
    headers.u32[2] = original;
    const [short, long] = [tableWith(words), tableWith(words)];
    const before = short.words.slice();
    if (!shortWay(short).takes(packet, GENERATION, NOW)) {
      left++;
      expect(short.words).toEqual(before);
      return;
    }
    taken++;
    const at = long.of(FLOW_ID);
    const windows = new TcpWindows(long.words);
    const isReply = (direction === 1) !== ((words[Word.state] & StateBit.openedInReverse) !== 0);
    expect(windows.check(at, packet, packet.tcp()!, isReply)).toBe(TcpVerdict.belongs);
    if (isReply) long.words[at + Word.state] |= StateBit.answered;
    windows.commit();
    long.words[at + Word.deadline] = NOW + LIFE;
    expect(short.words).toEqual(long.words);
  }), { numRuns: 5000 });
  expect(taken).toBeGreaterThan(300);
  expect(left).toBeGreaterThan(300);
});

it('takes what the long way would call belonging, where it is plain', () => {
  fc.assert(fc.property(someCase, ({ words, bytes, direction }) => {
    put(bytes, direction);
    const isReply = (direction === 1) !== ((words[Word.state] & StateBit.openedInReverse) !== 0);
    const tcp = packet.tcp();
    const isPlain = tcp !== null && !packet.isFragment && tcp.flags === 16 && ((words[Word.state] >>> TCP_STATE_SHIFT) & 15) === TcpState.established && words[6] > 0 && words[10] > 0 && bytes[bytes[14] >>> 4 === 4 ? 17 : 19] > 0;
    fc.pre(isPlain);
    const long = tableWith(words);
    const belongs = new TcpWindows(long.words).check(long.of(FLOW_ID), packet, tcp, isReply) === TcpVerdict.belongs;
    expect(shortWay(tableWith(words)).takes(packet, GENERATION, NOW)).toBe(belongs);
  }), { numRuns: 1000 });
});

it('asks for the rules in force, for a connection that still lives, and for a whole header', () => {
  const words = [GENERATION, NOW + 1, StateBit.present, ...Array<number>(12).fill(0)];
  const datagram = udp4({ source: '10.0.0.1', destination: '192.0.2.1', sourcePort: 1, destinationPort: 2, payload: 'x' });
  put(datagram, 1);
  const table = tableWith(words);
  expect(shortWay(table).takes(packet, GENERATION + 1, NOW)).toBe(false);
  expect(shortWay(table).takes(packet, GENERATION, NOW + 1)).toBe(false);
  put(datagram.subarray(0, 36), 1);
  expect(shortWay(table).takes(packet, GENERATION, NOW)).toBe(false);
  put(datagram, 0);
  expect(shortWay(table).takes(packet, GENERATION, NOW)).toBe(true);
  expect(table.words[table.of(FLOW_ID) + Word.deadline]).toBe(NOW + 30);
  put(datagram, 1);
  expect(shortWay(table).takes(packet, GENERATION, NOW)).toBe(true);
  expect([...table.words.slice(table.of(FLOW_ID), table.of(FLOW_ID) + 3)]).toEqual([GENERATION, NOW + 120, StateBit.present | StateBit.answered]);
});
