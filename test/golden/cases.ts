/** What goes into the golden captures: parts of the example's recording, and literal packets. */
import { formatIpv4, formatIpv6 } from '../../src/packet/address.js';
import { place } from '../support/bench-slot.js';
import { EXAMPLE_CAPTURE, recordsOf, type CapturedRecord, type Policy } from '../support/captures.js';
import { arpRequest, icmpEcho4, icmpEcho6, icmpError4, icmpError6, ip4, tcp4, tcp6, udp4, udp6 } from '../support/packets.js';

export interface GoldenCase {
  name: string;
  about: string;
  policy: Policy;
  records: () => readonly CapturedRecord[];
}

let example: CapturedRecord[] | null = null;
const whole = (): CapturedRecord[] => (example ??= recordsOf(EXAMPLE_CAPTURE));

/** `address:port` of both ends, without a port where there is none; of an ICMP error, what it quotes too. */
function endsOf({ bytes }: CapturedRecord): string[] {
  const packet = place(bytes);
  const [ip4View, ip6View] = [packet.ipv4(), packet.ipv6()];
  const l4 = packet.tcp() ?? packet.udp();
  const ends = ip4View !== null
    ? [formatIpv4(ip4View.source), formatIpv4(ip4View.destination)]
    : ip6View === null ? [] : [0, 1].map((end) => formatIpv6(...([0, 1, 2, 3].map((k) => (end === 0 ? ip6View.sourceWord(k) : ip6View.destinationWord(k))) as [number, number, number, number])));
  const named = l4 === null ? ends : [`${ends[0]} ${l4.sourcePort}`, `${ends[1]} ${l4.destinationPort}`];
  const quoted = (packet.icmp() ?? packet.icmpv6())?.quoted() ?? null;
  if (quoted?.version === 4) named.push(`${formatIpv4(quoted.source)} ${quoted.sourcePort}`, `${formatIpv4(quoted.destination)} ${quoted.destinationPort}`);
  return named;
}

/** What the example has between these ends, each `address` or `address port`. */
const between = (...ends: readonly string[]) => (): CapturedRecord[] =>
  whole().filter((record) => {
    const found = endsOf(record);
    return ends.every((end) => found.some((each) => each === end || each.startsWith(`${end} `)));
  });

const holding = (text: string) => (): CapturedRecord[] => {
  const marked = whole().find(({ bytes }) => Buffer.from(bytes).includes(text));
  return marked === undefined ? [] : between(...endsOf(marked))();
};

/** Literal packets, 10 ms apart. */
const literal = (...packets: readonly Uint8Array[]) => (): CapturedRecord[] =>
  packets.map((bytes, at) => ({ bytes, seconds: 1_700_000_000, nanos: 10_000_000 * at, originalLength: bytes.length, linkType: 1 }));

const OUT = { source: '10.0.1.10', destination: '198.51.100.80' };
const BACK = { source: '198.51.100.80', destination: '10.0.1.10' };
const OUT_6 = { source: 'fd00:10::10', destination: '2001:db8:100::80' };
const BACK_6 = { source: '2001:db8:100::80', destination: 'fd00:10::10' };
const QUERY = { sourcePort: 40_000, destinationPort: 53, payload: [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 2, 116, 118, 0, 0, 1, 0, 1] };
const request = { ...OUT, ...QUERY };
const SYN = 2;
const SYN_ACK = 18;
const bare = { ethernet: false } as const;

/** The packet with one byte of its IP header replaced. */
function lying(packet: Uint8Array, at: number, value: number): Uint8Array {
  const copy = packet.slice();
  copy[14 + at] = value;
  return copy;
}

