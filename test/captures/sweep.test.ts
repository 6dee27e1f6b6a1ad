/**
 * Every capture of ../shared/captures under the policies of examples/, in one thread; some on real threads. tshark looks
 * at the checksums of all that was written.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'millrace';
import { describe, expect, it, vi } from 'vitest';
import type { Report } from '../../src/runtime/report.js';
import { simulate } from '../../src/runtime/simulate.js';
import { EXAMPLE_CAPTURE, EXAMPLES, factsOf, POLICIES, policyOver, temporaryFolder, type Policy } from '../support/captures.js';
import { sharedCaptures } from '../support/requirements.js';
import { checksumsOf, hasTshark, newlyBad } from '../support/tshark.js';

// For a machine that is busy with the other tests.
vi.setConfig({ testTimeout: 180_000 });

const folder = sharedCaptures();
const labels = folder === null ? {} : (JSON.parse(readFileSync(`${folder}labels.json`, 'utf8')) as Record<string, { packets: number; flows: { packets: [number, number] }[] }>);
const files = Object.keys(labels);
const written = temporaryFolder();
/** Ten times the flows of the capture that has most: memory for more would be cleared for each of three hundred runs. */
const FLOWS = 4096;

/** Captures with both directions in them of which one does not come through under the permit policy. */
const ONE_WAY: Readonly<Record<string, string>> = {
  'BGP_Cisco_hdlc_slarp.pcap': 'its link type, Cisco HDLC, is not read: no packet comes in (docs/captures.md)',
  'stun_tcp_multiple_msgs_same_pkt.pcap': 'all that the outside sends is a SYN+ACK, before any packet of the inside: no binding',
};
const twoWay = (name: string): boolean => labels[name].flows.some(({ packets: [one, other] }) => one > 0 && other > 0);

/** One for each link type and kind of trouble, and the example's. */
const SAMPLE = [
  '6in4tunnel.pcap', 'dns_fragmented.pcap', 'fuzz-2006-06-26-2594.pcap', 'http_ipv6.pcap', 'ossfuzz_seed_fake_traces_2.pcapng', 'smb_frags.pcap',
];

/** mergecap takes no capture without packets. */
const hasPackets = (path: string): boolean => factsOf(path).packets > 0;

function pathsOf(policy: Policy, name: string): Record<'inside' | 'outside', string> & { folder: string } {
  const own = join(written, policy, name);
  mkdirSync(own, { recursive: true });
  return { folder: own, inside: join(own, 'inside.pcapng'), outside: join(own, 'outside.pcapng') };
}

/** What holds of every run, whatever was in the capture. */
function holds(name: string, capture: string, report: Report, out: { inside: string; outside: string }): void {
  const facts = factsOf(capture);
  const { ledger, ports } = report;
  expect({ name, error: report.error, ledger, bytesCopied: report.bytesCopied, invalid: report.vms.map((vm) => vm.invalidReturns) }).toEqual({
    name,
    error: undefined,
    ledger: { received: facts.packets, originated: 0, transmitted: ledger.transmitted, dropped: ledger.dropped, inFlight: 0, balanced: true },
    bytesCopied: 0,
    invalid: report.vms.map(() => 0),
  });
  const named = report.problems.filter(({ kind }) => kind !== 'no-packets').reduce((sum, { count }) => sum + count, 0);
  expect([name, facts.records - facts.packets]).toEqual([name, named]);
  for (const side of ['inside', 'outside'] as const) {
    const back = factsOf(out[side]);
    const problems = ports[side].transmitted === 0 ? { 'no-packets': 1 } : {};
    expect([name, side, back]).toEqual([name, side, { records: ports[side].transmitted, packets: ports[side].transmitted, problems }]);
  }
  for (const reason of ['nf-crash', 'tx-pointer-invalid', 'tx-bounds-invalid', 'egress-failed', 'chain-stopped']) {
    expect([name, reason, report.drops[reason]]).toEqual([name, reason, undefined]);
  }
}

/** Runs every capture, once per policy; returns those with both directions in them of which one came to nothing. */
async function sweep(policy: Policy): Promise<string[]> {
  const dead: string[] = [];
  for (const name of files) {
    const out = pathsOf(policy, name);
    const report = await simulate(await policyOver(policy, folder! + name, { folder: out.folder, flows: FLOWS }), { baseDirectory: EXAMPLES });
    expect([name, factsOf(folder! + name).records]).toEqual([name, labels[name].packets]);
    expect([name, report.census.balanced, report.census.faults]).toEqual([name, true, []]);
    holds(name, folder! + name, report, out);
    const { inside, outside } = report.ports;
    if (twoWay(name) && (inside.transmitted === 0 || outside.transmitted === 0)) dead.push(name);
  }
  return dead;
}
const sweeps = new Map<Policy, Promise<string[]>>();
function swept(policy: Policy): Promise<string[]> {
  const known = sweeps.get(policy) ?? sweep(policy);
  sweeps.set(policy, known);
  return known;
}

describe.skipIf(folder === null).each(POLICIES)('every capture under the %s policy', (policy) => {
  it('comes through whole or is counted, and nothing is copied', async () => {
    const dead = await swept(policy);
    if (policy === 'permit') expect(dead).toEqual(files.filter((name) => name in ONE_WAY));
  });
});

describe.skipIf(folder === null)('a sample on real threads', () => {
  it.each(SAMPLE)('%s', async (name) => {
    // The policies differ in their options alone, and threads do not see these: they take turns.
    const policy = POLICIES[SAMPLE.indexOf(name) % POLICIES.length];
    const out = pathsOf(policy, `threads-${name}`);
    holds(name, folder! + name, await run(await policyOver(policy, folder! + name, { folder: out.folder }), { baseDirectory: EXAMPLES }), out);
  });
});

describe.skipIf(!hasTshark())('checksums, by tshark', () => {
  it('are no worse after the chain than before, in the example', async () => {
    for (const policy of POLICIES) {
      const out = pathsOf(policy, 'example');
      const report = await simulate(await policyOver(policy, EXAMPLE_CAPTURE, { folder: out.folder }), { baseDirectory: EXAMPLES });
      const after = checksumsOf([out.inside, out.outside], written);
      expect(after.packets).toBe(report.ledger.transmitted);
      expect(newlyBad(checksumsOf([EXAMPLE_CAPTURE], written), after)).toEqual([]);
    }
  });

  it.skipIf(folder === null)('are no worse in any capture', async () => {
    const before = checksumsOf(files.map((name) => folder! + name).filter(hasPackets), written);
    for (const policy of POLICIES) {
      await swept(policy);
      const after = checksumsOf(files.flatMap((name) => [pathsOf(policy, name).inside, pathsOf(policy, name).outside]).filter(hasPackets), written);
      console.log(`${policy}: ${before.bad.length} wrong checksums in ${before.packets} packets before, ${after.bad.length} in ${after.packets} after`);
      expect(newlyBad(before, after)).toEqual([]);
    }
  });
});
