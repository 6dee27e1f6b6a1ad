/** Names that the match language and reports use for protocol numbers, ICMP types, TCP flags and code points. */

/** IP protocols as reports name them (IANA protocol numbers); any other is shown by its number. */
const PROTOCOLS: readonly (readonly [number, string])[] = [
  [1, 'ICMP'],
  [2, 'IGMP'],
  [6, 'TCP'],
  [8, 'EGP'],
  [17, 'UDP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'ICMPV6'],
  [89, 'OSPF'],
  [103, 'PIM'],
  [112, 'VRRP'],
  [113, 'PGM'],
  [132, 'SCTP'],
];

const NAME_OF_PROTOCOL = new Map(PROTOCOLS);
const PROTOCOL_OF_NAME = new Map(PROTOCOLS.map(([number, name]) => [name.toLowerCase(), number]));

/** Name of an IP protocol in reports: `TCP`, `ICMPV6`, or the number. */
export function protocolName(protocol: number): string {
  return NAME_OF_PROTOCOL.get(protocol) ?? String(protocol);
}

/** Number of a protocol named in lower case, as in `proto gre`. */
export function protocolNumber(name: string): number | undefined {
  return PROTOCOL_OF_NAME.get(name);
}

/** Types of ICMP by name (RFC 792, RFC 1256). */
export const ICMP_TYPES: ReadonlyMap<string, number> = new Map([
  ['echo-reply', 0],
  ['unreachable', 3],
  ['source-quench', 4],
  ['redirect', 5],
  ['echo-request', 8],
  ['router-advertisement', 9],
  ['router-solicitation', 10],
  ['time-exceeded', 11],
  ['parameter-problem', 12],
  ['timestamp-request', 13],
  ['timestamp-reply', 14],
]);

/** Types of ICMPv6 by name (RFC 4443, RFC 4861, RFC 2710, RFC 3810). */
export const ICMPV6_TYPES: ReadonlyMap<string, number> = new Map([
  ['unreachable', 1],
  ['packet-too-big', 2],
  ['time-exceeded', 3],
  ['parameter-problem', 4],
  ['echo-request', 128],
  ['echo-reply', 129],
  ['listener-query', 130],
  ['listener-report', 131],
  ['listener-done', 132],
  ['router-solicitation', 133],
  ['router-advertisement', 134],
  ['neighbour-solicitation', 135],
  ['neighbour-advertisement', 136],
  ['redirect', 137],
  ['listener-report-v2', 143],
]);

/** TCP flags by name (RFC 9293 section 3.1, RFC 3168). */
export const TCP_FLAGS: ReadonlyMap<string, number> = new Map([
  ['fin', 0x01],
  ['syn', 0x02],
  ['rst', 0x04],
  ['psh', 0x08],
  ['ack', 0x10],
  ['urg', 0x20],
  ['ece', 0x40],
  ['cwr', 0x80],
]);

/** Code points by name: `ef` (RFC 3246), `cs0` … `cs7` (RFC 2474), `af11` … `af43` (RFC 2597). */
export const DSCP_NAMES: ReadonlyMap<string, number> = new Map([
  ['ef', 46],
  ...Array.from({ length: 8 }, (_, k): [string, number] => [`cs${k}`, 8 * k]),
  ...[1, 2, 3, 4].flatMap((c) => [1, 2, 3].map((d): [string, number] => [`af${c}${d}`, 8 * c + 2 * d])),
]);
