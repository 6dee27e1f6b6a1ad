/** How EVE spells what is known here: times, addresses, protocols. Main thread. */
import { addressLibrary } from '../../packet/address-library.js';

/** `2026-11-20T21:04:07.132550+0000` from whole seconds since 1970 and nanoseconds. */
export function eveTime(seconds: number, nanos = 0): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}+0000`;
}

/** Half of the step between two numbers of this size, in nanoseconds: what a time in milliseconds may be off by. */
const MS_ERROR_NANOS = 125;

/** The same from milliseconds with their fraction. */
export function eveTimeOfMs(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1000);
  return eveTime(seconds, Math.min((timeMs - seconds * 1000) * 1e6 + MS_ERROR_NANOS, 999_999_999));
}

export interface EveEnds {
  proto: string;
  src_ip: string;
  src_port?: number;
  dest_ip: string;
  dest_port?: number;
}

const TRANSPORTS: Readonly<Record<string, string>> = { icmp6: 'IPv6-ICMP', ICMPV6: 'IPv6-ICMP', IPV6: 'IPv6' };

/** Ends as `formatFlowEnds` writes them: `tcp 10.0.0.5:40000 -> 192.0.2.1:443`. Null when it is not IP. */
export function endsOfText(text: string): EveEnds | null {
  const parts = /^(?:proto )?(\S+) (\S+) -> (\S+)$/.exec(text);
  return parts === null ? null : eveEnds(parts[1], parts[2], parts[3]);
}

/** @param from and `to`: `address`, `address:port`, an IPv6 address in brackets */
export function eveEnds(protocol: string, from: string, to: string): EveEnds {
  const [source, destination] = [splitEnd(from), splitEnd(to)];
  const hasPorts = /^(tcp|udp|sctp|dccp|udplite)$/i.test(protocol);
  return {
    src_ip: source.address, ...(hasPorts && { src_port: source.port }), dest_ip: destination.address, ...(hasPorts && { dest_port: destination.port }),
    proto: TRANSPORTS[protocol] ?? protocol.toUpperCase(),
  };
}

export function turned({ src_ip, src_port, dest_ip, dest_port, proto }: EveEnds): EveEnds {
  return {
    src_ip: dest_ip, ...(dest_port !== undefined && { src_port: dest_port }), dest_ip: src_ip, ...(src_port !== undefined && { dest_port: src_port }), proto,
  };
}

/** EVE writes IPv6 addresses in full. */
function splitEnd(text: string): { address: string; port: number } {
  const parts = /^\[(.*)\](?::(\d+))?$/.exec(text) ?? /^([^:]*)(?::(\d+))?$/.exec(text);
  const address = parts?.[1] ?? text;
  return { address: inFull(address), port: Number(parts?.[2] ?? 0) };
}

/** As EVE writes IPv6. */
export function inFull(text: string): string {
  const { IPv6 } = addressLibrary();
  if (!IPv6.isValid(text)) return text;
  return IPv6.parse(text).parts.map((part) => part.toString(16).padStart(4, '0')).join(':');
}

const APPLICATIONS: Readonly<Record<string, string>> = {
  '': 'failed', HTTP_Proxy: 'http', HTTP_Connect: 'http', SMTPS: 'tls', IMAPS: 'tls', POPS: 'tls', FTPS: 'tls', FTP_CONTROL: 'ftp', 'NetBIOS.SMBv1': 'smb',
  'NetBIOS.SMBv23': 'smb', PostgreSQL: 'pgsql', BitTorrent: 'bittorrent',
};

/** Suricata's word for a protocol that the DPI named; its own name in lower case where Suricata has none. */
export function eveApplication(protocol: string): string {
  return APPLICATIONS[protocol] ?? protocol.toLowerCase();
}

const TLS_VERSIONS: Readonly<Record<string, string>> = { 'TLS 1.0': 'TLSv1', 'SSL 3.0': 'SSLv3' };

export function eveTlsVersion(version: string): string {
  return TLS_VERSIONS[version] ?? version;
}
