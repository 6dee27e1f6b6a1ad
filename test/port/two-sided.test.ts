import { describe, expect, it } from 'vitest';
import { parsePacket } from '../../src/packet/parse.js';
import { LEAD_SECONDS, type TwoSidedOptions, TwoSidedCapture } from '../../src/port/capture/two-sided.js';
import type { TwoSidedFace } from '../../src/port/capture/two-sided-face.js';
import { echo, type End, ethernet, icmp, ip, readIp, type Read, tcp, udp, udpSegment } from './packets.js';
import { countsOf, headerField, join8, memoryOf, packetAt, pcap, tempFile } from './support.js';

const client: End = ['10.0.0.5', 40000];
const server: End = ['93.184.216.34', 80];
const SYN = 2;
const SYN_ACK = 18;
const ACK = 16;

interface Arrived extends Read {
  side: 'inside' | 'outside';
  address: number;
  bytes: Uint8Array;
}

/** A capture between two ports, and hands that do what a manager with a chain would do. */
class Bench {
  readonly memory = memoryOf(64);
  readonly capture: TwoSidedCapture;
  readonly faces: Record<'inside' | 'outside', TwoSidedFace>;
  readonly counts = { inside: countsOf(), outside: countsOf() };
  readonly free = [...this.memory.addresses];
  readonly sent: Arrived[] = [];

  constructor(packets: readonly Uint8Array[], options: Omit<TwoSidedOptions, 'path'> = {}, linkType = 1, secondsOf: (at: number) => number = () => 1) {
    const path = tempFile('sides.pcap', pcap(packets.map((bytes, at) => ({ bytes, seconds: secondsOf(at) })), { linkType }));
    this.capture = new TwoSidedCapture({ path, ...options }, this.memory);
    this.faces = { inside: this.capture.face('inside', {}, this.counts.inside), outside: this.capture.face('outside', {}, this.counts.outside) };
  }

  /** What one side hands over now. */
  receive(side: 'inside' | 'outside', max = 16): Arrived[] {
    const slots = Uint32Array.from(this.free.slice(0, max));
    const used = this.faces[side].receive(slots, slots.length);
    this.free.splice(0, used);
    return [...slots.subarray(0, used)].map((address) => {
      const at = address + headerField(this.memory, address, 'dataOffset', 4);
      parsePacket(this.memory.region, at, headerField(this.memory, address, 'length', 4), this.memory.headers, this.memory.slotIndex(address)); // as the manager does
      return this.#arrived(side, address);
    });
  }

  #arrived(side: 'inside' | 'outside', address: number): Arrived {
    const bytes = packetAt(this.memory, address);
    const start = headerField(this.memory, address, 'linkType', 1) === 101 ? 0 : 14;
    return { side, address, bytes, ...readIp(bytes.subarray(start)) };
  }

  /** The packet leaves on the other side, changed by `translate`, and is home. */
  forward(packet: Arrived, translate?: (bytes: Uint8Array) => Uint8Array): void {
    const other = packet.side === 'inside' ? 'outside' : 'inside';
    const start = packet.address + headerField(this.memory, packet.address, 'dataOffset', 4);
    if (translate !== undefined) this.memory.region.set(translate(packet.bytes), start);
    this.faces[other].transmit(Uint32Array.of(packet.address), 1);
    this.sent.push(this.#arrived(packet.side, packet.address));
    const out = new Uint32Array(4);
    expect(this.faces[other].complete(out, 4)).toBe(1);
    this.drop(packet);
  }

  /** The packet is home, however. */
  drop(packet: Arrived): void {
    this.faces[packet.side].settled(packet.address);
    this.free.push(packet.address);
  }

  get exhausted(): boolean {
    expect(this.faces.inside.exhausted).toBe(this.faces.outside.exhausted);
    return this.faces.inside.exhausted;
  }
}

const natted: End = ['203.0.113.1', 50001];
/** Sends the same packet from another end. */
const from = (make: (end: End) => Uint8Array, end: End = natted) => (): Uint8Array => make(end);

