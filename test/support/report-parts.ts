/** The parts of a report that are the same however fast it ran and whatever the threads did: to compare and to keep. */
import type { Report } from '../../src/runtime/report.js';

const nonzero = (counters: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0));
const sorted = (counters: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).sort(([one], [other]) => (one < other ? -1 : 1)));

export interface ReportParts {
  ledger: Report['ledger'];
  drops: Record<string, number>;
  ports: Record<string, { received: number; transmitted: number; drops: Record<string, number> }>;
  vms: Record<string, { received: number; returned: number; drops: Record<string, number>; counters: Record<string, number>; alerts: Record<string, number> }>;
  protocols: Record<string, { flows: number; packets: number }>;
  hosts: Record<string, number>;
  /** One line each, in the order in which they began. */
  flows: string[];
}

export function partsOf(report: Report): ReportParts {
  return {
    ledger: report.ledger,
    drops: sorted(report.drops),
    ports: Object.fromEntries(Object.entries(report.ports).map(([name, { received, transmitted, drops }]) => [name, { received, transmitted, drops: sorted(drops) }])),
    vms: Object.fromEntries(report.vms.map(({ name, received, returned, drops, counters, alerts }) => [
      name, { received, returned, drops: sorted(drops), counters: nonzero(counters), alerts: sorted(alerts) },
    ])),
    protocols: Object.fromEntries(Object.entries(report.protocols).sort(([one], [other]) => (one < other ? -1 : 1))),
    hosts: sorted(report.hosts),
    flows: (report.flows ?? []).map(({ l4, a, b, protocol, host, packets, verdict }) =>
      `${l4} ${a} ${b} ${packets.join('/')} ${protocol === '' ? '-' : protocol} ${host === '' ? '-' : host} ${verdict}`),
  };
}
