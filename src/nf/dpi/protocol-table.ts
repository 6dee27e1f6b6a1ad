/** The table of protocols: a row for each dissector, and the numbers under which flows keep the names. */
import type { Dissector } from './dissector.js';
import { IP_PROTOCOL_NAMES } from './ip-protocols.js';
import { amqp } from './protocols/amqp.js';
import { bgp } from './protocols/bgp.js';
import { bittorrent } from './protocols/bittorrent.js';
import { collectd } from './protocols/collectd.js';
import { dhcp } from './protocols/dhcp.js';
import { dhcpv6 } from './protocols/dhcpv6.js';
import { dns } from './protocols/dns.js';
import { discord } from './protocols/discord.js';
import { dtls } from './protocols/dtls.js';
import { ftp } from './protocols/ftp.js';
import { http } from './protocols/http.js';
import { iec60870 } from './protocols/iec60870.js';
import { imap } from './protocols/imap.js';
import { mgcp } from './protocols/mgcp.js';
import { mqtt } from './protocols/mqtt.js';
import { mysql } from './protocols/mysql.js';
import { natPmp } from './protocols/nat-pmp.js';
import { nbns } from './protocols/nbns.js';
import { ntp } from './protocols/ntp.js';
import { pop3 } from './protocols/pop3.js';
import { postgresql } from './protocols/postgresql.js';
import { quic } from './protocols/quic.js';
import { radius } from './protocols/radius.js';
import { rdp } from './protocols/rdp.js';
import { redis } from './protocols/redis.js';
import { rtp } from './protocols/rtp.js';
import { rtsp } from './protocols/rtsp.js';
import { sip } from './protocols/sip.js';
import { smb } from './protocols/smb.js';
import { smtp } from './protocols/smtp.js';
import { snmp } from './protocols/snmp.js';
import { socks } from './protocols/socks.js';
import { ssdp } from './protocols/ssdp.js';
import { ssh } from './protocols/ssh.js';
import { stun } from './protocols/stun.js';
import { tls } from './protocols/tls.js';
import { wireguard } from './protocols/wireguard.js';
import { zabbix } from './protocols/zabbix.js';

/** Asked in this order: the surest first, those that only suppose last. */
export const DISSECTORS: readonly Dissector[] = [
  tls, http, ssh, dtls, quic, stun,
  dhcp, nbns, ssdp, sip, rtsp, bittorrent, wireguard, snmp, smb, rdp, mqtt, postgresql, mysql, redis, bgp, zabbix, discord, mgcp, natPmp,
  smtp, ftp, pop3, imap,
  dns, ntp, radius, dhcpv6,
  collectd, iec60870, amqp, socks, rtp,
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

export const STREAM_DISSECTORS: readonly Dissector[] = DISSECTORS.filter((dissector) => dissector.over !== 'udp');
export const DATAGRAM_DISSECTORS: readonly Dissector[] = DISSECTORS.filter((dissector) => dissector.over !== 'tcp');
