/**
 * The NAT beside the kernel's, which the field trusts: the same packets through both, compared for what is externally visible.
 * Run: sudo npx vitest run test/oracle/nat.test.ts; with ORACLE_TABLE=1 it prints the table that docs/nat.md shows.
 */
import { afterAll, expect, test } from 'vitest';
import { harness } from '../../src/nf/harness.js';
import { nat } from '../../src/nf/nat/index.js';
import { read } from '../tidy/source-files.js';
import { OurBox } from './nat/box.js';
import { KernelBox, missing } from './nat/kernel.js';
import { askAll, US } from './nat/scenarios.js';

const lack = missing();
if (lack !== null) console.warn(`skipped: the comparison with the kernel's NAT needs ${lack}`);

const TIMEOUT_MS = 60_000;
/** As the kernel is set up: see nat/kernel.ts. */
const OPTIONS = {
  external: US,
  inside: '10.0.0.0/8',
  filtering: 'address-and-port',
  portForwards: [{ protocol: 'tcp', port: 8080, to: '10.0.0.7', toPort: 80 }, { protocol: 'udp', port: 8053, to: '10.0.0.7', toPort: 53 }],
  static: [{ inside: '10.0.0.9', external: '203.0.113.9' }],
  timeouts: { udpSeconds: 2, tcpTransitorySeconds: 1 },
} as const;

/** Rows of the table of disagreements in the docs: question, the kernel, Millrace. */
const explained = new Map(
  [...(read('docs/nat.md').split('## Beside the kernel')[1] ?? '').matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, question, kernel, ours]) => [question.trim(), [kernel.trim(), ours.trim()]]),
);

afterAll(() => {
  if (lack === null) KernelBox.destroy();
});

test.skipIf(lack !== null)('agrees with the kernel, but for what the docs explain', async () => {
  const kernel = await KernelBox.build();
  const theirs = await askAll(kernel);
  kernel.close();
  const ours = await askAll(new OurBox(await harness(nat({ ...OPTIONS, portForwards: [...OPTIONS.portForwards], static: [...OPTIONS.static] }))));

  expect([...ours.keys()]).toEqual([...theirs.keys()]);
  const differing = [...ours].filter(([question, answer]) => theirs.get(question) !== answer);
  if (process.env.ORACLE_TABLE !== undefined) {
    for (const [question, answer] of ours) console.log(`${theirs.get(question) === answer ? '=' : '≠'} ${question} | ${theirs.get(question)} | ${answer}`);
  }
  expect(read('docs/nat.md')).toContain(`of ${ours.size} questions ${ours.size - differing.length} have the same answer`);
  expect(new Map(differing.map(([question, answer]) => [question, [theirs.get(question), answer]]))).toEqual(new Map([...explained].filter(([question]) => question !== 'Question' && !/^-+$/.test(question))));
}, TIMEOUT_MS);