describe('hold', () => {
  it('keeps a reply back until the packet before it is home, and addresses it to the translation', () => {
    const bench = new Bench([
      ethernet(tcp(client, server, SYN)),
      ethernet(tcp(server, client, SYN_ACK)),
      ethernet(tcp(client, server, ACK)),
    ]);
    const [syn] = bench.receive('inside');
    expect(bench.receive('outside')).toEqual([]);
    expect(bench.exhausted).toBe(false);
    bench.forward(syn, from((end) => ethernet(tcp(end, server, SYN))));
    expect(bench.receive('inside')).toEqual([]);
    const [answer] = bench.receive('outside');
    expect(answer).toMatchObject({ from: server[0], to: natted[0], ports: [80, 50001], sound: true });
    expect(headerField(bench.memory, answer.address, 'timestampSeconds', 4)).toBe(1);
    bench.forward(answer, () => ethernet(tcp(server, client, SYN_ACK)));
    const [last] = bench.receive('inside');
    expect(last).toMatchObject({ from: client[0], to: server[0], ports: [40000, 80], sound: true });
    bench.forward(last);
    expect(bench.exhausted).toBe(true);
  });

  it('lets a reply go when the packet before it was dropped, as it was recorded', () => {
    const bench = new Bench([ethernet(udp(client, server, 'a')), ethernet(udp(server, client, 'b'))]);
    bench.drop(bench.receive('inside')[0]);
    expect(bench.receive('outside')[0]).toMatchObject({ to: client[0], ports: [80, 40000], sound: true });
  });

  it('lets packets of one direction go together, and the other direction wait for all of them', () => {
    const bench = new Bench([
      ...['1', '2', '3'].map((text) => ethernet(udp(client, server, text))),
      ...['a', 'b'].map((text) => ethernet(udp(server, client, text))),
      ethernet(udp(client, server, '4')),
    ]);
    const requests = bench.receive('inside');
    expect(requests.map((packet) => packet.payload)).toEqual(['1', '2', '3']);
    for (const at of [2, 0]) {
      bench.forward(requests[at]);
      expect(bench.receive('outside')).toEqual([]);
    }
    bench.drop(requests[1]);
    const answers = bench.receive('outside');
    expect(answers.map((packet) => packet.payload)).toEqual(['a', 'b']);
    expect(bench.receive('inside')).toEqual([]);
    bench.forward(answers[0]);
    expect(bench.receive('inside')).toEqual([]);
    bench.forward(answers[1]);
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual(['4']);
  });

  it('holds no connection up for another', () => {
    const other: End = ['10.0.0.6', 1];
    const bench = new Bench([
      ethernet(udp(client, server, '1')),
      ethernet(udp(server, client, 'held')),
      ethernet(udp(other, server, '2')),
      ethernet(udp(server, other, 'answer to 2')),
    ]);
    const [first, second] = bench.receive('inside');
    bench.forward(second);
    const [answer] = bench.receive('outside');
    expect(answer.payload).toBe('answer to 2');
    bench.forward(first);
    expect(bench.receive('outside')[0].payload).toBe('held');
  });

  it('uses the translation that was seen last', () => {
    const bench = new Bench([
      ethernet(udp(client, server, '1')), ethernet(udp(server, client, 'a')), ethernet(udp(client, server, '2')), ethernet(udp(server, client, 'b')),
    ]);
    for (const [port, text, answer] of [[50001, '1', 'a'], [50777, '2', 'b']] as const) {
      bench.forward(bench.receive('inside')[0], from((end) => ethernet(udp(end, server, text)), [natted[0], port]));
      const [reply] = bench.receive('outside');
      expect(reply).toMatchObject({ payload: answer, to: natted[0], ports: [80, port], sound: true });
      bench.forward(reply, () => ethernet(udp(server, client, answer)));
    }
    expect(bench.receive('inside')).toEqual([]);
    expect(bench.exhausted).toBe(true);
  });

  it('learns whichever address or port was changed, alone, and that none is changed any more', () => {
    const changed: [End, End][] = [[['10.0.0.6', 40000], server], [['10.0.0.5', 40001], server], [client, ['93.184.216.35', 80]], [client, ['93.184.216.34', 81]]];
    const seen = changed.flatMap((ends): [End, End][] => [ends, [client, server]]);
    for (const protocol of ['udp', 'tcp'] as const) {
      const packet = (source: End, destination: End): Uint8Array => ethernet(protocol === 'udp' ? udp(source, destination, 'q') : tcp(source, destination, ACK));
      const bench = new Bench(seen.flatMap(() => [packet(client, server), packet(server, client)]));
      for (const [source, destination] of seen) {
        bench.forward(bench.receive('inside')[0], () => packet(source, destination));
        const [reply] = bench.receive('outside');
        expect(reply).toMatchObject({ from: destination[0], to: source[0], ports: [destination[1], source[1]], sound: true });
        bench.forward(reply, () => packet(server, client));
      }
      expect(bench.exhausted).toBe(true);
    }
  });

  it('learns nothing from an answer that goes back where its question came from', () => {
    const bench = new Bench([ethernet(udp(client, server, '1')), ethernet(udp(server, client, 'a'))]);
    const [first] = bench.receive('inside');
    // Rewritten in place by a network function and sent out of the port that received it.
    const start = first.address + headerField(bench.memory, first.address, 'dataOffset', 4);
    bench.memory.region.set(ethernet(udp(['9.9.9.9', 9], client, 'x')), start);
    bench.faces.inside.transmit(Uint32Array.of(first.address), 1);
    bench.drop(first);
    expect(bench.receive('outside')[0]).toMatchObject({ from: server[0], to: client[0], sound: true });
  });

  it('ignores addresses that it never filled', () => {
    const bench = new Bench([ethernet(udp(client, server, '1')), ethernet(udp(server, client, 'a'))]);
    bench.receive('inside');
    bench.faces.inside.settled(bench.memory.addresses[40]);
    bench.faces.outside.settled(bench.memory.addresses[40]);
    bench.faces.outside.transmit(bench.memory.addresses.subarray(40, 41), 1);
    expect(bench.receive('outside')).toEqual([]);
  });
});

