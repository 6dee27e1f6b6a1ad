/**
 * Mutations of the example's packets and of its file, through both policies in one thread. A fixed number of seeds;
 * MILLRACE_FUZZ=<n> tries n of each kind. What failed once is kept in regressions/, made from our own capture.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/runtime/problems.js';
import { simulate } from '../../src/runtime/simulate.js';
import { EXAMPLE_CAPTURE, EXAMPLES, factsOf, pcapOf, POLICIES, policyOver, recordsOf, temporaryFolder, type CaptureConfiguration } from '../support/captures.js';
import { mutateFile, mutateRecords } from '../support/mutate.js';

const SEEDS = Number(process.env['MILLRACE_FUZZ'] ?? 40);
/** Seeds from here on; to search elsewhere. */
const FIRST = Number(process.env['MILLRACE_FUZZ_FIRST'] ?? 1);
/** Packets of each mutated capture: several connections of the example, and a run of some milliseconds. */
const PACKETS = 250;
const PATIENCE_MS = 120_000 + SEEDS * 2000;

const folder = temporaryFolder();
const example = recordsOf(EXAMPLE_CAPTURE);
const file = readFileSync(EXAMPLE_CAPTURE).subarray(0, 120_000);
const NEVER = ['nf-crash', 'tx-pointer-invalid', 'tx-bounds-invalid', 'chain-stopped', 'egress-failed'];

/** What is wrong with a run over this capture; empty when nothing is. */
async function wrongWith(capture: string, seed: number): Promise<string[]> {
  const wrong: string[] = [];
  for (const policy of POLICIES) {
    const configuration: CaptureConfiguration = await policyOver(policy, capture, { folder, memory: { slots: 64 }, flows: 1024 });
    try {
      const report = await simulate(configuration, { baseDirectory: EXAMPLES, seed });
      const { ledger, census, drops, error, bytesCopied, ports } = report;
      if (error !== undefined) wrong.push(`${policy}: ${error.message}`);
      if (!ledger.balanced || ledger.inFlight !== 0 || !census.balanced || census.faults.length > 0) wrong.push(`${policy}: ${JSON.stringify({ ledger, census })}`);
      if (ledger.received !== factsOf(capture).packets) wrong.push(`${policy}: received ${ledger.received} of ${factsOf(capture).packets}`);
      for (const reason of NEVER) if (drops[reason] !== undefined) wrong.push(`${policy}: ${reason} ${drops[reason]}`);
      if (bytesCopied !== 0) wrong.push(`${policy}: ${bytesCopied} B copied`);
      for (const side of ['inside', 'outside'] as const) {
        const { packets } = factsOf(join(folder, `${side}.pcapng`));
        if (packets !== ports[side].transmitted) wrong.push(`${policy}: ${packets} written on ${side}, ${ports[side].transmitted} transmitted`);
      }
    } catch (thrown) {
      // A file that is no capture any more is a configuration error, found before anything starts.
      if (!(thrown instanceof ConfigurationError)) wrong.push(`${policy}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
    }
  }
  return wrong;
}

describe('mutations', () => {
  it.each([
    ['packets', (seed: number) => pcapOf(mutateRecords(example, seed, PACKETS)), 'pcap'],
    ['the file', (seed: number) => mutateFile(file, seed), 'pcapng'],
  ] as const)(`of %s, ${SEEDS} seeds`, async (_, make, extension) => {
    const failed: Record<string, string[]> = {};
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      const capture = join(folder, `mutated.${extension}`);
      writeFileSync(capture, make(seed));
      const wrong = await wrongWith(capture, seed);
      if (wrong.length > 0) failed[`seed ${seed}`] = wrong;
    }
    expect(failed).toEqual({});
  }, PATIENCE_MS);
});

const regressions = fileURLToPath(new URL('regressions/', import.meta.url));
const kept = existsSync(regressions) ? readdirSync(regressions).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

describe.skipIf(kept.length === 0)('what failed once', () => {
  it.each(kept)('%s', async (name) => {
    expect(await wrongWith(join(regressions, name), 1)).toEqual([]);
  });
});
