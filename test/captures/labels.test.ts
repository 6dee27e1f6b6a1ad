/**
 * What `millrace inspect` says of the shared captures, flow by flow, against their labels: DPI behind the real ports,
 * classifier and connection table, in one thread. Not found are what the labels look for inside of tunnels, link types
 * that are not read, malformed packets, and ICMP errors, which belong to the flow that they quote; not named are, for the
 * most part, flows without payload, whose name in the labels is a guess by port.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatIpv6, parseIpv6 } from '../../src/packet/address.js';
import { PROTOCOL_NAMES } from '../../src/nf/dpi/protocol-table.js';
import { simulate } from '../../src/runtime/simulate.js';
import type { Configuration } from '../../src/runtime/configuration.js';
import { sharedCaptures } from '../support/requirements.js';

interface Label {
  l4: string;
  a: string;
  b: string;
  protocol: string;
  host?: string;
}

const folder = sharedCaptures();
const labels = folder === null ? {} : (JSON.parse(readFileSync(`${folder}labels.json`, 'utf8')) as Record<string, { flows: Label[] }>);

/** Least agreement, a little below what is reached. */
const FLOW_FLOOR = 0.96;
const PROTOCOL_FLOOR = 0.91;
const HOST_FLOOR = 0.95;

const topLevel = (name: string): string => name.split('.')[0];
const SCOPE = new Set(PROTOCOL_NAMES.map(topLevel));
const keyOf = ({ l4, a, b }: { l4: string; a: string; b: string }): string => `${l4} ${[endOf(a), endOf(b)].sort().join(' ')}`;

/** The labels shorten a single zero group to `::`, which RFC 5952 section 4.2.2 forbids. */
function endOf(text: string): string {
  const words = parseIpv6(/^\[(.*)\]/.exec(text)?.[1] ?? '');
  return words === null ? text : text.replace(/\[.*\]/, `[${formatIpv6(words[0], words[1], words[2], words[3])}]`);
}

/** As `millrace inspect` runs it, with less memory. */
const inspection = (file: string): Configuration => ({
  captures: { capture: { file } },
  ports: { inside: { capture: 'capture', side: 'inside' }, outside: { capture: 'capture', side: 'outside' } },
  chains: { inspect: ['dpi'] },
  paths: [{ between: ['inside', 'outside'], match: 'any', via: 'inspect' }],
  memory: { slots: 64, slotBytes: 131_072 },
  flows: 4096,
});

describe.skipIf(folder === null)('inspection of the shared captures', () => {
  it('finds nearly every flow of the labels, with its protocol and host', async () => {
    const counts = { flows: 0, found: 0, named: 0, agree: 0, hosts: 0, hostsAgree: 0 };
    const missing: Record<string, number> = {};
    const wrong: string[] = [];
    for (const [file, { flows }] of Object.entries(labels)) {
      const report = await simulate(inspection(folder! + file), { flows: true });
      expect([file, report.error, report.ledger.balanced]).toEqual([file, undefined, true]);
      const byKey = new Map<string, { protocols: Set<string>; hosts: Set<string> }>();
      for (const flow of report.flows ?? []) {
        const entry = byKey.get(keyOf(flow)) ?? { protocols: new Set(), hosts: new Set() };
        entry.protocols.add(topLevel(flow.protocol));
        entry.hosts.add(flow.host);
        byKey.set(keyOf(flow), entry);
      }
      for (const label of flows) {
        counts.flows++;
        const found = byKey.get(keyOf(label));
        if (found === undefined) {
          missing[`${file} ${label.l4}`] = (missing[`${file} ${label.l4}`] ?? 0) + 1;
          continue;
        }
        counts.found++;
        const wanted = topLevel(label.protocol);
        if (!SCOPE.has(wanted)) continue;
        counts.named++;
        if (found.protocols.has(wanted)) counts.agree++;
        else wrong.push(`${file} ${keyOf(label)} ${wanted}, found ${[...found.protocols].join()}`);
        if (label.host === undefined) continue;
        counts.hosts++;
        if (found.hosts.has(label.host)) counts.hostsAgree++;
      }
    }
    console.log(counts);
    expect(counts.found / counts.flows, `not found: ${JSON.stringify(missing, null, 2)}`).toBeGreaterThan(FLOW_FLOOR);
    expect(counts.agree / counts.named, `named otherwise:\n${wrong.join('\n')}`).toBeGreaterThan(PROTOCOL_FLOOR);
    expect(counts.hostsAgree / counts.hosts).toBeGreaterThan(HOST_FLOOR);
  });
});