describe('sides', () => {
  const outsider: End = ['198.51.100.7', 5555];
  it('takes the receiver of a SYN+ACK for the opener', () => {
    const bench = new Bench([ethernet(tcp(server, client, SYN_ACK)), ethernet(tcp(client, server, ACK))]);
    expect(bench.receive('inside')).toEqual([]);
    const [answer] = bench.receive('outside');
    expect(answer.from).toBe(server[0]);
    bench.forward(answer);
    expect(bench.receive('inside')[0].from).toBe(client[0]);
  });

  it('goes by prefix when exactly one end is inside, else by who opened', () => {
    const bench = new Bench([
      ethernet(udp(outsider, client, 'from outside')),
      ethernet(udp(['10.0.0.1', 1], ['10.0.0.2', 2], 'both inside')),
      ethernet(udp(['1.1.1.1', 1], ['2.2.2.2', 2], 'none inside')),
      ethernet(udp(['fd00:0:0:0:0:0:0:1', 1], ['2001:db8:0:0:0:0:0:1', 2], 'six')),
      ethernet(udp(['2001:db8:0:0:0:0:0:1', 3], ['fd00:0:0:0:0:0:0:1', 2], 'six from outside')),
    ], { inside: ['10.0.0.0/8', 'fd00::/8'] });
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual(['both inside', 'none inside', 'six']);
    expect(bench.receive('outside').map((packet) => packet.payload)).toEqual(['from outside', 'six from outside']);
  });

  it('lets inside answers to connections opened from outside go as they are, and learns a translation on either side', () => {
    const bench = new Bench([
      ethernet(udp(outsider, client, 'q')), ethernet(udp(client, outsider, 'a')), ethernet(udp(outsider, client, 'q2')),
    ], { inside: ['10.0.0.0/8'] });
    const [question] = bench.receive('outside');
    expect(bench.receive('inside')).toEqual([]);
    bench.forward(question);
    const [answer] = bench.receive('inside');
    expect(answer).toMatchObject({ from: client[0], to: outsider[0], ports: [40000, 5555] });
    bench.forward(answer, () => ethernet(udp(natted, outsider, 'a')));
    expect(bench.receive('outside')[0]).toMatchObject({ payload: 'q2', from: outsider[0], to: natted[0], ports: [5555, 50001], sound: true });
  });

  it('answers from the end to which a forwarded port led', () => {
    const bench = new Bench([ethernet(udp(outsider, client, 'q')), ethernet(udp(client, outsider, 'a'))], { inside: ['10.0.0.0/8'] });
    bench.forward(bench.receive('outside')[0], () => ethernet(udp(outsider, ['10.9.9.9', 8080], 'q')));
    expect(bench.receive('inside')[0]).toMatchObject({ from: '10.9.9.9', to: outsider[0], ports: [8080, 5555], sound: true });
  });

  it('takes what is not IP from the side where its station was seen last, else from the inside', () => {
    const arp = (mac: number): Uint8Array => {
      const frame = ethernet(new Uint8Array(46), mac);
      frame.set([0x08, 0x06], 12);
      return frame;
    };
    const bench = new Bench([
      arp(9), ethernet(udp(client, server, '1'), 1), ethernet(udp(server, client, '2'), 2), arp(2), arp(1),
    ]);
    const inside = bench.receive('inside');
    expect(inside.map((packet) => packet.bytes[11])).toEqual([9, 1, 1]);
    // ARP waits for nobody: only the reply is held.
    expect(bench.receive('outside').map((packet) => packet.bytes[11])).toEqual([2]);
  });

  it('takes what is not IP from the other side once its station was seen there', () => {
    const arp = ethernet(new Uint8Array(46), 7);
    arp.set([0x08, 0x06], 12);
    const before = ethernet(udp(client, server, '1'), 7);
    const moved = ethernet(udp(server, ['10.0.0.9', 1], '2'), 7);
    const bench = new Bench([before, arp, moved, arp, before, arp], { inside: ['10.0.0.0/8'] });
    expect(bench.receive('inside')).toHaveLength(4);
    expect(bench.receive('outside')).toHaveLength(2);
  });

  it('learns a station anew after all of them were forgotten', () => {
    const arp = ethernet(new Uint8Array(46), 7);
    arp.set([0x08, 0x06], 12);
    const reply = ethernet(udp(server, ['10.0.0.9', 3], 'r'), 7);
    const many = Array.from({ length: 4096 }, (_, k) => ethernet(udp(client, server, 'q'), 1000 + k));
    const bench = new Bench([reply, ...many, reply, arp], { inside: ['10.0.0.0/8'] });
    const counts = { inside: 0, outside: 0 };
    while (!bench.exhausted) {
      for (const side of ['inside', 'outside'] as const) {
        for (const packet of bench.receive(side)) {
          counts[side]++;
          bench.drop(packet);
        }
      }
    }
    expect(counts).toEqual({ inside: 4096, outside: 3 });
  });

  it('refuses a prefix that is none', () => {
    for (const inside of ['10.0.0.0/33', 'x', '10.0.0.0/', '10.0.0.0/8/9', 'fd00::/129']) {
      expect(() => new Bench([], { inside: [inside] })).toThrow(RangeError);
    }
  });
});