export const CASES: readonly GoldenCase[] = [
  { name: 'office', about: 'the whole example', policy: 'office', records: whole },
  { name: 'permit', about: 'the whole example, everything allowed', policy: 'permit', records: whole },
  { name: 'tcp-through-nat', about: 'a page over HTTP, translated and back', policy: 'office', records: between('10.0.1.10 57372', '198.51.100.80 80') },
  { name: 'tls', about: 'a page over TLS and IPv6, with its server name', policy: 'office', records: () => between('fd00:10::20', '2001:db8:100::80 443')().slice(0, 40) },
  { name: 'denied', about: 'SSH by a client that may not, and what the server would have said', policy: 'office', records: between('10.0.1.20', '198.51.100.22 22') },
  { name: 'from-outside', about: 'connections that the outside opens', policy: 'office', records: between('198.51.100.22', '10.0.1.20') },
  { name: 'drop-signature', about: 'a form with the marker that is to be stopped', policy: 'office', records: holding('MILLRACE-DROP-SIGNATURE') },
  { name: 'alert-signature', about: 'a page with the harmless marker', policy: 'office', records: holding('MILLRACE-TEST-SIGNATURE') },
  { name: 'recorded-errors', about: 'a query that runs out of hops: time exceeded, from a router on the way', policy: 'office', records: between('198.51.100.54') },
  { name: 'narrow-link', about: 'an upload over a narrow link: fragmentation needed, then smaller segments', policy: 'office', records: () => between('198.51.100.90 80')().slice(0, 40) },
  { name: 'fragmented-echo', about: 'echo of 3000 bytes in three fragments each way', policy: 'permit', records: () => whole().filter(({ bytes }) => {
    const packet = place(bytes);
    return packet.isFragment && packet.ipv4()?.protocol === 1;
  }) },
  { name: 'ipv6', about: 'a download over IPv6, untranslated', policy: 'office', records: () => between('fd00:10::20', '2001:db8:100::80 80')().slice(0, 40) },
  {
    name: 'icmp-errors',
    about: 'errors of IPv4 and IPv6 about a query, translated back with what they quote; one about nothing that was sent',
    policy: 'office',
    records: literal(
      udp4(request),
      icmpError4({ source: '192.0.2.2', destination: '10.0.1.10' }, 11, 0, udp4({ ...request, ...bare })),
      icmpError4(BACK, 3, 3, udp4({ ...request, ...bare }).slice(0, 28)),
      udp6({ ...OUT_6, ...QUERY }),
      icmpError6(BACK_6, 1, 4, udp6({ ...OUT_6, ...QUERY, ...bare })),
      icmpError4(BACK, 3, 3, udp4({ ...request, ...bare, sourcePort: 41_000 })),
    ),
  },
  {
    name: 'one-port-twice',
    about: 'two clients with the same port: the second gets another, and each its own reply',
    policy: 'permit',
    records: literal(
      tcp4({ ...OUT, sourcePort: 40_000, destinationPort: 80, flags: SYN }),
      tcp4({ ...OUT, source: '10.0.1.20', sourcePort: 40_000, destinationPort: 80, flags: SYN }),
      tcp4({ ...BACK, sourcePort: 80, destinationPort: 40_000, flags: SYN_ACK }),
      tcp4({ ...BACK, destination: '10.0.1.20', sourcePort: 80, destinationPort: 40_000, flags: SYN_ACK }),
      icmpEcho4({ ...OUT, identifier: 7 }),
      icmpEcho4({ ...OUT, source: '10.0.1.20', identifier: 7 }),
      icmpEcho4({ ...BACK, identifier: 7, request: false }),
      icmpEcho4({ ...BACK, destination: '10.0.1.20', identifier: 7, request: false }),
    ),
  },
  {
    name: 'pauses',
    about: 'queries hours apart: each reply comes before the clock has passed the timeout of its binding',
    policy: 'permit',
    records: () => literal(...[0, 1, 2].flatMap((k) => [
      udp4({ ...request, sourcePort: 40_000 + k }),
      udp4({ ...BACK, sourcePort: 53, destinationPort: 40_000 + k, payload: QUERY.payload }),
    ]))().map((record, at) => ({ ...record, seconds: record.seconds + 36_000 * (at >> 1) })),
  },
  {
    name: 'fragments-out-of-order',
    about: 'a later fragment before its first one, overlapping ones, and one that belongs to nothing',
    policy: 'permit',
    records: literal(
      ip4({ ...OUT, identification: 9, fragmentOffset: 8 }, 17, [1, 2, 3, 4, 5, 6, 7, 8]),
      ip4({ ...OUT, identification: 9, moreFragments: true }, 17, [0x9c, 0x40, 0, 53, 0, 16, 0, 0]),
      ip4({ ...OUT, identification: 9, fragmentOffset: 8 }, 17, [8, 7, 6, 5, 4, 3, 2, 1]),
      ip4({ ...OUT, identification: 10, fragmentOffset: 64 }, 6, [0, 0, 0, 0]),
    ),
  },
  {
    name: 'ill-formed',
    about: 'headers that lie or end early, protocols without ports, ARP: passed or dropped by stated policy',
    policy: 'permit',
    records: literal(
      lying(udp4(request), 0, 0x4f),
      lying(udp4(request), 0, 0x41),
      lying(udp4(request), 2, 0xff),
      lying(udp4(request), 3, 10),
      udp4(request).slice(0, 20),
      udp4(request).slice(0, 36),
      tcp4({ ...OUT, sourcePort: 1, destinationPort: 2, flags: 0 }),
      tcp4({ ...OUT, sourcePort: 1, destinationPort: 2, flags: SYN | 1 }),
      ip4(OUT, 47, [0, 0, 8, 0]),
      ip4(OUT, 132, [0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0]),
      tcp6({ ...OUT_6, sourcePort: 1, destinationPort: 80, flags: SYN }).slice(0, 60),
      icmpEcho6({ ...OUT_6, identifier: 3, extensions: [{ protocol: 0, bytes: [0, 0, 1, 4, 0, 0, 0, 0] }] }),
      udp4({ ...request, vlans: [5, 6] }),
      arpRequest({ senderAddress: '10.0.1.10', targetAddress: '10.0.0.1' }),
      Uint8Array.of(1, 2, 3),
      new Uint8Array(0),
    ),
  },
];
