/** Ports on network interfaces: `import { afPacket } from 'millrace/live'`. They need Linux and the package koffi. */
export { afPacket, afXdp, tap, tun } from './runtime/interface-values.js';
export type { InterfacePortSpec, LegKeys, RouteSpec } from './runtime/configuration.js';
