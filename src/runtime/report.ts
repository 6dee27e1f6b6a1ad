/** What a run comes to, and what a running chain has come to so far. Plain data: the CLI's `--json` prints just this. */
import type { FlowDetails } from '../nf/contract.js';
import type { CrashedPacket } from '../packet-manager/messages.js';

export interface PortReport {
  /** Packets that came in by this port, also those that never got a slot. */
  received: number;
  transmitted: number;
  /** Packets that the chain made itself and that leave, or left, by this port. */
  originated: number;
  receivedBytes: number;
  transmittedBytes: number;
  /** Of the packets that came in here, by drop reason. */
  drops: Record<string, number>;
  /** It is a live port, and down. Absent else. */
  down?: true;
  /** File that was written, absolute. */
  written?: string;
}

export interface VmReport {
  name: string;
  chain: string;
  function: string;
  /** Packets lent to it, and returned by it in order. */
  received: number;
  returned: number;
  originated: number;
  /** Dropped by its verdict, or because of it. */
  drops: Record<string, number>;
  /** Addresses that it returned and was not lent: never used. */
  invalidReturns: number;
  restarts: number;
  /** The function's own counters. */
  counters: Record<string, number>;
  /** Alerts by signature. */
  alerts: Record<string, number>;
}

export interface ThreadReport {
  /** Of a VM: its function, or its chain where one VM runs all of it. Of a port's threads: the port. */
  name: string;
  /** A port on an interface has a thread that receives and one that sends. With `threads: one` the manager's does everything. */
  kind: 'manager' | 'vm' | 'port' | 'port-receive' | 'port-send';
  /** Milliseconds in which it had work, also those in which the system had its core do something else. */
  busyMs: number;
}

export interface Ledger {
  received: number;
  originated: number;
  transmitted: number;
  dropped: number;
  /** Counted from owners and rings. */
  inFlight: number;
  /** received + originated == transmitted + dropped + inFlight, and every slot is in exactly one place. */
  balanced: boolean;
}

export interface FlowReport {
  /** `TCP`, `UDP`, `ICMP`, `ICMPV6` …; a number for an IP protocol without a name here. */
  l4: string;
  /** `address:port`, an IPv6 address in brackets. `a` sent the first packet. */
  a: string;
  b: string;
  /** Of ICMP: type and code; of a query and its answers those of the query. */
  icmp?: { type: number; code: number };
  /** As DPI says; empty when nothing did. */
  protocol: string;
  host: string;
  /** What else DPI found out, by protocol and field; absent when that is nothing. */
  details?: FlowDetails;
  /** From a to b, and from b to a. */
  packets: [number, number];
  /** `forward`, or the reason for which its last dropped packet was dropped. */
  verdict: string;
}

/** What was watched, when something was. */
export interface WatchReport {
  /** Bytes of packets that were copied to be watched: none of them between ingress and egress. */
  bytesCopied: number;
  /** Packets whose stories were told, and records of stories that found no room. */
  trace?: { packets: number; skipped: number };
  /** Dropped packets that were written, and those of which there was nothing to write or no room. */
  drops?: { written: number; skipped: number; file?: string };
}

/** What counters alone say: the part of a report that costs little however many flows there are. */
export interface CounterReport {
  ports: Record<string, PortReport>;
  vms: VmReport[];
  /** All drops by reason. */
  drops: Record<string, number>;
  ledger: Ledger;
  /** Between ingress and egress. 0 in zero-copy mode. */
  bytesCopied: number;
  durationMs: number;
  /** Received packets by duration. */
  packetsPerSecond: number;
  /** The threads that poll: the packet manager, then the VMs. */
  threads: ThreadReport[];
  /** Alerts by signature, of all VMs. */
  alerts: Record<string, number>;
  /** Connections forgotten before their time, because a new one needed their place in the table. */
  connectionsEvicted: number;
  /** Events that found no room on their way to the main thread. */
  eventsLost: number;
}

export interface Report extends CounterReport {
  schemaVersion: 1;
  /** What DPI called the flows. */
  protocols: Record<string, { flows: number; packets: number }>;
  /** Host names that DPI saw, by number of flows. */
  hosts: Record<string, number>;
  /** What was wrong with the captures, by port. */
  problems: { port: string; kind: string; count: number; firstAt: number; detail: string }[];
  flows?: FlowReport[];
  watched?: WatchReport;
  /** Why it ended early; with the code `write-failed`, what it could not write, with `create-timeout`, which network function was not created in time. */
  error?: { message: string; code?: 'write-failed' | 'create-timeout'; chain?: string; vm?: string; port?: string; stack?: string; packet?: CrashedPacket | null };
}
