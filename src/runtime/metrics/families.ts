/** What is served at /metrics. docs/operating.md has the table of names; a test holds the two together. */
import type { CounterReport } from '../report.js';
import type { Family, Labels } from './exposition.js';

/** What is read from a run for one scrape. */
export interface MetricsSource {
  readonly name: string;
  readonly version: string;
  readonly counters: CounterReport;
  readonly connections: number;
  readonly connectionsLimit: number;
  readonly slots: number;
  readonly process: { readonly cpuSeconds: number; readonly residentBytes: number; readonly startedAtSeconds: number };
}

const MS = 1000;
type Samples = [Labels, number][];

export function metricFamilies({ name, version, counters, connections, connectionsLimit, slots, process }: MetricsSource): Family[] {
  const ports = Object.entries(counters.ports);
  const ofPorts = (value: (port: CounterReport['ports'][string]) => number): Samples => ports.map(([port, report]) => [{ port }, value(report)]);
  const ofFunctions = (value: (vm: CounterReport['vms'][number]) => number): Samples => counters.vms.map((vm) => [labelsOf(vm), value(vm)]);
  return [
    gauge('millrace_info', 'The instance and the version that it runs; always 1.', [[{ name, version }, 1]]),
    gauge('millrace_uptime_seconds', 'Time since packets could flow.', [[{}, counters.durationMs / MS]]),
    counter('millrace_port_received_packets_total', 'Packets that came in by the port, also those that never got a slot.', ofPorts(({ received }) => received)),
    counter('millrace_port_received_bytes_total', 'Bytes of the packets that came in by the port.', ofPorts(({ receivedBytes }) => receivedBytes)),
    counter('millrace_port_transmitted_packets_total', 'Packets that left by the port.', ofPorts(({ transmitted }) => transmitted)),
    counter('millrace_port_transmitted_bytes_total', 'Bytes of the packets that left by the port.', ofPorts(({ transmittedBytes }) => transmittedBytes)),
    counter('millrace_port_originated_packets_total', 'Packets that the chain made itself, for the port.', ofPorts(({ originated }) => originated)),
    counter('millrace_port_dropped_packets_total', 'Packets that came in by the port and were dropped, by reason.', ports.flatMap(([port, { drops }]) => byReason({ port }, drops))),
    gauge('millrace_port_up', '0 while a live port is down, else 1.', ofPorts(({ down }) => (down === true ? 0 : 1))),
    counter('millrace_function_received_packets_total', 'Packets lent to the network function.', ofFunctions(({ received }) => received)),
    counter('millrace_function_returned_packets_total', 'Packets that the network function returned.', ofFunctions(({ returned }) => returned)),
    counter('millrace_function_originated_packets_total', 'Packets that the network function made itself.', ofFunctions(({ originated }) => originated)),
    counter('millrace_function_dropped_packets_total', 'Packets dropped by the verdict of the network function, or because of it, by reason.', counters.vms.flatMap((vm) => byReason(labelsOf(vm), vm.drops))),
    counter('millrace_function_invalid_returns_total', 'Addresses that the network function returned and was not lent.', ofFunctions(({ invalidReturns }) => invalidReturns)),
    counter('millrace_function_alerts_total', 'Alerts of the network function.', ofFunctions(({ alerts }) => sum(alerts))),
    counter('millrace_function_events_total', "The network function's own counters.", counters.vms.flatMap((vm) => Object.entries(vm.counters).map(([event, count]): [Labels, number] => [{ ...labelsOf(vm), event }, count]))),
    counter('millrace_thread_busy_seconds_total', 'Time in which the thread had work.', counters.threads.map(({ name: thread, kind, busyMs }) => [{ thread, kind }, busyMs / MS])),
    gauge('millrace_connections', 'Connections that are known now.', [[{}, connections]]),
    gauge('millrace_connections_limit', 'Connections that can be known at a time.', [[{}, connectionsLimit]]),
    counter('millrace_connections_evicted_total', 'Connections forgotten before their time, because a new one needed their place.', [[{}, counters.connectionsEvicted]]),
    gauge('millrace_in_flight_packets', 'Packets between ingress and egress, as the difference of counters that move meanwhile.', [[{}, counters.ledger.inFlight]]),
    gauge('millrace_slots', 'Slots in the region: packets that can be inside at a time.', [[{}, slots]]),
    counter('millrace_copied_bytes_total', 'Bytes copied between ingress and egress: 0 in zero-copy mode.', [[{}, counters.bytesCopied]]),
    counter('millrace_events_lost_total', 'Alerts and descriptions of flows that found no room on their way to the main thread.', [[{}, counters.eventsLost]]),
    counter('process_cpu_seconds_total', 'Processor time of all threads of the process.', [[{}, process.cpuSeconds]]),
    gauge('process_resident_memory_bytes', 'Memory of the process that is in RAM.', [[{}, process.residentBytes]]),
    gauge('process_start_time_seconds', 'When the process was started, in seconds since 1970.', [[{}, process.startedAtSeconds]]),
  ];
}

function gauge(name: string, help: string, samples: Samples): Family {
  return { name, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: Samples): Family {
  return { name, type: 'counter', help, samples };
}

function labelsOf({ chain, name }: CounterReport['vms'][number]): Labels {
  return { chain, function: name };
}

function byReason(labels: Labels, drops: Readonly<Record<string, number>>): Samples {
  return Object.entries(drops).map(([reason, count]) => [{ ...labels, reason }, count]);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
