/** Builds ports on network interfaces, for configurations in TypeScript. All are passive values: nothing is opened here. */
import type { InterfacePortSpec } from './configuration.js';

/** A port on an interface that is there: every frame of it, by a packet socket. Needs CAP_NET_RAW. */
export function afPacket(name: string): InterfacePortSpec {
  return { kind: 'af-packet', interface: name };
}

/** A port whose other end is a TAP interface of this machine: Ethernet frames. Made where there is none. Needs CAP_NET_ADMIN. */
export function tap(name: string): InterfacePortSpec {
  return { kind: 'tap', interface: name };
}

/** The same with a TUN interface: IP packets without a link header. */
export function tun(name: string): InterfacePortSpec {
  return { kind: 'tun', interface: name };
}
