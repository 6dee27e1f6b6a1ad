import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TwoSidedCapture } from '../../src/port/capture/two-sided.js';
import { echo, type End, ethernet, ip, readIp, tcp, udp } from './packets.js';
import { countsOf, headerField, memoryOf, packetAt, pcap, tempFile } from './support.js';

type Name = 'inside' | 'outside';
type Kind = 'tcp' | 'udp' | 'ping';
const kinds: Kind[] = ['tcp', 'udp', 'ping'];
const otherSide = (side: Name): Name => (side === 'inside' ? 'outside' : 'inside');
const external = '203.0.113.1';
const SYN = 2;

/** A packet of connection `c`, whose inside end may be another than the recorded one. */
function build(c: number, kind: Kind, side: Name, number: number, inside: End): Uint8Array {
  const outside: End = [`198.51.100.${c}`, 80];
  const [a, b] = side === 'inside' ? [inside, outside] : [outside, inside];
  let packet: Uint8Array;
  if (kind === 'ping') packet = echo(a[0], b[0], side === 'inside' ? 8 : 0, inside[1]);
  else packet = kind === 'tcp' ? tcp(a, b, SYN, 'x') : udp(a, b, 'x');
  // The number of a packet rides in the IP identification, which nobody rewrites here.
  return ethernet(ip(a[0], b[0], packet[9], packet.subarray(20), { id: number }));
}

const recorded = (c: number): End => [`10.0.0.${c}`, 1000 + c];

describe('two-sided captures under a chain that translates, drops and reorders', () => {
  it('hold, release and address as recorded and translated', () => {
    const scenario = fc.record({
      packets: fc.array(fc.record({ c: fc.integer({ min: 1, max: 4 }), inside: fc.boolean() }), { minLength: 1, maxLength: 60 }),
      choices: fc.array(fc.nat(1000), { minLength: 200, maxLength: 200 }),
      windowRecords: fc.constantFrom(2, 8, 64),
      slots: fc.integer({ min: 1, max: 12 }),
    });
    fc.assert(fc.property(scenario, ({ packets, choices, windowRecords, slots }) => {
      const recording: { c: number; side: Name; number: number }[] = packets.map(({ c, inside }, number) => ({
        c,
        side: inside ? 'inside' : 'outside',
        number,
      }));
      const kindOf = (c: number): Kind => kinds[c % 3];
      const path = tempFile('order.pcap', pcap(recording.map(({ c, side, number }) => ({ bytes: build(c, kindOf(c), side, number, recorded(c)) }))));
      const memory = memoryOf(slots);
      const capture = new TwoSidedCapture({ path, inside: ['10.0.0.0/8'], windowRecords }, memory);
      const faces = { inside: capture.face('inside', {}, countsOf()), outside: capture.face('outside', {}, countsOf()) };
      const free = [...memory.addresses];
      const travelling: { address: number; number: number }[] = [];
      const delivered = new Set<number>();
      const settled = new Set<number>();
      const translation = new Map<number, End>();
      let choice = 0;
      const choose = (below: number): number => choices[choice++ % choices.length] % below;

      const receive = (side: Name): void => {
        const wanted = Uint32Array.from(free);
        const used = faces[side].receive(wanted, wanted.length);
        free.splice(0, used);
        for (const address of wanted.subarray(0, used)) {
          const read = readIp(packetAt(memory, address).subarray(14));
          const number = (packetAt(memory, address)[18] << 8) | packetAt(memory, address)[19];
          const { c, side: from } = recording[number];
          expect([from, read.sound, delivered.has(number)]).toEqual([side, true, false]);
          // Everything before it in its connection was delivered; what a change of direction came after is settled.
          const before = recording.filter((each) => each.c === c && each.number < number);
          expect(before.filter((each) => !delivered.has(each.number))).toEqual([]);
          const lastOther = before.filter((each) => each.side !== from).at(-1)?.number ?? -1;
          expect(before.filter((each) => each.number <= lastOther && !settled.has(each.number))).toEqual([]);
          delivered.add(number);
          const end = from === 'inside' ? recorded(c) : (translation.get(c) ?? recorded(c));
          expect([number, from === 'inside' ? read.from : read.to]).toEqual([number, end[0]]);
          if (kindOf(c) === 'ping') expect(read.ports[0]).toBe(end[1]);
          else expect(read.ports[from === 'inside' ? 0 : 1]).toBe(end[1]);
          travelling.push({ address, number });
        }
      };

      const settle = (): void => {
        const [{ address, number }] = travelling.splice(choose(travelling.length), 1) as [{ address: number; number: number }];
        const { c, side } = recording[number];
        if (choose(4) > 0) {
          // Out of the other side: from an end of the external address, or back to the recorded one.
          const end: End = side === 'inside' ? [external, 2000 + choose(3) * 100 + c] : recorded(c);
          if (side === 'inside') translation.set(c, end);
          memory.region.set(build(c, kindOf(c), side, number, end), address + headerField(memory, address, 'dataOffset', 4));
          faces[otherSide(side)].transmit(Uint32Array.of(address), 1);
          expect(faces[otherSide(side)].complete(new Uint32Array(1), 1)).toBe(1);
        }
        settled.add(number);
        faces[side].settled(address);
        free.push(address);
      };

      let idle = 0;
      while (!faces.inside.exhausted || travelling.length > 0) {
        const before = delivered.size + settled.size;
        receive(choose(2) === 0 ? 'inside' : 'outside');
        if (travelling.length > 0 && choose(3) > 0) settle();
        idle = delivered.size + settled.size === before ? idle + 1 : 0;
        expect(idle).toBeLessThan(choices.length);
      }
      expect(settled.size).toBe(recording.length);
      faces.inside.close();
      faces.outside.close();
    }), { numRuns: 300 });
  });
});
