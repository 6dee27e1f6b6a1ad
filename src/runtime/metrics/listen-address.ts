/** `[host]:port`, as it is given to `--metrics`: which address to listen on. */
import { isIPv6 } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65535;

/** `:9100`, `9100`, `192.0.2.1:9100`, `name:9100` or `[fd00::1]:9100`; null for anything else. Without a host: loopback. */
export function parseListenAddress(text: string): ListenAddress | null {
  const [, bracketed, plain, digits] = /^(?:(?:\[([^\]]+)\]|([A-Za-z0-9.-]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > MAX_PORT || (bracketed !== undefined && !isIPv6(bracketed))) return null;
  const host = bracketed ?? plain ?? '';
  return { host: host === '' ? LOOPBACK : host, port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** As it stands in a URL. */
export function addressText({ host, port }: ListenAddress): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
