/** The table of protocols: a row for each dissector, and the numbers under which flows keep the names. */
import type { Dissector } from './dissector.js';
import { IP_PROTOCOL_NAMES } from './ip-protocols.js';
import { ads } from './protocols/ads.js';
import { amqp } from './protocols/amqp.js';
import { atg } from './protocols/atg.js';
import { bacnet } from './protocols/bacnet.js';
import { bfd } from './protocols/bfd.js';
import { bgp } from './protocols/bgp.js';
import { bittorrent } from './protocols/bittorrent.js';
import { c1222 } from './protocols/c1222.js';
import { can } from './protocols/can.js';
import { capwap } from './protocols/capwap.js';
import { cassandra } from './protocols/cassandra.js';
import { cip } from './protocols/cip.js';
import { citrix } from './protocols/citrix.js';
import { cnpIp } from './protocols/cnp-ip.js';
import { coap } from './protocols/coap.js';
import { collectd } from './protocols/collectd.js';
import { cpha } from './protocols/cpha.js';
import { dhcp } from './protocols/dhcp.js';
import { dhcpv6 } from './protocols/dhcpv6.js';
import { diameter } from './protocols/diameter.js';
import { discord } from './protocols/discord.js';
import { dnp3 } from './protocols/dnp3.js';
import { dns } from './protocols/dns.js';
import { dnscrypt } from './protocols/dnscrypt.js';
import { dropbox } from './protocols/dropbox.js';
import { dtls } from './protocols/dtls.js';
import { egd } from './protocols/egd.js';
import { ethereum } from './protocols/ethereum.js';
import { fastcgi } from './protocols/fastcgi.js';
import { fins } from './protocols/fins.js';
import { ftp } from './protocols/ftp.js';
import { git } from './protocols/git.js';
import { gnutella } from './protocols/gnutella.js';
import { gtp } from './protocols/gtp.js';
import { hartIp } from './protocols/hart-ip.js';
import { hsrp } from './protocols/hsrp.js';
import { http } from './protocols/http.js';
import { http2 } from './protocols/http2.js';
import { iec60870 } from './protocols/iec60870.js';
import { ike } from './protocols/ike.js';
import { imap } from './protocols/imap.js';
import { irc } from './protocols/irc.js';
import { jabber } from './protocols/jabber.js';
import { kcp } from './protocols/kcp.js';
import { kerberos } from './protocols/kerberos.js';
import { knx } from './protocols/knx.js';
import { ldap } from './protocols/ldap.js';
import { ldp } from './protocols/ldp.js';
import { megaco } from './protocols/megaco.js';
import { memcached } from './protocols/memcached.js';
import { mgcp } from './protocols/mgcp.js';
import { modbus } from './protocols/modbus.js';
import { mongodb } from './protocols/mongodb.js';
import { mqtt } from './protocols/mqtt.js';
import { mysql } from './protocols/mysql.js';
import { natPmp } from './protocols/nat-pmp.js';
import { nbns } from './protocols/nbns.js';
import { netflow } from './protocols/netflow.js';
import { nntp } from './protocols/nntp.js';
import { ntp } from './protocols/ntp.js';
import { openvpn } from './protocols/openvpn.js';
import { pop3 } from './protocols/pop3.js';
import { postgresql } from './protocols/postgresql.js';
import { pptp } from './protocols/pptp.js';
import { ptp } from './protocols/ptp.js';
import { quic } from './protocols/quic.js';
import { radius } from './protocols/radius.js';
import { radmin } from './protocols/radmin.js';
import { rdp } from './protocols/rdp.js';
import { redis } from './protocols/redis.js';
import { rpc } from './protocols/rpc.js';
import { rsync } from './protocols/rsync.js';
import { rtmp } from './protocols/rtmp.js';
import { rtp } from './protocols/rtp.js';
import { rtsp } from './protocols/rtsp.js';
import { s7comm } from './protocols/s7comm.js';
import { sflow } from './protocols/sflow.js';
import { sip } from './protocols/sip.js';
import { skinny } from './protocols/skinny.js';
import { slp } from './protocols/slp.js';
import { smb } from './protocols/smb.js';
import { smtp } from './protocols/smtp.js';
import { snmp } from './protocols/snmp.js';
import { socks } from './protocols/socks.js';
import { someip } from './protocols/someip.js';
import { spotify } from './protocols/spotify.js';
import { ssdp } from './protocols/ssdp.js';
import { ssh } from './protocols/ssh.js';
import { steam } from './protocols/steam.js';
import { stun } from './protocols/stun.js';
import { syncthing } from './protocols/syncthing.js';
import { syslog } from './protocols/syslog.js';
import { tds } from './protocols/tds.js';
import { telnet } from './protocols/telnet.js';
import { teredo } from './protocols/teredo.js';
import { tftp } from './protocols/tftp.js';
import { thrift } from './protocols/thrift.js';
import { tinc } from './protocols/tinc.js';
import { tivo } from './protocols/tivo.js';
import { tls } from './protocols/tls.js';
import { vnc } from './protocols/vnc.js';
import { vxlan } from './protocols/vxlan.js';
import { wireguard } from './protocols/wireguard.js';
import { wsd } from './protocols/wsd.js';
import { zabbix } from './protocols/zabbix.js';

