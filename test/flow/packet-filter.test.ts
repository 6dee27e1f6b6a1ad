/** The filter language of watches: what it takes apart, what it matches, and what it says of mistakes. */
import { describe, expect, it } from 'vitest';
import { compileFilter, parseFilter, partedFilter, type PacketFilter } from '../../src/flow/packet-filter.js';
import { place } from '../support/bench-slot.js';

function filterOf(text: string): PacketFilter {
  const parsed = parseFilter(text);
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.filter;
}

/** IPv4, TCP or UDP, between 10.0.0.`from`:`sourcePort` and 10.0.0.`to`:`destinationPort`. */
function packet(protocol: number, from: number, sourcePort: number, to: number, destinationPort: number): Uint8Array {
  const bytes = new Uint8Array(54);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, from, 10, 0, 0, to]);
  bytes.set([sourcePort >> 8, sourcePort & 255, destinationPort >> 8, destinationPort & 255], 34);
  if (protocol === 6) bytes.set([0x50, 0x02], 46);
  else bytes.set([0, 20], 38);
  return bytes;
}

const there = packet(6, 5, 40000, 9, 443);
const back = packet(6, 9, 443, 5, 40000);
const other = packet(17, 5, 53, 7, 53);

/** Which of the three pass. */
const passing = (text: string): boolean[] => {
  const filter = compileFilter(filterOf(text));
  return [there, back, other].map((bytes) => filter.matches(place(bytes)));
};

describe('a filter', () => {
  it.each([
    ['', [true, true, true]],
    ['any', [true, true, true]],
    ['host 10.0.0.9 and tcp port 443', [true, true, false]],
    ['tcp port 443 host 10.0.0.9', [true, true, false]],
    ['host 10.0.0.9', [true, true, false]],
    ['host 10.0.0.7 or port 443', [true, true, true]],
    ['port 53,440-450', [true, true, true]],
    ['net 10.0.0.6/31', [false, false, true]],
    ['host { 10.0.0.7, 10.0.0.8 }', [false, false, true]],
    ['not tcp', [false, false, true]],
    ['not host 10.0.0.9 and not udp', [false, false, false]],
    ['src host 10.0.0.9', [false, true, false]],
    ['src 10.0.0.5 and dst port 443', [true, false, false]],
    ['dst net 10.0.0.0/29', [false, true, true]],
    ['tcp from 10.0.0.5 to any port 443 or udp', [true, false, true]],
    ['tcp flags syn', [true, true, false]],
    ['HOST 10.0.0.7 AND UDP', [false, false, true]],
  ])('%s', (text, expected) => expect(passing(text)).toEqual(expected));

  it('means connections by the terms that name only protocol and ends', () => {
    const parts = (text: string): [number, number] => {
      const { connections, packets } = partedFilter(filterOf(text));
      return [connections?.terms.length ?? 0, packets?.terms.length ?? 0];
    };
    expect(parts('host 10.0.0.1 and tcp port 443')).toEqual([1, 0]);
    expect(parts('tcp flags syn')).toEqual([0, 1]);
    expect(parts('udp or arp or not port 5 or icmp type echo-request')).toEqual([2, 2]);
    expect(partedFilter(filterOf(''))).toEqual({ connections: { terms: [] }, packets: null });
  });

  it.each([
    ['host', 'expected an address', 5, 'the end of the text'],
    ['host 10.0.0.500', '"10.0.0.500" is not an address', 6, '10.0.0.500'],
    ['host 10.0.0.1 and', 'a match is missing', 18, 'the end of the text'],
    ['or tcp', 'a match is missing', 1, 'or'],
    ['tcp && udp', '"&&" is not part of a match', 5, '&&'],
    ['icmp port 5', 'only TCP and UDP have ports', 6, 'port'],
    ['tcp port 70000', '"70000" is not a port', 10, '70000'],
    ['port 5 port 6', 'a second "port"', 8, 'port'],
  ])('refuses %j', (text, message, column, found) => {
    const parsed = parseFilter(text);
    expect('problem' in parsed && parsed.problem).toMatchObject({ line: 1, column, found, message: expect.stringContaining(message) as string });
  });

  it('tells of every mistake at once', () => {
    const parsed = parseFilter('host 10.0.0.500 and tpc or tcp portt 3');
    expect('problems' in parsed && parsed.problems.map(({ column }) => column)).toEqual([6, 21, 32]);
  });
});
