/**
 * What a run comes to: `run()` returns it, `runtime.finished` settles with it, the command line prints it with `--json`.
 * Plain data that survives JSON. Main thread.
 */
import type { CrashedPacket } from '../packet-manager/packet-manager.js';

/** Changes when a field changes its meaning or goes; fields may be added at any time. */
export const REPORT_SCHEMA_VERSION = 1;

/** Numbers by name; only what is not 0. */
export type Counts = Record<string, number>;

export interface PortReport {
  /** Packets that came in by this port. */
  received: number;
  /** Packets that left by this port. */
  transmitted: number;
  /** Packets made here, by network functions, on behalf of one that came in by this port. */
  originated: number;
  /** Packets that came in by this port (or could not leave by it) and were dropped anywhere, by reason. */
  drops: Counts;
}

export interface VmReport {
  name: string;
  chain: string;
  /** Name of the network function. */
  function: string;
  /** Packets lent to it, and given back by it. */
  received: number;
  returned: number;
  /** Packets that it dropped, by reason: part of what the ports count. */
  drops: Counts;
  restarts: number;
  counters: Counts;
  /** Alerts by signature. */
  alerts: Counts;
}

/** received + originated == transmitted + dropped + inFlight, or a packet was lost without a word. */
export interface Ledger {
  received: number;
  originated: number;
  transmitted: number;
  dropped: number;
  /** Counted from owners and rings, never by subtraction. */
  inFlight: number;
  balanced: boolean;
}

export interface FlowReport {
  /** `tcp`, `udp`, `icmp` and so on. */
  l4: string;
  /** Who spoke first, and the other: `address:port`, an IPv6 address in brackets. */
  a: string;
  b: string;
  /** What DPI found it to be; empty when nothing. */
  protocol: string;
  host: string;
  /** From a to b, and from b to a. */
  packets: [number, number];
  /** `forward`, or the reason for which its last dropped packet was dropped. */
  verdict: string;
}

export interface Traffic {
  flows: number;
  packets: number;
}

/** Something in a file that could not be read or written as it should. */
export interface ReportProblem {
  port: string;
  kind: string;
  count: number;
  /** Byte offset of the first. */
  firstAt: number;
  detail: string;
}

export interface WrittenFile {
  port: string;
  /** Absolute path. */
  file: string;
  packets: number;
}

/** Why a run failed: which network function of which chain, and the packet that it had in hand. */
export interface ReportError {
  message: string;
  chain?: string;
  vm?: string;
  packet?: CrashedPacket | null;
}

export interface Report {
  schemaVersion: typeof REPORT_SCHEMA_VERSION;
  ports: Record<string, PortReport>;
  vms: VmReport[];
  /** All drops by reason. */
  drops: Counts;
  ledger: Ledger;
  /** Packet bytes that were copied between ingress and egress: 0 in zero-copy mode. */
  bytesCopied: number;
  durationMs: number;
  /** Packets received in each second of `durationMs`. */
  packetsPerSecond: number;
  /** What DPI found, by protocol and by host name, most packets first. */
  protocols: Record<string, Traffic>;
  hosts: Record<string, Traffic>;
  /** Alerts of all VMs by signature. */
  alerts: Counts;
  problems: ReportProblem[];
  written: WrittenFile[];
  /** Alerts and descriptions of flows that found no room on their way to the main thread. */
  eventsLost: number;
  /** When flows were asked for. */
  flows?: FlowReport[];
  /** When the run failed. */
  error?: ReportError;
}

/** What the runtime knows; the rest follows from it. */
export interface ReportParts {
  ports: Record<string, PortReport>;
  vms: VmReport[];
  inFlight: number;
  /** Whether the census found every slot in exactly one place. Default true. */
  censusBalanced?: boolean;
  bytesCopied: number;
  durationMs: number;
  /** All flows, whether they are reported or not. */
  flows: readonly FlowReport[];
  withFlows: boolean;
  problems?: ReportProblem[];
  written?: WrittenFile[];
  eventsLost?: number;
  error?: ReportError | null;
}

/** Sums up: totals, ledger, rate, and what the flows were. */
export function assembleReport(parts: ReportParts): Report {
  const { ports, vms, inFlight, bytesCopied, durationMs, flows, withFlows, censusBalanced = true } = parts;
  const all = Object.values(ports);
  const drops = sumCounts(all.map((port) => port.drops));
  const total = (key: 'received' | 'transmitted' | 'originated'): number => all.reduce((sum, port) => sum + port[key], 0);
  const [received, originated, transmitted] = [total('received'), total('originated'), total('transmitted')];
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0);
  return {
    schemaVersion: REPORT_SCHEMA_VERSION,
    ports,
    vms,
    drops,
    ledger: {
      received,
      originated,
      transmitted,
      dropped,
      inFlight,
      balanced: censusBalanced && received + originated === transmitted + dropped + inFlight,
    },
    bytesCopied,
    durationMs,
    packetsPerSecond: durationMs > 0 ? Math.round((received * 1000) / durationMs) : 0,
    protocols: trafficBy(flows, (flow) => flow.protocol),
    hosts: trafficBy(flows, (flow) => flow.host),
    alerts: sumCounts(vms.map((vm) => vm.alerts)),
    problems: parts.problems ?? [],
    written: parts.written ?? [],
    eventsLost: parts.eventsLost ?? 0,
    ...(withFlows && { flows: [...flows] }),
    ...(parts.error != null && { error: parts.error }),
  };
}

/** Adds counts up by name, largest first. */
export function sumCounts(counts: readonly Counts[]): Counts {
  const sums = new Map<string, number>();
  for (const each of counts) for (const [name, count] of Object.entries(each)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries([...sums].filter(([, count]) => count !== 0).sort(([a, m], [b, n]) => n - m || compare(a, b)));
}

/** Flows and packets by a name that a flow has; flows without one are left out. */
function trafficBy(flows: readonly FlowReport[], nameOf: (flow: FlowReport) => string): Record<string, Traffic> {
  const sums = new Map<string, Traffic>();
  for (const flow of flows) {
    const name = nameOf(flow);
    if (name === '') continue;
    const sum = sums.get(name) ?? { flows: 0, packets: 0 };
    sum.flows++;
    sum.packets += flow.packets[0] + flow.packets[1];
    sums.set(name, sum);
  }
  return Object.fromEntries([...sums].sort(([a, m], [b, n]) => n.packets - m.packets || compare(a, b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
