/** Names of what travels in IP without TCP or UDP, by IP protocol number, as nDPI names them. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IP_in_IP',
  8: 'EGP',
  47: 'GRE',
  50: 'IPSec',
  51: 'IPSec',
  58: 'ICMPV6',
  89: 'OSPF',
  103: 'IP_PIM',
  112: 'VRRP',
  113: 'PGM',
  132: 'SCTP',
};

/** All names, each once. */
export const IP_PROTOCOL_NAMES: readonly string[] = [...new Set(Object.values(NAMES))];

/** Name by IP protocol number; the empty string when it has none here. */
export function ipProtocolNames(): readonly string[] {
  return Array.from({ length: 256 }, (_, number) => NAMES[number] ?? '');
}
