/** Names of IP protocols (IANA's keywords), in flow records and, in any case, in the match language. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ICMP', 2: 'IGMP', 4: 'IPIP', 6: 'TCP', 8: 'EGP', 17: 'UDP', 33: 'DCCP', 41: 'IPV6', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPV6', 89: 'OSPF', 103: 'PIM',
  112: 'VRRP', 113: 'PGM', 115: 'L2TP', 132: 'SCTP', 136: 'UDPLITE',
};

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(NAMES).map(([number, name]) => [name.toLowerCase(), Number(number)]));

/** Name of a protocol in reports: `TCP`, `ICMPV6`, or the number where there is no name here. */
export function protocolName(protocol: number): string {
  return NAMES[protocol] ?? String(protocol);
}

/** Number of a protocol named in lower case, as in `proto gre`. */
export function protocolNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}