/** Asked in this order: the surest first, those that only suppose last. */
export const DISSECTORS: readonly Dissector[] = [
  tls, http, ssh, dtls, quic, stun,
  dhcp, nbns, ssdp, sip, rtsp, bittorrent, wireguard, snmp, ldap, kerberos, smb, rdp, s7comm, mqtt, postgresql, mysql, mongodb, redis, bgp, zabbix, discord, mgcp,
  natPmp, openvpn, ike, rpc, cassandra, syncthing, tinc, knx, fastcgi, megaco, tivo, citrix, dnscrypt, can, vnc, tftp, syslog, telnet, thrift, cip, diameter, spotify, steam,
  http2, jabber, dnp3, tds, rsync, git, pptp, gnutella, netflow,
  smtp, ftp, pop3, imap, nntp, irc,
  dns, ntp, radius, dhcpv6, gtp, vxlan, hsrp, ldp, hartIp, wsd, skinny, atg, ads, egd, c1222, cnpIp, radmin, memcached, dropbox, cpha, ethereum,
  slp, modbus, coap, rtmp, bacnet, fins, capwap, sflow, bfd, ptp, teredo,
  collectd, iec60870, amqp, socks, kcp, someip, rtp,
];

/** Names by number. 0 is no protocol. Numbers fit a byte of the flow's status word. */
export const PROTOCOL_NAMES: readonly string[] = [
  '',
  ...new Set([...IP_PROTOCOL_NAMES, ...DISSECTORS.flatMap((dissector) => [dissector.name, ...(dissector.variants ?? [])])]),
];
if (PROTOCOL_NAMES.length > 256) throw new RangeError(`at most 255 names of protocols, found ${PROTOCOL_NAMES.length - 1}`);

const NUMBERS = new Map(PROTOCOL_NAMES.map((name, number) => [name, number]));

/** Number of a name: it must be in the table. */
export function protocolNumber(name: string): number {
  return NUMBERS.get(name) ?? 0;
}

/** For each number, the dissector that gives the name, or null. */
export const DISSECTOR_OF: readonly (Dissector | null)[] = PROTOCOL_NAMES.map(
  (name) => DISSECTORS.find((dissector) => dissector.name === name || dissector.variants?.includes(name) === true) ?? null,
);

/** Names under which options and signatures speak of protocols: any case, and the dissector's name for its variants. */
export function protocolsCalled(name: string): readonly number[] {
  const wanted = name.toLowerCase();
  const numbers: number[] = [];
  PROTOCOL_NAMES.forEach((known, number) => {
    if (number > 0 && (known.toLowerCase() === wanted || DISSECTOR_OF[number]?.name.toLowerCase() === wanted)) numbers.push(number);
  });
  return numbers;
}
