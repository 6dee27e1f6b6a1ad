/**
 * Small captures with everything that is expected of them in a JSON file beside, to be reviewed by diff.
 * UPDATE_GOLDEN=1 writes the files anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/runtime/simulate.js';
import { digestOf, EXAMPLES, pcapOf, policyOver, recordsOf, temporaryFolder } from '../support/captures.js';
import { partsOf } from '../support/report-parts.js';
import { CASES } from './cases.js';
import { lineOf } from './packet-line.js';

const folder = temporaryFolder();
const isUpdate = process.env['UPDATE_GOLDEN'] === '1';
/** More lines than that are not read by anyone. */
const MAX_LINES = 40;

/** What leaves on a side: the packets in short where they are few, and a digest of all of them. */
function writtenOn(path: string): object {
  const records = recordsOf(path);
  return { ...digestOf(path), ...(records.length <= MAX_LINES && { lines: records.map(lineOf) }) };
}

describe('golden captures', () => {
  it.each(CASES)('$name: $about', async ({ name, about, policy, records }) => {
    const own = join(folder, name);
    mkdirSync(own);
    const input = records();
    const capture = join(own, 'input.pcap');
    writeFileSync(capture, pcapOf(input));
    const report = await simulate(await policyOver(policy, capture, { folder: own }), { baseDirectory: EXAMPLES, flows: true });
    const found = {
      about,
      policy,
      input: { packets: input.length, ...(input.length <= MAX_LINES && { lines: input.map(lineOf) }) },
      ...partsOf(report),
      written: { outside: writtenOn(join(own, 'outside.pcapng')), inside: writtenOn(join(own, 'inside.pcapng')) },
    };
    const golden = fileURLToPath(new URL(`${name}.json`, import.meta.url));
    if (isUpdate) writeFileSync(golden, `${JSON.stringify(found, null, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
    expect(report.bytesCopied).toBe(0);
  });
});
