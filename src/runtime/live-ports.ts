/** Which ports are live, what a plan holds of them, and which threads they need. */
import type { InterfaceBackend, VxlanBackend, XdpBackend } from '../port/live/backend.js';
import type { LegSpec } from '../port/router/leg.js';
import type { PortHalf } from '../port/live/thread-spec.js';
import { SLOT_OVERHEAD_BYTES } from '../memory/slot-layout.js';

export interface InterfacePortSpec {
  kind: InterfaceBackend['kind'] | XdpBackend['kind'];
  interface: string;
  /** Null: a bump in the wire. */
  leg: LegPlan | null;
}

/** A router's leg before anything is known of its interface. */
export interface LegPlan extends Omit<LegSpec, 'mac' | 'mtu'> {
  /** Null: the interface's. */
  mac: number | null;
  mtu: number | null;
}

export type VxlanPlan = Omit<VxlanBackend, 'legs'> & { leg: LegPlan | null };

/** As a plan holds it: complete, nothing opened yet. */
export type LivePortSpec = VxlanPlan | InterfacePortSpec;

const INTERFACE_KINDS: readonly string[] = ['af-packet', 'af-xdp', 'tap', 'tun'] satisfies InterfacePortSpec['kind'][];

export function isOnInterface(spec: { kind: string }): spec is InterfacePortSpec {
  return INTERFACE_KINDS.includes(spec.kind);
}

export function isLive(spec: { kind: string }): spec is LivePortSpec {
  return spec.kind === 'vxlan' || isOnInterface(spec);
}

/** The threads of a port: one where it can wait for both directions. The one that receives comes first. */
export function halvesOf(spec: LivePortSpec): readonly PortHalf[] {
  return spec.kind === 'vxlan' ? ['both'] : ['receive', 'send'];
}

/** A full IP packet behind an Ethernet header with two VLAN tags. */
const LONGEST_FRAME_BYTES = 65535 + 14 + 8;

/** What virtual interfaces leave undone can pass through a chain when every port that sends finishes it. */
export function offloadsOf(ports: readonly { spec: { kind: string } }[], slotBytes: number): Pick<InterfaceBackend, 'keepsChecksums' | 'keepsLong'> {
  const keepsChecksums = ports.every(({ spec }) => isOnInterface(spec));
  return { keepsChecksums, keepsLong: keepsChecksums && slotBytes - SLOT_OVERHEAD_BYTES >= LONGEST_FRAME_BYTES };
}
