/** The example's capture: the same from run to run, in one thread and on real threads. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type FunctionList } from 'millrace';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/runtime/simulate.js';
import { digestOf, EXAMPLE_CAPTURE, EXAMPLES, POLICIES, policyOver, temporaryFolder } from '../support/captures.js';
import { partsOf } from '../support/report-parts.js';

const folder = temporaryFolder();
const fresh = (name: string): string => {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
};
const SIDES = ['inside.pcapng', 'outside.pcapng'];
const options = { baseDirectory: EXAMPLES, flows: true };

describe.each(POLICIES)('the example under the %s policy', (policy) => {
  it('is written byte for byte the same by the same seed, and packet for packet by any', async () => {
    const runs: { files: Buffer[]; digests: ReturnType<typeof digestOf>[] }[] = [];
    for (const [at, seed] of [7, 7, 8].entries()) {
      const out = fresh(`${policy}-seed-${at}`);
      await simulate(await policyOver(policy, EXAMPLE_CAPTURE, { folder: out }), { ...options, seed });
      runs.push({ files: SIDES.map((name) => readFileSync(join(out, name))), digests: SIDES.map((name) => digestOf(join(out, name))) });
    }
    expect(runs[1].files.map((file, at) => file.equals(runs[0].files[at]))).toEqual([true, true]);
    expect(runs[2].digests).toEqual(runs[0].digests);
  });

  it('comes to the same on real threads as in one', async () => {
    const [one, threads] = [fresh(`${policy}-one`), fresh(`${policy}-threads`)];
    const simulated = await simulate(await policyOver(policy, EXAMPLE_CAPTURE, { folder: one }), options);
    const real = await run(await policyOver(policy, EXAMPLE_CAPTURE, { folder: threads }), options);
    expect(partsOf(real)).toEqual(partsOf(simulated));
    expect(SIDES.map((name) => digestOf(join(threads, name)))).toEqual(SIDES.map((name) => digestOf(join(one, name))));
  });

  it.each([
    ['together in one VM', { placement: 'together' as const }],
    ['from VM to VM', { routing: 'mesh' as const }],
  ])('comes to the same %s', async (_, how) => {
    const [hub, other] = [fresh(`${policy}-hub`), fresh(`${policy}-other`)];
    const expected = await simulate(await policyOver(policy, EXAMPLE_CAPTURE, { folder: hub }), options);
    const { chains = {}, ...rest } = await policyOver(policy, EXAMPLE_CAPTURE, { folder: other });
    const placed = Object.fromEntries(Object.entries(chains).map(([name, functions]) => [name, { functions: functions as FunctionList, ...how }]));
    expect(partsOf(await simulate({ ...rest, chains: placed }, options))).toEqual(partsOf(expected));
    expect(SIDES.map((name) => digestOf(join(other, name)))).toEqual(SIDES.map((name) => digestOf(join(hub, name))));
  });
});
