/** Builds ports on network interfaces, for configurations in TypeScript. All are passive values: nothing is opened here. */
import type { InterfacePortSpec, LegKeys } from './configuration.js';

/** A port on an interface that is there: every frame of it, by a packet socket. Needs CAP_NET_RAW. `leg`: addresses and routes, which make it a router's. */
export function afPacket(name: string, leg: LegKeys = {}): InterfacePortSpec {
  return { kind: 'af-packet', interface: name, ...leg };
}

/**
 * Experimental. The same by an XDP socket, whose packet memory is the region: the kernel writes frames into slots. Needs slots of 2048 or
 * 4096 bytes, CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF.
 */
export function afXdp(name: string, leg: LegKeys = {}): InterfacePortSpec {
  return { kind: 'af-xdp', interface: name, ...leg };
}

/** A port whose other end is a TAP interface of this machine: Ethernet frames. Made where there is none. Needs CAP_NET_ADMIN. */
export function tap(name: string, leg: LegKeys = {}): InterfacePortSpec {
  return { kind: 'tap', interface: name, ...leg };
}

/** The same with a TUN interface: IP packets without a link header. */
export function tun(name: string, leg: LegKeys = {}): InterfacePortSpec {
  return { kind: 'tun', interface: name, ...leg };
}
