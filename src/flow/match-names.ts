/** Names that the match language uses for ICMP types, TCP flags and code points. */

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
