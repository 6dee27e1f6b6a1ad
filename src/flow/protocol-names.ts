/** Names of IP protocols (IANA's keywords) as flow records show them; a number where there is none here. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ICMP', 2: 'IGMP', 4: 'IPIP', 6: 'TCP', 17: 'UDP', 33: 'DCCP', 41: 'IPV6', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPV6', 89: 'OSPF', 103: 'PIM',
  112: 'VRRP', 113: 'PGM', 115: 'L2TP', 132: 'SCTP', 136: 'UDPLITE',
};

export function protocolName(protocol: number): string {
  return NAMES[protocol] ?? String(protocol);
}
