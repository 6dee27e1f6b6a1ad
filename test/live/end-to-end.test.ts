/**
 * Real programs through firewall, NAT and DPI between two network namespaces: over cables on both sides, and with a VXLAN
 * interface of the kernel as the peer of one. After each the ledger balances, nothing is dropped that was not meant to be, and
 * no host has seen a wrong checksum; nothing is left behind. `npx tsx scripts/live-proof.ts` does the same at length.
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canUseNamespaces } from './lab.js';
import { PROGRAMS, Proof, type Peer } from './proof-hosts.js';
import { STEPS, checkEnd, checkStep, type Drops } from './proof-steps.js';

const usable = canUseNamespaces(...PROGRAMS);

describe.skipIf(!usable).each<[string, Peer, number]>([
  ['between two cables', 'cable', 30_000_000],
  ['with an interface of the kernel at the other end of a VXLAN tunnel', 'vxlan', 5_000_000],
])('real programs through firewall, NAT and DPI, %s', (_, peer, fileBytes) => {
  let proof: Proof;
  let before: Drops = {};
  beforeAll(async () => {
    proof = new Proof(peer, { fileBytes, seconds: 1 });
    await proof.open();
  });
  afterAll(async () => { await proof.lab.close(); });

  it.for(STEPS)('$name', async (step, context) => {
    const missing = step.missing?.() ?? null;
    if (missing !== null) console.warn(`skipped: ${step.name}: ${missing}`);
    context.skip(missing !== null, missing ?? '');
    await step.run(proof);
    const report = await proof.soFar();
    const earlier = before;
    before = report.drops;
    checkStep(proof, step, report, earlier);
  });

  it('and then the books balance, and every drop was meant', async () => { await checkEnd(proof, before); });

  it('nothing is left of the namespaces', async () => {
    await proof.lab.close();
    expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })).not.toContain(`mr${process.pid}-`);
  });
});