describe('re-addressing', () => {
  it('translates the identifier of ping replies, over IPv4 and IPv6', () => {
    for (const [inside, outside, external, request] of [
      ['10.0.0.5', '8.8.8.8', '203.0.113.1', 8],
      ['fd00:0:0:0:0:0:0:5', '2001:db8:0:0:0:0:0:8', '2001:db8:ffff:0:0:0:0:1', 128],
    ] as const) {
      const reply = request === 8 ? 0 : 129;
      const bench = new Bench([ethernet(echo(inside, outside, request, 77)), ethernet(echo(outside, inside, reply, 77))]);
      bench.forward(bench.receive('inside')[0], () => ethernet(echo(external, outside, request, 61234)));
      expect(bench.receive('outside')[0]).toMatchObject({ from: outside, to: external, ports: [61234, 0], sound: true });
    }
  });

  it('mends checksums of TCP and UDP over IPv6', () => {
    const six: End = ['fd00:0:0:0:0:0:0:5', 4000];
    const far: End = ['2001:db8:0:0:0:0:0:8', 443];
    const external: End = ['2001:db8:ffff:0:0:0:0:1', 61000];
    for (const make of [(a: End, b: End) => ethernet(tcp(a, b, ACK, 'odd')), (a: End, b: End) => ethernet(udp(a, b, 'odd'))]) {
      const bench = new Bench([make(six, far), make(far, six)]);
      bench.forward(bench.receive('inside')[0], () => make(external, far));
      expect(bench.receive('outside')[0]).toMatchObject({ from: far[0], to: external[0], ports: [443, 61000], sound: true });
    }
  });

  it('leaves a UDP checksum of zero alone, and a wrong one wrong', () => {
    for (const checksum of [[0, 0], [0x12, 0x34]]) {
      const answer = ethernet(udp(server, client, 'b'));
      answer.set(checksum, 14 + 20 + 6);
      const bench = new Bench([ethernet(udp(client, server, 'a')), answer]);
      bench.forward(bench.receive('inside')[0], from((end) => ethernet(udp(end, server, 'a'))));
      const [got] = bench.receive('outside');
      expect([got.to, got.sound]).toEqual([natted[0], checksum[0] === 0]);
      if (checksum[0] === 0) expect([...got.bytes.subarray(40, 42)]).toEqual([0, 0]);
    }
  });

  for (const [name, router] of [['a router', '192.0.2.99'], ['the other end', server[0]]] as const) {
    it(`translates an ICMP error from ${name}, and what it quotes`, () => {
      const sentUdp = udp(client, server, 'hello');
      const bench = new Bench([ethernet(sentUdp), ethernet(icmp(router, client[0], 3, 3, 0, sentUdp))]);
      const [first] = bench.receive('inside');
      expect(bench.receive('outside')).toEqual([]);
      bench.forward(first, from((end) => ethernet(udp(end, server, 'hello'))));
      const [error] = bench.receive('outside');
      expect(error).toMatchObject({ from: router, to: natted[0], sound: true });
      expect(error.quoted).toMatchObject({ from: natted[0], to: server[0], ports: [50001, 80], sound: true });
      // The quoted checksum is that of the packet as it was sent outside.
      expect([...error.bytes.subarray(14 + 20 + 8 + 20, 14 + 20 + 8 + 28)]).toEqual([...udpSegment(natted, server, Buffer.from('hello')).subarray(0, 8)]);
    });
  }

  it('translates ICMPv6 errors and quoted pings', () => {
    const inside = 'fd00:0:0:0:0:0:0:5';
    const far = '2001:db8:0:0:0:0:0:8';
    const external = '2001:db8:ffff:0:0:0:0:1';
    const ping = echo(inside, far, 128, 7);
    const bench = new Bench([ethernet(ping), ethernet(icmp('2001:db8:0:0:0:0:0:1', inside, 3, 0, 0, ping))]);
    bench.forward(bench.receive('inside')[0], () => ethernet(echo(external, far, 128, 900)));
    const [error] = bench.receive('outside');
    expect(error).toMatchObject({ to: external, sound: true, quoted: { from: external, to: far, ports: [900, 0] } });
  });

  it('mends an error whose quote ends after eight bytes of the upper header', () => {
    const sentTcp = tcp(client, server, SYN);
    const bench = new Bench([ethernet(sentTcp), ethernet(icmp('192.0.2.99', client[0], 11, 0, 0, sentTcp.subarray(0, 28)))]);
    bench.forward(bench.receive('inside')[0], from((end) => ethernet(tcp(end, server, SYN))));
    expect(bench.receive('outside')[0]).toMatchObject({ to: natted[0], sound: true, quoted: { from: natted[0], ports: [50001, 80] } });
  });

  it('lets an error of the inside about an outside packet go from the inside', () => {
    const question = udp(server, client, 'q');
    const bench = new Bench([ethernet(question), ethernet(icmp(client[0], server[0], 3, 3, 0, question))], { inside: ['10.0.0.0/8'] });
    bench.forward(bench.receive('outside')[0]);
    expect(bench.receive('inside')[0]).toMatchObject({ from: client[0], to: server[0], sound: true, quoted: { from: server[0], to: client[0] } });
  });

  it('takes later fragments along with their first one', () => {
    const segment = udpSegment(server, client, Buffer.from('x'.repeat(64)));
    const parts = (to: string): Uint8Array[] => [
      ethernet(ip(server[0], to, 17, segment.subarray(0, 40), { id: 7, more: true })),
      ethernet(ip(server[0], to, 17, segment.subarray(40), { id: 7, fragment: 40 })),
    ];
    const bench = new Bench([ethernet(udp(client, server, 'a')), ...parts(client[0]), ethernet(udp(client, server, 'b'))]);
    bench.forward(bench.receive('inside')[0], from((end) => ethernet(udp(end, server, 'a'))));
    const fragments = bench.receive('outside');
    expect(fragments.map((packet) => [packet.to, packet.sound])).toEqual([[natted[0], true], [natted[0], true]]);
    expect(fragments[0].ports).toEqual([80, 50001]);
    // Put together again they are the datagram to the translated end, and its checksum holds.
    const whole = join8(...fragments.map((packet) => packet.bytes.subarray(34)));
    expect(readIp(ip(server[0], natted[0], 17, whole))).toMatchObject({ sound: true, ports: [80, 50001] });
    bench.forward(fragments[0]);
    expect(bench.receive('inside')).toEqual([]);
    bench.drop(fragments[1]);
    expect(bench.receive('inside')[0].payload).toBe('b');
  });

  it('works on raw IP', () => {
    const bench = new Bench([udp(client, server, 'a'), udp(server, client, 'b')], {}, 101);
    bench.forward(bench.receive('inside')[0], from((end) => udp(end, server, 'a')));
    expect(bench.receive('outside')[0]).toMatchObject({ to: natted[0], ports: [80, 50001], sound: true });
  });
});

