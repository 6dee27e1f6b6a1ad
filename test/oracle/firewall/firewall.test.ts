/**
 * Our firewall beside the kernel's: the same rules, printed for nftables, and the same packets, one by one. Needs root, nft and
 * python3; skips itself, saying so, elsewhere. ORACLE_SEED and ORACLE_PACKETS make another or a longer run of it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { FirewallInput } from '../../../src/nf/firewall/index.js';
import { sharedCaptures } from '../../support/requirements.js';
import { packetsOf } from './capture-packets.js';
import { compare, type Comparison } from './compare.js';
import { surprises } from './foretell.js';
import { hasKernelFirewall, type Sent } from './kernel-firewall.js';
import { trafficFrom } from './traffic.js';

vi.setConfig({ testTimeout: 240_000 });

const isThere = hasKernelFirewall();
const captures = sharedCaptures();
const seed = Number(process.env['ORACLE_SEED'] ?? 7);
const count = Number(process.env['ORACLE_PACKETS'] ?? 3000);
const inside = ['10.0.0.0/8', 'fd00::/8'];

/** Share of packets about which the two may differ for the reasons that are known. */
const MOST_EXPLAINED = 0.03;
/** Lines of a failure. */
const MOST_SHOWN = 20;

/** Nothing that is not written down; `input`: the rules, where they keep connections. */
async function report(name: string, comparison: Comparison, sent: readonly Sent[], input: FirewallInput): Promise<void> {
  const { packets, agreed, disagreements } = comparison;
  console.log(`${name} (seed ${seed}): ${packets} packets, agreed ${JSON.stringify(agreed)}, otherwise ${disagreements.length}`);
  const lines = input.stateful === false ? disagreements.map(({ at }) => `packet ${at}`) : await surprises(input, sent, comparison);
  expect(lines.slice(0, MOST_SHOWN), `seed ${seed}`).toEqual([]);
  expect(disagreements.length).toBeLessThan(packets * MOST_EXPLAINED);
}

/** Each rule and class was met so often, by us and by the kernel. */
function hits({ ours, kernel }: Comparison, names: readonly string[], least: number): void {
  for (const name of names) {
    expect([name, (ours[name] ?? 0) >= least], `${name}: ${ours[name]} of ours, ${kernel[name]} of the kernel's`).toEqual([name, true]);
    expect([name, (kernel[name] ?? 0) >= least]).toEqual([name, true]);
  }
}
const rulesUpTo = (count: number): string[] => Array.from({ length: count }, (_, index) => `rule ${index + 1}`);

describe.skipIf(!isThere)('beside the firewall of the kernel', () => {
  it('agrees about generated traffic, by the rules of an office', async () => {
    const packets = trafficFrom(seed, count);
    const input: FirewallInput = { rules: ['allow out any', 'allow in tcp to any port 80', 'deny any'], invalid: 'drop' };
    const result = await compare(input, packets, { inside });
    await report('office', result, packets, input);
    hits(result, [...rulesUpTo(3).filter((name) => name !== 'rule 2'), 'established', 'related', 'invalid'], 20);
  });

  it('agrees about connections of ends that know what they do', async () => {
    const packets = trafficFrom(seed + 4, count, true);
    const input: FirewallInput = { rules: ['allow out any', 'allow in tcp to any port 80', 'deny any'], invalid: 'drop' };
    const result = await compare(input, packets, { inside });
    await report('honest', result, packets, input);
    hits(result, ['rule 1', 'rule 3', 'established', 'related'], 20);
  });

  it('agrees about rules of every kind, and what they answer', async () => {
    const packets = trafficFrom(seed + 1, count);
    const input: FirewallInput = {
      sets: { servers: ['192.0.2.0/25', '2001:db8::/64'], web: [80, 443, '8000-8999'] },
      rules: [
        'count ip dscp ef', 'log state new ip6', 'reject out tcp to @servers port 22', 'reject with port-unreachable udp to any port 53',
        'deny out ip4 to not { 192.0.2.0/24, 198.51.100.0/24, 10.0.0.0/8 }', 'allow out tcp from { 10.0.0.0/24, fd00::/16 } to any port @web flags syn, not ack',
        'allow out on inside udp to @servers port 1-1023', 'allow icmp type echo-request,3', 'allow icmp6 type 128', 'allow out proto { 47, esp }',
        'reject in with host-unreachable ip6', 'reject with admin-prohibited ip4 from 10.0.1.0/24', 'allow in tcp from any port 1024-65535 to any port 22', 'reject log any',
      ],
      invalid: 'drop',
    };
    const result = await compare(input, packets, { inside });
    await report('every kind', result, packets, input);
    hits(result, rulesUpTo(14).filter((name) => !['rule 2', 'rule 5', 'rule 13'].includes(name)), 3);
    expect(result.agreed['reset']).toBeGreaterThan(10);
    expect(result.agreed['error']).toBeGreaterThan(10);
  });

  it('agrees where rules alone say which states pass', async () => {
    const packets = trafficFrom(seed + 2, count);
    const input: FirewallInput = {
      rules: ['deny state invalid', 'allow in state established', 'allow out state established,related', 'allow state related', 'allow out state new any', 'deny any'],
      stateful: 'explicit', invalid: 'rules',
    };
    const result = await compare(input, packets, { inside });
    await report('explicit', result, packets, input);
    hits(result, rulesUpTo(6), 10);
  });

  it('agrees about limits', async () => {
    const packets = trafficFrom(seed + 3, count);
    const input: FirewallInput = { rules: ['allow out limit 1/hour burst 7 udp', 'allow out limit 1/day burst 3 icmp', 'deny any'], stateful: false };
    const result = await compare(input, packets, { inside });
    await report('limits', result, packets, input);
    expect([result.ours['rule 1'], result.ours['rule 2']]).toEqual([7, 3]);
    expect([result.kernel['rule 1'], result.kernel['rule 2']]).toEqual([7, 3]);
  });

  it.skipIf(captures === null)('agrees about real captures', async () => {
    const labels = Object.keys(JSON.parse(readFileSync(`${captures}labels.json`, 'utf8')) as object);
    const packets = labels.flatMap((name) => packetsOf(`${captures}${name}`, 400));
    const input: FirewallInput = {
      rules: ['deny out udp to any port 1900,5353', 'allow out tcp flags syn, not ack', 'allow out tcp to any port 1-1023', 'allow out udp', 'allow out icmp', 'allow out ip6', 'deny any'],
      invalid: 'drop',
    };
    const result = await compare(input, packets, { inside, checksums: false });
    await report('captures', result, packets, input);
    hits(result, ['rule 2', 'rule 3', 'rule 4', 'rule 6', 'rule 7', 'established', 'related', 'invalid'], 3);
    expect(packets.length).toBeGreaterThan(10_000);
  });
});
