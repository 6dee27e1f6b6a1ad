/**
 * Real programs through firewall, NAT and DPI, at length, with what each came to. Needs root, and the programs that it names
 * when they are missing. Run: npm run build && sudo npx tsx scripts/live-proof.ts [--megabytes 100] [--seconds 10] [--peer cable|one-thread|vxlan]
 */
import { parseArgs } from 'node:util';
import { canUseNamespaces } from '../test/live/lab.js';
import { PROGRAMS, Proof, type Peer } from '../test/live/proof-hosts.js';
import { STEPS, checkEnd, checkStep, type Drops } from '../test/live/proof-steps.js';

const { values } = parseArgs({
  options: { megabytes: { type: 'string', default: '100' }, seconds: { type: 'string', default: '10' }, peer: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help === true) {
  console.log('npx tsx scripts/live-proof.ts [--megabytes 100] [--seconds 10] [--peer cable|one-thread|vxlan]\nBuilds client, Millrace and server from network namespaces and sends real programs through. Needs root and a build.');
  process.exit(0);
}
const [megabytes, seconds] = [Number(values.megabytes), Number(values.seconds)];
const peers = (['cable', 'one-thread', 'vxlan'] satisfies Peer[]).filter((peer) => values.peer === undefined || values.peer === peer);
if (!(megabytes > 0) || !(seconds >= 1) || peers.length === 0) {
  console.error('--megabytes is a number above 0, --seconds one from 1, --peer is cable, one-thread or vxlan');
  process.exit(2);
}
if (!canUseNamespaces(...PROGRAMS)) process.exit(1);

const SCENES: Record<Peer, string> = {
  cable: 'cables on both sides',
  'one-thread': 'cables on both sides, Millrace in one thread',
  vxlan: 'the server behind a VXLAN interface of the kernel',
};

let failures = 0;
let skipped = 0;
for (const peer of peers) {
  console.log(`client - Millrace - server, ${SCENES[peer]}`);
  const proof = new Proof(peer, { fileBytes: megabytes * 1e6, seconds });
  const say = async (name: string, run: () => Promise<string>): Promise<void> => {
    try {
      console.log(`  ${name}: ${await run()}`);
    } catch (error) {
      failures++;
      console.log(`  FAILED ${name}: ${String(error)}`);
    }
  };
  try {
    await proof.open();
    let before: Drops = {};
    for (const step of STEPS) {
      const missing = step.missing?.() ?? null;
      if (missing !== null) {
        skipped++;
        console.log(`  SKIPPED ${step.name}: ${missing}`);
        continue;
      }
      await say(step.name, async () => {
        const seen = await step.run(proof);
        const report = await proof.soFar();
        const earlier = before;
        before = report.drops;
        return `${seen}\n      ledger ${checkStep(proof, step, report, earlier)}`;
      });
    }
    await say('at the end', () => checkEnd(proof, before));
  } finally {
    await proof.lab.close();
  }
}
if (skipped > 0) console.log(`${skipped} steps were skipped: they prove nothing here`);
process.exitCode = failures === 0 ? 0 : 1;
