/** Many runs in one process: memory outside of the JavaScript heap comes back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chain, generator, run, sink } from 'millrace';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/runtime/simulate.js';
import { touch } from '../support/trace-function.mjs';
import { EXAMPLE_CAPTURE, EXAMPLES, pcapOf, policyOver, recordsOf, temporaryFolder } from '../support/captures.js';

const capture = join(temporaryFolder(), 'tiny.pcap');
const PACKETS = 20;
writeFileSync(capture, pcapOf(recordsOf(EXAMPLE_CAPTURE).slice(0, PACKETS)));

/** The collector comes when it likes. A leak would be more than this: a run takes 8 MiB and more, and at least 14 are compared. */
const SLACK_BYTES = 64 * 1024 * 1024;

/** For a machine that is busy with the other tests. */
const PATIENCE_MS = 180_000;

/** Most bytes outside of the heap after any of the later runs, beyond those after the earlier ones. */
async function growth(runs: number, settled: number, once: () => Promise<void>): Promise<number> {
  let before = 0;
  let most = 0;
  for (let k = 0; k < runs; k++) {
    await once();
    // Array buffers, shared ones and those of WebAssembly memories included.
    const { external } = process.memoryUsage();
    if (k < settled) before = Math.max(before, external);
    else most = Math.max(most, external);
  }
  console.log(`outside of the heap: at most ${before} B over ${settled} runs, ${most} B over ${runs - settled} more`);
  return most - before;
}

/** Regions, rings and tables as of any chain, and nothing that takes long to set up. */
const small = {
  ports: { in: generator({ packets: PACKETS }), out: sink() },
  paths: [{ from: 'in', to: 'out', via: chain('two', [touch({}), touch({}, { as: 'second' })]) }],
  memory: { slots: 64 },
  flows: 256,
};

describe('many runs in one process stay flat', () => {
  let seed = 0;

  it('a thousand in one thread', async () => {
    expect(await growth(1000, 200, async () => {
      const { ledger } = await simulate(small, { seed: ++seed });
      expect(ledger).toMatchObject({ received: PACKETS, inFlight: 0, balanced: true });
    })).toBeLessThan(SLACK_BYTES);
  }, PATIENCE_MS);

  it('forty of the office, whose functions have memory of their own', async () => {
    const configuration = await policyOver('office', capture, { memory: { slots: 64 }, flows: 256 });
    expect(await growth(40, 10, async () => {
      const { ledger } = await simulate(configuration, { baseDirectory: EXAMPLES, seed: ++seed });
      expect(ledger).toMatchObject({ received: PACKETS, inFlight: 0, balanced: true });
    })).toBeLessThan(SLACK_BYTES);
  }, PATIENCE_MS);

  it('twenty on real threads', async () => {
    expect(await growth(20, 6, async () => {
      const { ledger } = await run(small);
      expect(ledger).toMatchObject({ received: PACKETS, inFlight: 0, balanced: true });
    })).toBeLessThan(SLACK_BYTES);
  }, PATIENCE_MS);
});
