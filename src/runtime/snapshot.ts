/** Reads counters and tables from control memory and makes a report of them. Main thread. */
import { ConnectionReader } from '../flow/connection-reader.js';
import { Cell, counterBlock, dropsByName } from '../observe/counters.js';
import type { EventDesk } from './event-desk.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { CounterReport, Ledger, PortReport, Report, ThreadReport, VmReport } from './report.js';

export interface SnapshotOptions {
  withFlows: boolean;
  durationMs: number;
}

/**
 * What is read from counters alone: cheap, however many flows there are. Before the manager's last census, what is in flight is
 * the difference of counters that move meanwhile.
 */
export function snapshotCounters(plan: Plan, layout: Layout, desk: EventDesk, durationMs: number): CounterReport {
  const { control } = layout.shared;
  const names = layout.drops.names;
  const ports: Record<string, PortReport> = {};
  const drops: Record<string, number> = {};
  const ledger: Ledger = { received: 0, originated: 0, transmitted: 0, dropped: 0, inFlight: 0, balanced: false };
  layout.manager.ports.forEach(({ name, countersBlockOffset }, at) => {
    const block = counterBlock(control, countersBlockOffset);
    const { spec } = plan.ports[at];
    const port: PortReport = {
      received: block[Cell.received],
      transmitted: block[Cell.transmitted],
      originated: block[Cell.originated],
      receivedBytes: block[Cell.receivedBytes],
      transmittedBytes: block[Cell.transmittedBytes],
      drops: dropsByName(block, names),
      ...(desk.downPorts.has(at) && { down: true }),
      ...('write' in spec && spec.write !== null && { written: spec.write }),
    };
    for (const thread of layout.portThreads) if (thread.port === at) addOwnCounts(port, counterBlock(control, thread.countersOffset), names);
    ports[name] = port;
    ledger.received += port.received;
    ledger.originated += port.originated;
    ledger.transmitted += port.transmitted;
    for (const [reason, count] of Object.entries(ports[name].drops)) {
      ledger.dropped += count;
      drops[reason] = (drops[reason] ?? 0) + count;
    }
  });
  ledger.inFlight = desk.finalCensus?.inFlight ?? ledger.received + ledger.originated - ledger.transmitted - ledger.dropped;
  ledger.balanced = desk.finalCensus !== null && desk.finalCensus.balanced && ledger.received + ledger.originated === ledger.transmitted + ledger.dropped + ledger.inFlight;

  const vms = layout.functions.map((vm, at): VmReport => {
    const block = counterBlock(control, vm.countersBlockOffset);
    const cells = new Float64Array(control, vm.countersOffset, vm.counterNames.length);
    return {
      name: vm.name,
      chain: vm.chain,
      function: vm.function,
      received: block[Cell.received],
      returned: block[Cell.returned],
      originated: block[Cell.originated],
      drops: dropsByName(block, names),
      invalidReturns: block[Cell.invalidReturns],
      restarts: 0,
      counters: Object.fromEntries(vm.counterNames.map((name, index) => [name, cells[index]])),
      alerts: { ...desk.alerts[at] },
    };
  });
  const bytesCopied = layout.functions.reduce((sum, vm) => sum + counterBlock(control, vm.countersBlockOffset)[Cell.transmittedBytes], 0);
  const alerts: Record<string, number> = {};
  for (const { alerts: ofVm } of vms) for (const [signature, count] of Object.entries(ofVm)) alerts[signature] = (alerts[signature] ?? 0) + count;

  return {
    ports, vms, drops, ledger, bytesCopied, durationMs,
    packetsPerSecond: durationMs > 0 ? (ledger.received / durationMs) * 1000 : 0,
    threads: threadsOf(plan, layout),
    alerts,
    connectionsEvicted: new ConnectionReader(control, layout.manager.connectionsOffset, plan.flows).evictions,
    eventsLost: desk.lost,
  };
}

export function snapshotReport(plan: Plan, layout: Layout, desk: EventDesk, { withFlows, durationMs }: SnapshotOptions): Report {
  const counters = snapshotCounters(plan, layout, desk, durationMs);
  const { names } = layout.drops;
  const standing = new ConnectionReader(layout.shared.control, layout.manager.connectionsOffset, plan.flows);
  return {
    schemaVersion: 1,
    ...counters,
    ...desk.flowLog.summary(),
    problems: desk.problems,
    ...(withFlows && {
      flows: desk.flowLog.flows(standing.records()).map(({ l4, a, b, icmp, protocol, host, details, packets, verdict }) => ({
        l4, a, b, ...(icmp !== undefined && { icmp }), protocol, host,
        ...(Object.keys(details).length > 0 && { details }),
        packets, verdict: verdict === 0 ? 'forward' : names[verdict],
      })),
    }),
    ...(desk.failure !== null && { error: desk.failure }),
  };
}

const KIND_OF_HALF = { receive: 'port-receive', send: 'port-send', both: 'port' } as const;

function threadsOf({ threads }: Plan, { shared, manager, vms, portThreads }: Layout): ThreadReport[] {
  const busyMs = (offset: number): number => new Float64Array(shared.control, offset, 1)[0];
  const own: ThreadReport = { name: 'manager', kind: 'manager', busyMs: busyMs(manager.busyOffset) };
  if (threads === 'one') return [own];
  return [
    own,
    ...vms.filter(({ isInline }) => !isInline).map(({ name, busyOffset }): ThreadReport => ({ name, kind: 'vm', busyMs: busyMs(busyOffset) })),
    ...portThreads.map(({ name, half, busyOffset }): ThreadReport => ({ name, kind: KIND_OF_HALF[half], busyMs: busyMs(busyOffset) })),
  ];
}

/** What a thread of a live port counted by itself: each packet that it dropped was received, each that it sent was made there. */
function addOwnCounts(port: PortReport, block: Float64Array, names: readonly string[]): void {
  const sent = block[Cell.transmitted];
  port.transmitted += sent;
  port.originated += sent;
  port.receivedBytes += block[Cell.receivedBytes];
  port.transmittedBytes += block[Cell.transmittedBytes];
  for (const [reason, count] of Object.entries(dropsByName(block, names))) {
    port.received += count;
    port.drops[reason] = (port.drops[reason] ?? 0) + count;
  }
}
