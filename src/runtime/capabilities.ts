/** Which capabilities of Linux (capabilities(7)) the ports of a plan need, and which this process has. */
import { readFileSync } from 'node:fs';
import { isOnInterface } from './live-ports.js';
import type { PlanPort } from './plan.js';

/** By their bit in the masks of /proc. */
const BITS = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_IPC_LOCK: 14, CAP_BPF: 39 } as const;
export type Capability = keyof typeof BITS;

export interface CapabilityNeed {
  readonly capability: Capability;
  /** Names of ports. */
  readonly ports: readonly string[];
  /** False: the ports work without it, only not as well. */
  readonly isRequired: boolean;
  readonly why: string;
}

const USES: readonly (Omit<CapabilityNeed, 'ports'> & { kinds: readonly string[] })[] = [
  { capability: 'CAP_NET_RAW', kinds: ['af-packet'], isRequired: true, why: 'to open packet sockets' },
  { capability: 'CAP_NET_RAW', kinds: ['af-xdp'], isRequired: true, why: 'to open XDP sockets' },
  { capability: 'CAP_NET_ADMIN', kinds: ['af-xdp'], isRequired: true, why: 'to attach XDP programs' },
  { capability: 'CAP_BPF', kinds: ['af-xdp'], isRequired: true, why: 'to load XDP programs' },
  { capability: 'CAP_IPC_LOCK', kinds: ['af-xdp'], isRequired: false, why: 'for packet memory beyond the limit of locked memory (ulimit -l)' },
  { capability: 'CAP_NET_ADMIN', kinds: ['tap', 'tun'], isRequired: true, why: 'to make TAP and TUN interfaces' },
  { capability: 'CAP_NET_ADMIN', kinds: ['af-packet'], isRequired: false, why: "for socket buffers beyond the system's limit" },
];

/** Empty for captures, generators and tunnels: they need none. */
export function capabilitiesOf(ports: readonly PlanPort[]): CapabilityNeed[] {
  return USES.flatMap(({ kinds, ...use }) => {
    const names = ports.filter(({ spec }) => isOnInterface(spec) && kinds.includes(spec.kind)).map(({ name }) => name);
    return names.length === 0 ? [] : [{ ...use, ports: names }];
  });
}

/** Whether this process has a capability in force; null where the system does not say. */
export function hasCapability(capability: Capability): boolean | null {
  let mask: string | undefined;
  try {
    mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  } catch {
    return null; // another system than Linux
  }
  return mask === undefined ? null : ((BigInt(`0x${mask}`) >> BigInt(BITS[capability])) & 1n) === 1n;
}