describe('the window', () => {
  const conversation = (rounds: number): Uint8Array[] =>
    Array.from({ length: rounds }, (_, k) => [ethernet(udp(client, server, `q${k}`)), ethernet(udp(server, client, `a${k}`))]).flat();

  it('stops reading when it is full of records, and goes on when something settles', () => {
    const bench = new Bench([...conversation(40), ethernet(udp(['10.0.0.9', 9], server, 'late'))], { windowRecords: 16 });
    const [first] = bench.receive('inside');
    expect(bench.receive('inside')).toEqual([]);
    expect(bench.capture.highWaterRecords).toBe(16);
    let packet: Arrived | undefined = first;
    const order: string[] = [];
    const late: Arrived[] = [];
    while (packet !== undefined) {
      order.push(packet.payload);
      bench.forward(packet);
      const next = [...bench.receive('outside'), ...bench.receive('inside')];
      late.push(...next.filter((each) => each.payload === 'late'));
      packet = next.find((each) => each.payload !== 'late');
    }
    expect(order).toEqual(Array.from({ length: 40 }, (_, k) => [`q${k}`, `a${k}`]).flat());
    expect(late).toHaveLength(1);
    expect(bench.exhausted).toBe(true);
  });

  it('stops reading when it is full of bytes', () => {
    // 4000 held records of 1 kB are more than a window of 512 KiB; the buffer holds twice that at most.
    const held = Array.from({ length: 4000 }, (_, k) => ethernet(udp(server, client, `${k}`.padEnd(1000, '.'))));
    const bench = new Bench([ethernet(udp(client, server, 'q')), ...held], { windowBytes: 512 * 1024 });
    const [first] = bench.receive('inside');
    for (let k = 0; k < 100; k++) expect(bench.receive('inside')).toEqual([]);
    expect(bench.capture.highWaterRecords).toBeLessThan(1100);
    bench.forward(first);
    let got = 0;
    for (let turn = 0; turn < 1000 && !bench.exhausted; turn++) {
      for (const packet of bench.receive('outside')) {
        expect(packet.payload).toBe(`${got++}`.padEnd(1000, '.'));
        bench.forward(packet);
      }
    }
    expect(got).toBe(4000);
  });

  it('counts records longer than a slot as dropped, and lets the reply to them go', () => {
    const bench = new Bench([
      ethernet(udp(client, server, 'x'.repeat(3000))), ethernet(udp(server, client, 'y'.repeat(3000))), ethernet(udp(client, server, 'z')),
    ]);
    for (let turn = 0; turn < 2; turn++) expect(bench.receive('outside')).toEqual([]);
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual([]);
    expect(bench.receive('outside')).toEqual([]);
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual(['z']);
    expect([bench.counts.inside.ingress.length, bench.counts.outside.ingress.length]).toEqual([1, 1]);
  });

  it('forgets the connection that was quiet the longest, and waits while none is', () => {
    const packets = Array.from({ length: 6 }, (_, k) => ethernet(udp(['10.0.0.1', k], server, `${k}`)));
    const bench = new Bench(packets, { connections: 4 });
    const first = bench.receive('inside');
    expect(first).toHaveLength(4);
    expect(bench.receive('inside')).toEqual([]);
    bench.drop(first[2]);
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual(['4']);
    for (const at of [0, 1]) bench.drop(first[at]);
    expect(bench.receive('inside').map((packet) => packet.payload)).toEqual(['5']);
  });

  it('does not run ahead in time while a reply waits, lest its connection times out behind a clock that ran on', () => {
    const hour = 3600;
    const packets = [
      ethernet(udp(client, server, 'q')), ethernet(udp(server, client, 'a')), ethernet(udp(['10.0.0.9', 9], server, 'soon')),
      ethernet(udp(['10.0.0.9', 10], server, 'later')), ethernet(udp(['10.0.0.9', 11], server, 'before')),
    ];
    const bench = new Bench(packets, {}, 1, (at) => [hour, hour, hour + LEAD_SECONDS, 2 * hour, hour][at]);
    const names = (side: 'inside' | 'outside'): string[] => bench.receive(side).map((packet) => {
      bench.forward(packet);
      return packet.payload;
    });
    expect(names('inside')).toEqual(['q', 'soon']);
    expect(names('inside')).toEqual([]);
    expect(bench.exhausted).toBe(false);
    expect(names('outside')).toEqual(['a']);
    expect(names('outside')).toEqual([]);
    expect(names('inside')).toEqual(['later', 'before']);
    expect(names('inside')).toEqual([]);
    expect(bench.exhausted).toBe(true);
  });
});
