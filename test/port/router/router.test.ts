/** A router's leg, both halves in this thread: what it answers, forwards, keeps back and says. Frames are literal or built apart. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkType } from '../../../src/memory/slot-layout.js';
import { clampMss } from '../../../src/port/router/clamp-mss.js';
import { DuplicateDetection } from '../../../src/port/router/duplicate-detection.js';
import { Fragmenter } from '../../../src/port/router/fragmenter.js';
import { MAX_ASKS, MAX_WAITING_EACH, NeighbourTable, REACHABLE_MS } from '../../../src/port/router/neighbour-table.js';
import { ERROR_BURST, ERRORS_PER_SECOND } from '../../../src/port/router/rate-limit.js';
import { RouteKind } from '../../../src/port/router/routes.js';
import { RouteTable } from '../../../src/port/router/route-table.js';
import type { AddressWords } from '../../../src/port/router/leg.js';
import { echo, ethernet, icmp, ip, onesSum, readIp, tcp, udp } from '../packets.js';
import { LegBench, PEER, arpFrame, leg, route, words } from './leg-bench.js';

const INSIDE = leg(['10.0.0.1/24', 'fd00::1/64'], { mac: 0x02_00_00_00_00_77 });
const OUTSIDE = leg(['198.51.100.1/24', '2001:db8::1/64'], { routes: [route('0.0.0.0/0', '198.51.100.254'), route('::/0', '2001:db8::fe')] });
const six = (tail: number, head = '2001:db8:0:0:0:0:0'): string => `${head}:${tail.toString(16)}`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const withTtl = (packet: Uint8Array, ttl: number): Uint8Array => {
  const out = packet.slice();
  if (packet[0] >> 4 === 6) out[7] = ttl;
  else {
    out[8] = ttl;
    out.set([0, 0], 10);
    const sum = onesSum(out.subarray(0, 20)) ^ 0xffff;
    out.set([sum >> 8, sum & 0xff], 10);
  }
  return out;
};
const request = udp(['10.0.0.2', 4000], ['192.0.2.9', 53], 'where');
const bench = (outside = OUTSIDE, shape = {}): LegBench => new LegBench(INSIDE, outside, shape);

describe('routes', () => {
  it('the longest prefix decides, as a search through all of them finds it', () => {
    const address = fc.tuple(fc.constantFrom(0, 0xfd000000), fc.constant(0), fc.constantFrom(0xffff, 5), fc.nat(0xffffffff).map((n) => n & 0x0f0f0f0f)).map((four) => four as AddressWords);
    const prefixes = fc.array(fc.tuple(address, fc.integer({ min: 0, max: 128 })), { minLength: 1, maxLength: 40 });
    const matches = (a: AddressWords, b: AddressWords, length: number): boolean => {
      const bits = (each: AddressWords): string => each.map((word) => word.toString(2).padStart(32, '0')).join('').slice(0, length);
      return bits(a) === bits(b);
    };
    fc.assert(fc.property(prefixes, fc.array(address, { minLength: 1, maxLength: 40 }), (list, asked) => {
      const routes = list.map(([each, length], k) => ({ words: each, length, via: [1, 2, 3, k] as AddressWords }));
      const table = new RouteTable([{ mac: 1, mtu: 1500, addresses: [], routes, clampMss: null, detectDuplicates: true }], 0);
      for (const each of [...asked, ...list.map(([prefix]) => prefix)]) {
        const best = routes.filter(({ words: prefix, length }) => matches(prefix, each, length)).sort((a, b) => b.length - a.length).at(0);
        const found = table.lookup(each[0] | 0, each[1] | 0, each[2] | 0, each[3] | 0);
        expect(found < 0 ? undefined : table.viaWord(found, 3)).toBe(best?.via[3]);
      }
    }));
  });

  it('know the router itself, broadcasts, and the networks of other legs', () => {
    const table = new RouteTable([INSIDE, OUTSIDE], 1);
    const kind = (text: string): number => {
      const [a, b, c, d] = words(text);
      return table.kind(table.lookup(a | 0, b | 0, c | 0, d | 0));
    };
    expect(['10.0.0.1', 'fd00::1', '198.51.100.1'].map(kind)).toEqual([RouteKind.local, RouteKind.local, RouteKind.local]);
    expect(['198.51.100.255', '198.51.100.7', '10.0.0.9', '8.8.8.8'].map(kind)).toEqual([RouteKind.broadcast, RouteKind.connected, RouteKind.elsewhere, RouteKind.via]);
  });
});

describe('a frame that arrives', () => {
  it('is answered when it asks by ARP for an address of the leg (RFC 826)', () => {
    const router = bench();
    expect(router.hears(arpFrame(1, PEER, 0xc63364fe, 0, 0xc6336401, 0xffffffffffff))).toBe('taken-by-router');
    expect(router.said.map(hex)).toEqual([`02000000009902000000000008060001080006040002020000000000c6336401020000000099c63364fe`]);
    expect(router.hears(arpFrame(1, PEER, 0xc63364fe, 0, 0xc6336402, 0xffffffffffff))).toBe('taken-by-router');
    expect(router.said).toHaveLength(1);
  });

  it('is answered when it solicits an address of the leg (RFC 4861), and for who has no address yet, to all', () => {
    const router = bench();
    const group = 'ff02:0:0:0:0:1:ff00:1';
    const body = (option: string): Uint8Array => Buffer.from(`20010db8000000000000000000000001${option}`, 'hex');
    const solicit = (source: string, option: string): Uint8Array => withTtl(icmp(source, group, 135, 0, 0, body(option)), 255);
    expect(router.hears(ethernet(solicit(six(0xfe), '0101020000000001')))).toBe('taken-by-router');
    expect(router.hears(ethernet(solicit('0:0:0:0:0:0:0:0', '')))).toBe('taken-by-router');
    const [answer, toAll] = router.said;
    expect(readIp(answer.slice(14))).toMatchObject({ from: six(1), to: six(0xfe), sound: true });
    expect(hex(answer.slice(0, 14))).toBe('02000000000102000000000086dd');
    expect(hex(answer.slice(54)).slice(0, 2) + hex(answer.slice(58, 62)) + hex(answer.slice(62))).toBe('88e0000000' + '20010db8000000000000000000000001' + '0201020000000000');
    expect(readIp(toAll.slice(14))).toMatchObject({ from: six(1), to: 'ff02:0:0:0:0:0:0:1', sound: true });
    expect(hex(toAll.slice(0, 6)) + hex(toAll.slice(58, 59))).toBe('333300000001a0');
    // From beyond the link nobody is believed.
    expect(router.hears(ethernet(withTtl(solicit(six(0xfe), '0101020000000001'), 64)))).toBe('not-routable');
    expect(router.said).toHaveLength(2);
  });

  it.each([['198.51.100.254', '198.51.100.1', 8], [six(0xfe), six(1), 128]])('from %s is answered when it pings %s', (from, to, type) => {
    const router = bench();
    expect(router.hears(ethernet(echo(from, to, type, 7)))).toBe('taken-by-router');
    const reply = router.said[0].slice(14);
    expect(readIp(reply)).toMatchObject({ from: to, to: from, sound: true });
    expect(reply[type === 8 ? 20 : 40]).toBe(type === 8 ? 0 : 129);
  });

  it('passes when a router forwards it, and when NAT may know it: all but pings to its own address', () => {
    const router = bench();
    const passing = [
      udp(['192.0.2.9', 53], ['198.51.100.1', 4000], 'here'), echo('192.0.2.9', '198.51.100.1', 0, 7), echo('192.0.2.9', '10.0.0.2', 8, 7),
      tcp([six(9), 80], [six(1), 4000], 0x12), udp([six(9), 80], [six(2, 'fd00:0:0:0:0:0:0'), 4000], 'x'),
    ];
    expect(passing.map((packet) => router.hears(ethernet(packet)))).toEqual(passing.map(() => 'pass'));
    expect(router.said).toEqual([]);
  });

  it('goes no further, by name, when no router forwards it', () => {
    const router = bench();
    const other = ethernet(request);
    other[5] = 0x42;
    const group = ethernet(request);
    group[0] = 1;
    const wrong = ethernet(request);
    wrong[14 + 11] ^= 1;
    const frames: [string, Uint8Array][] = [
      ['not-for-router', other], ['not-routable', group], ['ip-header-invalid', wrong], ['ip-header-invalid', ethernet(request).slice(0, 40)],
      ['not-routable', ethernet(udp(['127.0.0.1', 1], ['10.0.0.2', 2], 'x'))], ['not-routable', ethernet(udp(['192.0.2.9', 1], ['224.0.0.5', 2], 'x'))],
      ['not-routable', ethernet(udp(['198.51.100.1', 1], ['10.0.0.2', 2], 'x'))], ['not-routable', ethernet(udp(['fe80:0:0:0:0:0:0:9', 1], [six(2), 2], 'x'))],
      ['not-routable', Uint8Array.from([...ethernet(request).slice(0, 12), 0x81, 0, 0, 7, 8, 0, ...request])],
    ];
    for (const [reason, frame] of frames) expect([reason, router.hears(frame)]).toEqual([reason, reason]);
    expect(router.said).toEqual([]);
  });

  it('whatever its bytes, is judged without an error, and is as it was when it passes', () => {
    const router = bench();
    const head = fc.constantFrom('0200000000000200000000010800', '02000000000002000000000186dd', 'ffffffffffff0200000000010806', '33330000000102000000000186dd');
    const body = fc.tuple(fc.constantFrom(...[request, echo(six(9), six(1), 128, 1), arpFrame(1, PEER, 1, 0, 0xc6336401).slice(14)].map(hex)), fc.array(fc.tuple(fc.nat(59), fc.nat(255)), { maxLength: 6 }), fc.nat(60));
    fc.assert(fc.property(head, body, (link, [base, edits, cut]) => {
      const frame = Uint8Array.from(Buffer.from(link + base, 'hex'));
      for (const [at, value] of edits) if (14 + at < frame.length) frame[14 + at] = value;
      expect(router.hears(frame.slice(0, Math.max(1, frame.length - cut)))).toMatch(/^[a-z-]+$/);
    }), { numRuns: 500 });
  });
});

describe('a packet that is to leave', () => {
  it('waits until its next hop is known, keeps its order, and leaves with one TTL less', () => {
    const router = bench();
    const slots = ['one', 'two', 'three'].map((text) => router.transmit(ethernet(udp(['10.0.0.2', 4000], ['192.0.2.9', 53], text))));
    expect(router.turn()).toEqual([]);
    expect(router.egress.waiting).toBe(3);
    expect(router.said.map(hex)).toEqual([`ffffffffffff02000000000008060001080006040001020000000000c6336401000000000000c63364fe`]);
    router.answers('198.51.100.254');
    const sent = router.turn();
    expect(sent.map(({ slot, outcome }) => [slot, outcome])).toEqual(slots.map((slot) => [slot, 'sent']));
    expect(sent.map(({ bytes }) => readIp(bytes.slice(14)).payload)).toEqual(['one', 'two', 'three']);
    for (const { bytes } of sent) {
      expect(hex(bytes.slice(0, 14))).toBe('0200000000990200000000000800');
      expect([bytes[14 + 8], readIp(bytes.slice(14)).sound]).toEqual([63, true]);
    }
    expect(router.egress.waiting).toBe(0);
  });

  it('over IPv6 asks the group of its next hop, and believes the answer', () => {
    const router = bench();
    router.transmit(ethernet(udp([six(2, 'fd00:0:0:0:0:0:0'), 4000], ['2001:db8:1:0:0:0:0:9', 53], 'six')));
    expect(router.turn()).toEqual([]);
    const [question] = router.said;
    expect(hex(question.slice(0, 14))).toBe('3333ff0000fe02000000000086dd');
    expect(readIp(question.slice(14))).toMatchObject({ from: six(1), to: 'ff02:0:0:0:0:1:ff00:fe', sound: true });
    const answer = icmp(six(0xfe), six(1), 136, 0, 0x60000000, Buffer.from('20010db80000000000000000000000fe0201020000000099', 'hex'));
    expect(router.hears(ethernet(withTtl(answer, 255)))).toBe('taken-by-router');
    expect(router.turn().map(({ outcome, bytes }) => [outcome, hex(bytes.slice(0, 14)), bytes[14 + 7]])).toEqual([['sent', '02000000009902000000000086dd', 63]]);
  });

  it('over IPv6 takes an answer without an address for a confirmation, as Linux gives it to a question by unicast', () => {
    const router = bench();
    const tick = (): void => {
      router.transmit(ethernet(udp([six(2, 'fd00:0:0:0:0:0:0'), 4000], ['2001:db8:1:0:0:0:0:9', 53], 'six')));
      router.turn();
    };
    tick();
    const answer = (option: string): string => router.hears(ethernet(withTtl(icmp(six(0xfe), six(1), 136, 0, 0x40000000, Buffer.from(`20010db80000000000000000000000fe${option}`, 'hex')), 255)));
    answer('0201020000000001');
    router.turn();
    router.nowMs += REACHABLE_MS + 1;
    tick();
    expect(hex(router.said[1].slice(0, 6))).toBe('020000000001');
    answer('');
    for (let k = 0; k < 5; k++) {
      router.nowMs += 1000;
      tick();
    }
    expect(router.said).toHaveLength(2);
  });

  it('gets a link header where it had none, and loses one where the link has none', () => {
    const bare = bench();
    bare.transmit(request, LinkType.raw);
    bare.turn();
    bare.answers('198.51.100.254');
    expect(bare.turn().map(({ bytes }) => hex(bytes))).toEqual([hex(Uint8Array.from([...Buffer.from('0200000000990200000000000800', 'hex'), ...withTtl(request, 63)]))]);
    const tun = bench(OUTSIDE, { linkType: LinkType.raw });
    const padded = new Uint8Array(70);
    padded.set(ethernet(request));
    tun.transmit(padded);
    expect(tun.turn().map(({ outcome, bytes }) => [outcome, hex(bytes)])).toEqual([['sent', hex(withTtl(request, 63))]]);
  });

  it('makes room for later ones when too many wait, and is answered when the next hop stays silent', () => {
    const router = bench();
    for (let k = 0; k < MAX_WAITING_EACH; k++) router.transmit(ethernet(udp(['10.0.0.2', 4000], ['192.0.2.9', 53], `${k}`)));
    // 64 slots: at most one in eight waits.
    expect(router.turn().map(({ outcome }) => outcome)).toEqual(new Array(8).fill('dropped neighbour-queue-full'));
    for (let asked = 1; asked < MAX_ASKS; asked++) {
      router.nowMs += 1000;
      expect(router.turn()).toEqual([]);
      expect(router.said).toHaveLength(asked + 1);
    }
    router.nowMs += 1000;
    const over = router.turn();
    expect(over.map(({ outcome }) => outcome)).toEqual(new Array(8).fill('answered neighbour-unresolved'));
    expect(readIp(over[0].bytes.slice(14))).toMatchObject({ from: '10.0.0.1', to: '10.0.0.2', sound: true, quoted: { from: '10.0.0.2', to: '192.0.2.9' } });
    expect(hex(over[0].bytes.slice(34, 36))).toBe('0301');
    expect(router.egress.waiting).toBe(0);
    expect(router.said).toHaveLength(MAX_ASKS);
  });

  it.each([
    ['a TTL that ends', withTtl(request, 1), 'router-ttl', '0b00'],
    ['a hop limit that ends', withTtl(udp([six(2, 'fd00:0:0:0:0:0:0'), 1], ['2001:db8:1:0:0:0:0:9', 2], 'x'), 1), 'router-ttl', '0300'],
    ['no route', udp(['10.0.0.2', 1], ['10.0.0.77', 2], 'x'), 'router-no-route', '0300'],
    ['the router itself', tcp(['10.0.0.2', 1], ['198.51.100.1', 2], 2), 'router-destination', '0303'],
  ])('with %s is answered', (_, packet, reason, code) => {
    const router = bench();
    router.transmit(ethernet(packet));
    const [{ outcome, bytes }] = router.turn();
    expect(outcome).toBe(`answered ${reason}`);
    const read = readIp(bytes.slice(14));
    expect(read).toMatchObject({ sound: true, to: readIp(packet).from });
    expect(['10.0.0.1', six(1, 'fd00:0:0:0:0:0:0')]).toContain(read.from);
    const at = 14 + (packet[0] >> 4 === 4 ? 20 : 40);
    expect(hex(bytes.slice(at, at + 2))).toBe(code);
    expect(hex(bytes.slice(at + 8))).toBe(hex(packet));
    expect(hex(bytes.slice(0, 12))).toBe('020000000001020000000000');
  });

  it('that is too long is answered with the MTU, in an error no longer than it may be', () => {
    const router = bench(leg(['198.51.100.1/24', '2001:db8::1/64'], { mtu: 1400, routes: OUTSIDE.routes }));
    const four = udp(['10.0.0.2', 1], ['192.0.2.9', 2], 'x'.repeat(1460));
    four[6] = 0x40;
    router.transmit(ethernet(withTtl(four, 64)));
    router.transmit(ethernet(udp([six(2, 'fd00:0:0:0:0:0:0'), 1], ['2001:db8:1:0:0:0:0:9', 2], 'x'.repeat(1400))));
    const [a, b] = router.turn();
    expect([a.outcome, b.outcome]).toEqual(['answered mtu-exceeded', 'answered mtu-exceeded']);
    expect([hex(a.bytes.slice(34, 36)), hex(a.bytes.slice(38, 42)), a.bytes.length - 14]).toEqual(['0304', '00000578', 576]);
    expect([hex(b.bytes.slice(54, 56)), hex(b.bytes.slice(58, 62)), b.bytes.length - 14]).toEqual(['0200', '00000578', 1280]);
    expect([readIp(a.bytes.slice(14)).sound, readIp(b.bytes.slice(14)).sound]).toEqual([true, true]);
  });

  it('is not answered when it is an error itself, a later fragment, or from no single host; nor more often than allowed', () => {
    const router = bench();
    const error = withTtl(icmp('10.0.0.2', '192.0.2.9', 3, 1, 0, request), 1);
    const later = withTtl(ip('10.0.0.2', '192.0.2.9', 17, new Uint8Array(32), { fragment: 64 }), 1);
    for (const packet of [error, later, withTtl(udp(['0.0.0.0', 68], ['192.0.2.9', 67], 'x'), 1)]) router.transmit(ethernet(packet));
    expect(router.turn().map(({ outcome }) => outcome)).toEqual(new Array(3).fill('dropped router-ttl'));
    const answered = (): number => {
      let count = 0;
      for (let k = 0; k < 2 * ERROR_BURST; k++) {
        router.transmit(ethernet(withTtl(request, 1)));
        count += router.turn().filter(({ outcome }) => outcome.startsWith('answered')).length;
      }
      return count;
    };
    expect(answered()).toBe(ERROR_BURST);
    router.nowMs += 500;
    expect(answered()).toBe(ERRORS_PER_SECOND / 2);
  });

  it('a ping to another leg of the router is answered by way of the chain', () => {
    const router = bench();
    router.transmit(ethernet(echo('10.0.0.2', '198.51.100.1', 8, 7)));
    const [{ outcome, bytes }] = router.turn();
    expect(outcome).toBe('answered taken-by-router');
    expect(readIp(bytes.slice(14))).toMatchObject({ from: '198.51.100.1', to: '10.0.0.2', sound: true, payload: 'ping' });
  });

  it('leaves in fragments when it is too long and may', () => {
    const router = bench(leg(['198.51.100.1/24'], { mtu: 1400, routes: OUTSIDE.routes }));
    const text = Array.from({ length: 3000 }, (_, k) => String.fromCharCode(97 + (k % 26))).join('');
    router.transmit(ethernet(udp(['10.0.0.2', 1], ['192.0.2.9', 2], 'short')));
    router.transmit(ethernet(udp(['10.0.0.2', 1], ['192.0.2.9', 2], text)));
    router.turn();
    router.answers('198.51.100.254');
    expect(router.turn().map(({ outcome }) => outcome)).toEqual(['sent', 'sent']);
    const fragments = router.said.slice(1);
    expect(fragments.map((frame) => frame.length - 14)).toEqual([1396, 1396, 276]);
    expect(fragments.every((frame) => readIp(frame.slice(14)).sound)).toBe(true);
    expect(Buffer.concat(fragments.map((frame) => frame.slice(34))).subarray(8).toString()).toBe(text);
  });
});

describe('fragments', () => {
  it('put together are the packet, whatever its length, options and the MTU', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 68, max: 1500 }), fc.boolean(), fc.nat(1000), (length, mtu, hasOptions, before) => {
      const options = hasOptions ? [0x83, 3, 4, 1, 0x44, 4, 5, 0] : [];
      const header = 20 + options.length;
      const packet = new Uint8Array(header + length).map((_, k) => k * 7);
      packet.set([0x40 | (header / 4), 0, packet.length >> 8, packet.length & 0xff, 1, 2, before >> 8, before & 0xff, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, ...options]);
      const out = new Uint8Array(60);
      const fragmenter = new Fragmenter();
      const whole = new Uint8Array(length);
      fragmenter.begin(packet, 0, mtu);
      let isLast = false;
      for (let bytes = fragmenter.next(out, 0); bytes > 0; bytes = fragmenter.next(out, 0)) {
        expect(isLast).toBe(false);
        expect(bytes + fragmenter.payloadBytes).toBeLessThanOrEqual(mtu);
        expect([onesSum(out.subarray(0, bytes)), out[2] * 256 + out[3]]).toEqual([0xffff, bytes + fragmenter.payloadBytes]);
        const field = out[6] * 256 + out[7];
        isLast = (field & 0x2000) === 0;
        const at = ((field & 0x1fff) - before) * 8;
        // Only the option with the copied bit is in later ones.
        if (at > 0 && hasOptions) expect([...out.subarray(20, bytes)]).toEqual([0x83, 3, 4, 0]);
        whole.set(packet.subarray(fragmenter.payload, fragmenter.payload + fragmenter.payloadBytes), at);
      }
      expect(isLast).toBe(true);
      expect(Buffer.compare(whole, packet.subarray(header))).toBe(0);
    }));
  });
});

describe('the segment size of a SYN', () => {
  it('is lowered, never raised, and the checksum stays right, wherever the option lies', () => {
    const filler = fc.array(fc.constantFrom([1], [3, 3, 7], [4, 2], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8]), { maxLength: 3 });
    fc.assert(fc.property(filler, fc.nat(65535), fc.integer({ min: 536, max: 9000 }), fc.boolean(), (before, announced, most, isSyn) => {
      const options = [...before.flat(), 2, 4, announced >> 8, announced & 0xff];
      while (options.length % 4 !== 0) options.push(1);
      const segment = Uint8Array.from([0, 80, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, (5 + options.length / 4) << 4, isSyn ? 0x12 : 0x10, 1, 0, 0, 0, 0, 0, ...options, 42]);
      const sum = onesSum(segment) ^ 0xffff;
      segment.set([sum >> 8, sum & 0xff], 16);
      clampMss(segment, 0, segment.length, most, false);
      const at = 20 + before.flat().length + 2;
      expect(segment[at] * 256 + segment[at + 1]).toBe(isSyn ? Math.min(announced, most) : announced);
      expect(onesSum(segment)).toBe(0xffff);
    }));
  });

  it('fits the smaller MTU of both legs, for both versions', () => {
    const router = new LegBench(leg(['10.0.0.1/24', 'fd00::1/64'], { mtu: 1380 }), leg(['198.51.100.1/24', '2001:db8::1/64'], { clampMss: 'auto', routes: OUTSIDE.routes }), { linkType: LinkType.raw });
    const mss = [2, 4, 5, 0x78];
    for (const [from, to] of [['10.0.0.2', '192.0.2.9'], [six(2, 'fd00:0:0:0:0:0:0'), '2001:db8:1:0:0:0:0:9']] as const) {
      const plain = tcp([from, 1], [to, 80], 2, Buffer.from(mss).toString('latin1'));
      plain[(from.includes('.') ? 20 : 40) + 12] = 0x60;
      router.transmit(ethernet(plain));
    }
    expect(router.turn().map(({ bytes }) => hex(bytes.slice(-4)))).toEqual(['0204053c', '02040528']);
  });
});

describe('an address that somebody else may have (RFC 4862 section 5.4)', () => {
  const group = 'ff02:0:0:0:0:1:ff00:1';
  const target = (rest: string): Uint8Array => Buffer.from(`20010db8000000000000000000000001${rest}`, 'hex');
  const heard = (packet: Uint8Array, hops = 255): string | null => {
    const detection = new DuplicateDetection(OUTSIDE);
    const frame = ethernet(withTtl(packet, hops));
    detection.hear(frame, 0, frame.length);
    return detection.conflict;
  };

  it('is asked for without a source and without an option, for IPv6 alone', () => {
    const said: Uint8Array[] = [];
    const outlet = { send: (bytes: Uint8Array, start: number, length: number) => void said.push(bytes.slice(start, start + length)), sendPieces: () => false };
    new DuplicateDetection(OUTSIDE).ask(outlet);
    // The address that was given, and the link-local one.
    expect(said).toHaveLength(2);
    expect(readIp(said[0].slice(14))).toMatchObject({ from: '0:0:0:0:0:0:0:0', to: group, sound: true });
    expect([hex(said[0].slice(0, 6)), said[0].length, said[0][21], hex(said[0].slice(62))]).toEqual(['3333ff000001', 14 + 40 + 24, 255, hex(target(''))]);
    expect(new DuplicateDetection(leg(['10.0.0.1/24'])).isEmpty).toBe(false); // its link-local address
  });

  it('is taken when it is answered for, or asked for by another host; not for what anybody else says', () => {
    const answer = icmp(six(1), 'ff02:0:0:0:0:0:0:1', 136, 0, 0xa0000000, target('0201020000000009'));
    const probe = icmp('0:0:0:0:0:0:0:0', group, 135, 0, 0, target(''));
    expect(heard(answer)).toMatch(/^2001:db8::1 is in use on its link, by the host with the hardware address ..:/);
    expect(heard(probe)).toContain('2001:db8::1 is in use');
    expect(heard(answer, 64)).toBeNull();
    // A question of a host that looks for a neighbour claims nothing, nor does an answer for another address.
    expect(heard(icmp(six(9), group, 135, 0, 0, target('0101020000000009')))).toBeNull();
    expect(heard(icmp(six(9), 'ff02:0:0:0:0:0:0:1', 136, 0, 0xa0000000, Buffer.from(`20010db80000000000000000000000090201020000000009`, 'hex')))).toBeNull();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      new DuplicateDetection(OUTSIDE).hear(bytes, 0, bytes.length);
    }));
  });
});

describe('neighbours', () => {
  /** A table with what it said, as text. */
  function table(capacity = 4): { neighbours: NeighbourTable; said: string[] } {
    const said: string[] = [];
    const neighbours = new NeighbourTable({
      ask: (entry, unicast) => said.push(`ask ${neighbours.word(entry, 3)}${unicast ? ' itself' : ''}`),
      resolved: (entry, address) => said.push(`resolved ${neighbours.word(entry, 3)}: ${address}`),
      failed: (address) => said.push(`failed ${address}`),
      crowdedOut: (address) => said.push(`crowded out ${address}`),
    }, 64, (address) => address, 40, capacity);
    return { neighbours, said };
  }
  const answer = (neighbours: NeighbourTable, w3: number, now: number, mac = 7): void => { neighbours.learn(0, 0, 0xffff, w3, 2, mac, true, true, false, now); };

  it('are asked whether they still hold, used meanwhile, and forgotten when they do not answer', () => {
    const { neighbours, said } = table();
    neighbours.use(0, 0, 0xffff, 1, 0);
    answer(neighbours, 1, 10);
    const late = 11 + REACHABLE_MS;
    const entry = neighbours.use(0, 0, 0xffff, 1, late);
    expect([neighbours.isKnown(entry), said]).toEqual([true, ['ask 1', 'ask 1 itself']]);
    answer(neighbours, 1, late + 5);
    neighbours.passTime(late + 5000);
    expect([neighbours.nextAt, said.length]).toEqual([Infinity, 2]);
    neighbours.use(0, 0, 0xffff, 1, late + REACHABLE_MS + 10);
    for (let k = 1; k <= MAX_ASKS; k++) neighbours.passTime(late + REACHABLE_MS + 10 + k * 1000);
    expect([neighbours.count, said.length]).toEqual([0, 2 + MAX_ASKS]);
  });

  it('that nobody asked for are not learnt, but for those that ask us, and these fill half of the table', () => {
    const { neighbours } = table(8);
    answer(neighbours, 9, 0);
    expect(neighbours.count).toBe(0);
    for (let k = 0; k < 100; k++) neighbours.learn(0, 0, 0xffff, k, 2, k, false, true, true, 0);
    expect(neighbours.count).toBe(4);
    for (let k = 1000; k < 1010; k++) neighbours.use(0, 0, 0xffff, k, k);
    expect(neighbours.count).toBe(8);
  });

  it('are bounded, and so are the packets that wait for them, whatever happens', () => {
    const step = fc.record({ what: fc.constantFrom('use', 'answer', 'time'), host: fc.nat(12) });
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { neighbours, said } = table();
      const free = Array.from({ length: 64 }, (_, k) => k);
      const held = new Set<number>();
      let now = 0;
      let seen = 0;
      for (const { what, host } of steps) {
        now += 100;
        if (what === 'answer') answer(neighbours, host, now);
        else if (what === 'time') neighbours.passTime((now += 900));
        else {
          const entry = neighbours.use(0, 0, 0xffff, host, now);
          if (entry >= 0 && !neighbours.isKnown(entry) && free.length > 0) {
            const slot = free.pop()!;
            if (neighbours.wait(entry, slot)) held.add(slot);
            else free.push(slot);
          }
        }
        for (; seen < said.length; seen++) {
          const slot = Number(/^(?:resolved \d+:|failed|crowded out) (\d+)$/.exec(said[seen])?.[1] ?? NaN);
          if (Number.isNaN(slot)) continue;
          expect(held.delete(slot)).toBe(true);
          free.push(slot);
        }
        expect(neighbours.waiting).toBe(held.size);
        expect(neighbours.count).toBeLessThanOrEqual(4);
      }
      for (let k = 0; k <= MAX_ASKS; k++) neighbours.passTime((now += 2000));
      expect(neighbours.waiting).toBe(0);
    }));
  });
});
