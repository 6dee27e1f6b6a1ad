/** Protocol numbers by name. */

/** IANA protocol numbers: the field `protocol` of IPv4, `next header` of IPv6. */
export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  igmp: 2,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  ospf: 89,
  sctp: 132,
  udpLite: 136,
  hip: 139,
} as const;

/** IEEE 802 numbers. `serviceVlan` is 802.1ad's outer tag, `doubleVlan` what came before it was standardised. */
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
  doubleVlan: 0x9100,
} as const;

/** Bits of the TCP flags byte (RFC 9293 section 3.1). */
export const TcpFlag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;
