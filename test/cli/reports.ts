/** A report as a run of an office's chain gives it. */
import type { Report } from '../../src/runtime/report.js';

export function officeReport(): Report {
  return {
    schemaVersion: 1,
    ports: {
      inside: { received: 1200, transmitted: 1030, originated: 1, receivedBytes: 90_000, transmittedBytes: 80_000, drops: { 'firewall-denied': 59 }, written: '/home/me/out/inside.pcapng' },
      outside: { received: 1000, transmitted: 1100, originated: 0, receivedBytes: 80_000, transmittedBytes: 90_000, drops: { 'no-path': 12 } },
    },
    vms: [
      { name: 'firewall', chain: 'edge', function: 'firewall', received: 2188, returned: 2188, originated: 1, drops: { 'firewall-denied': 59 }, invalidReturns: 0, restarts: 0, counters: {}, alerts: {} },
      { name: 'dpi', chain: 'edge', function: 'dpi', received: 2129, returned: 2129, originated: 0, drops: {}, invalidReturns: 0, restarts: 0, counters: {}, alerts: { 'bad-words': 3 } },
    ],
    drops: { 'no-path': 12, 'firewall-denied': 59 },
    ledger: { received: 2200, originated: 1, transmitted: 2130, dropped: 71, inFlight: 0, balanced: true },
    bytesCopied: 0,
    durationMs: 1234.5,
    packetsPerSecond: 1782.1,
    protocols: { DNS: { flows: 2, packets: 8 }, TLS: { flows: 1, packets: 40 } },
    hosts: { 'www.example': 1, 'evil\u001b[2Jname': 2 },
    alerts: { 'bad-words': 3 },
    eventsLost: 0,
    problems: [{ port: 'inside', kind: 'truncated', count: 1, firstAt: 4096, detail: 'a record of 60 B, 12 B left' }],
  };
}
