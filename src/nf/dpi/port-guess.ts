/**
 * What the server's port suggests (IANA's registry of services) of a flow that no dissector knew. A guess, and marked as
 * one: it never is the flow's protocol, so it blocks nothing, meets no signature and counts in no agreement. Not hot.
 */
import { IpProtocol } from '../../packet/protocols.js';
import type { FlowDetails } from '../contract.js';

const BY_TCP_PORT: ReadonlyMap<number, string> = new Map([
  [21, 'FTP_CONTROL'], [22, 'SSH'], [23, 'Telnet'], [25, 'SMTP'], [53, 'DNS'], [80, 'HTTP'], [88, 'Kerberos'], [110, 'POP3'], [111, 'NFS'], [119, 'Usenet'],
  [139, 'NetBIOS'], [143, 'IMAP'], [179, 'BGP'], [389, 'LDAP'], [443, 'TLS'], [445, 'NetBIOS'], [465, 'SMTPS'], [554, 'RTSP'], [587, 'SMTP'], [636, 'TLS'],
  [853, 'TLS'], [873, 'RSYNC'], [993, 'IMAPS'], [995, 'POPS'], [1433, 'MsSQL-TDS'], [1521, 'Oracle'], [1883, 'MQTT'], [2049, 'NFS'], [3306, 'MySQL'],
  [3389, 'RDP'], [3868, 'Diameter'], [5060, 'SIP'], [5222, 'Jabber'], [5432, 'PostgreSQL'], [5672, 'AMQP'], [5900, 'VNC'], [6379, 'Redis'], [6881, 'BitTorrent'],
  [8080, 'HTTP'], [8883, 'MQTT'], [9042, 'Cassandra'], [11_211, 'Memcached'], [27_017, 'MongoDB'], [30_303, 'ETHEREUM'],
]);
const BY_UDP_PORT: ReadonlyMap<number, string> = new Map([
  [53, 'DNS'], [67, 'DHCP'], [69, 'TFTP'], [88, 'Kerberos'], [123, 'NTP'], [137, 'NetBIOS'], [138, 'NetBIOS'], [161, 'SNMP'], [162, 'SNMP'], [389, 'LDAP'],
  [443, 'QUIC'], [500, 'IPSec'], [514, 'Syslog'], [546, 'DHCPV6'], [547, 'DHCPV6'], [1194, 'OpenVPN'], [1701, 'L2TP'], [1812, 'Radius'], [1813, 'Radius'],
  [1900, 'SSDP'], [2049, 'NFS'], [2123, 'GTP'], [2152, 'GTP'], [3389, 'RDP'], [3478, 'STUN'], [4500, 'IPSec'], [4789, 'VXLAN'], [5060, 'SIP'], [5353, 'MDNS'],
  [5355, 'LLMNR'], [6081, 'GENEVE'], [6881, 'BitTorrent'], [30_303, 'ETHEREUM'], [51_820, 'WireGuard'],
]);

/** Details that say `guess`, or null when the port suggests nothing. */
export function guessByPort(l4: number, serverPort: number): FlowDetails | null {
  const protocol = (l4 === IpProtocol.tcp ? BY_TCP_PORT : BY_UDP_PORT).get(serverPort);
  return protocol === undefined ? null : { guess: { protocol, port: serverPort } };
}
