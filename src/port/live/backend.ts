/** The kinds of live ports, as their threads are told of them: plain data. Descriptors are open already. */
import type { Legs } from '../router/leg.js';
import type { UdpTunnelOptions } from '../tunnel/udp-tunnel-port.js';
import type { XdpRings } from './native/xdp/xdp-socket.js';

export interface VxlanBackend extends UdpTunnelOptions {
  kind: 'vxlan';
  vni: number;
  /** Of all ports of the runtime; null when the port is none. */
  legs: Legs | null;
}

/** A port on an interface of this machine, through a descriptor that the main thread has opened. */
export interface InterfaceBackend {
  kind: 'af-packet' | 'tap' | 'tun';
  interface: string;
  /** 0 for TAP and TUN: they need it no more. */
  interfaceIndex: number;
  descriptor: number;
  /** Every port of the runtime finishes begun checksums: they may pass as they are. */
  keepsChecksums: boolean;
  /** Every port divides long TCP packets too, and the slots hold these. */
  keepsLong: boolean;
  /** As above. */
  legs: Legs | null;
}

/** A port on an interface whose frames the kernel writes into the region itself, by a socket of the family AF_XDP. */
export interface XdpBackend {
  kind: 'af-xdp';
  interface: string;
  interfaceIndex: number;
  descriptor: number;
  /** The kernel computes checksums of packets to send. */
  sums: boolean;
  /** Every port of the runtime finishes begun checksums: they may pass as they are. */
  keepsChecksums: boolean;
  /** Where its rings are mapped, in every thread. */
  rings: XdpRings;
  /** A packet socket on the same interface, by which a leg sends frames of its own. */
  outlet: number;
  /** Longest IP packet that the interface takes. */
  mtu: number;
  /** As above. */
  legs: Legs | null;
}

export type LiveBackend = VxlanBackend | InterfaceBackend | XdpBackend;
