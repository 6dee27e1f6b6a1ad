/**
 * Runs the fuzzers for minutes, each in turn with seeds that nobody has tried: packets and files through whole chains, firewall,
 * NAT, DPI, firewall rules, Suricata rules, configurations, and every property test.
 *
 *   npm run build && node scripts/fuzz.mjs --minutes 10
 *   node scripts/fuzz.mjs --minutes 2 --only nat,dpi --seed 7
 *
 * It prints a line for each round; at the first that fails its output, with the seed to repeat it by, and ends with code 1.
 * What it finds belongs into the tests: a capture into test/captures/regressions, a text or packet into the test of its area.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

/** Seconds of one round where a fuzzer goes by the clock. */
const SECONDS = 15;

/** Test files, and what makes a round some seconds long, from a seed that grows. */
const FUZZERS = {
  captures: { files: ['test/captures/fuzz.test.ts'], environment: (seed) => ({ MILLRACE_FUZZ: 60, MILLRACE_FUZZ_FIRST: seed }) },
  firewall: { files: ['test/nf/firewall/fuzz.test.ts'], environment: (seed) => ({ FUZZ_SECONDS: SECONDS, FUZZ_SEED: seed }) },
  nat: { files: ['test/nf/nat/fuzz.test.ts'], environment: (seed) => ({ NAT_FUZZ_SECONDS: SECONDS, NAT_FUZZ_SEED: seed }) },
  dpi: { files: ['test/nf/dpi/fuzz.test.ts'], environment: (seed) => ({ MILLRACE_FUZZ: 30, MILLRACE_FUZZ_FIRST: seed }) },
  signatures: { files: ['test/nf/dpi/signatures/rule-file.test.ts', 'test/nf/dpi/signatures/rules.test.ts'], environment: (seed) => ({ MILLRACE_FUZZ: 400, PROPERTY_SEED: seed }) },
  configuration: { files: ['test/runtime/fuzz-configuration.test.ts'], environment: (seed) => ({ MILLRACE_FUZZ: 300, MILLRACE_FUZZ_FIRST: seed }) },
  properties: { files: ['flow', 'memory', 'nf', 'packet', 'packet-manager', 'port', 'ring'].map((folder) => `test/${folder}/`), environment: (seed) => ({ PROPERTY_SEED: seed }) },
};
/** Of one test, in ms: on a machine that does other things beside, a test may take long without being wrong. */
const PATIENCE_MS = 600_000;
/** From one round's first seed to the next one's: more than a round tries. */
const SEED_STEP = 10_000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' }, only: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
const names = values.only?.split(',') ?? Object.keys(FUZZERS);
const unknown = names.filter((name) => !Object.hasOwn(FUZZERS, name));
if (!(minutes > 0) || unknown.length > 0) {
  console.error(`usage: node scripts/fuzz.mjs [--minutes N] [--only ${Object.keys(FUZZERS).join(',')}] [--seed N]`);
  process.exit(2);
}

let seed = Number(values.seed ?? Math.floor(Date.now() / 1000) % 100_000) * SEED_STEP;
const end = Date.now() + minutes * 60_000;
for (let round = 0; round < names.length || Date.now() < end; round++, seed += SEED_STEP) {
  const name = names[round % names.length];
  const { files, environment } = FUZZERS[name];
  const variables = environment(seed);
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', `--testTimeout=${PATIENCE_MS}`, ...files], {
    env: { ...process.env, ...Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, String(value)])) }, encoding: 'utf8',
  });
  const how = Object.entries(variables).map(([key, value]) => `${key}=${value}`).join(' ');
  console.log(`${status === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(13)} ${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${how}`);
  if (status !== 0) {
    console.log(stdout, stderr);
    process.exit(1);
  }
}
