/** The kinds of live ports, as their threads are told of them: plain data. Descriptors are open already. */
import type { UdpTunnelOptions } from '../tunnel/udp-tunnel-port.js';

export interface VxlanBackend extends UdpTunnelOptions {
  kind: 'vxlan';
  vni: number;
}

export type LiveBackend = VxlanBackend;
