/** Options of the DPI, and their check on the main thread: signature files are read there, all mistakes reported at once. */
import { z } from 'zod';
import type { Preparation } from '../contract.js';
import { protocolsCalled } from './protocol-table.js';
import { MAX_STATES } from './signatures/automaton.js';
import { readClassifications, readRuleFile, type RuleProblem, type RuleSettings } from './signatures/rules/rule-file.js';
import type { Rule } from './signatures/rules/rule.js';
import { flowbitNames, MAX_FLOWBITS } from './signatures/rules/rule-set.js';
import { readSignatureFile } from './signatures/signature-file.js';
import { signatureSchema } from './signatures/signature.js';
import { signatureBytes } from './signatures/signature-text.js';

/** The automata's tables stay below about 70 MB. */
const MAX_SIGNATURES = 10_000;
/** Counted in a byte of the flow's words, fourfold. */
const MAX_BUDGET_PACKETS = 63;
const MAX_BUDGET_BYTES = 32_768;
const MAX_WINDOW_BYTES = 32_768;
/** More ICMP errors in a second than anybody needs. */
const MAX_ERRORS = 1_000_000;
/** Rules in Suricata's language: twice what the largest public collections have. */
const MAX_RULES = 100_000;

const budget = z.strictObject({
  packets: z.int().min(1).max(MAX_BUDGET_PACKETS).default(8).describe('packets with payload to look at per direction, to find the protocol'),
  bytes: z.int().min(64).max(MAX_BUDGET_BYTES).default(4096).describe('payload bytes to look at per direction'),
});

const windows = z.strictObject({
  count: z.int().min(0).max(65_536).default(1024).describe('windows: one for each direction of a connection that sends'),
  bytes: z.int().min(1024).max(MAX_WINDOW_BYTES).default(8192)
    .describe('what a rule can see at a time: the longest head of a message, or distance between two contents'),
});

const streams = z.strictObject({
  buffers: z.int().min(0).max(65_536).default(256).describe('beginnings of streams that can be kept at a time'),
  bytes: z.int().min(512).max(MAX_BUDGET_BYTES).default(4096).describe('bytes of each: the longest request or ClientHello that can be put together'),
  windows: windows.prefault({}).describe("where streams are put together for rules in Suricata's language"),
});

const hostSuffix = z
  .string()
  .max(255)
  .transform((text) => text.toLowerCase().replace(/^\*?\./, '').replace(/\.$/, ''))
  .refine((text) => /^[a-z0-9_:-]+(\.[a-z0-9_:-]+)*$/.test(text), { error: 'expected a host name' });

const block = z.strictObject({
  protocols: z.array(z.string().refine((name) => protocolsCalled(name).length > 0, { error: 'expected a protocol that is recognised' })).default([])
    .describe('names as in the table of protocols, in either case'),
  hosts: z.array(hostSuffix).default([]).describe('host names: each means itself and everything below it'),
});

const dpiShape = z.strictObject({
  signatures: z.array(z.string().min(1)).default([])
    .describe("signature files: YAML, or rules in Suricata's language where the name ends in .rules"),
  variables: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().min(1)).default({})
    .describe('values of $NAME in the headers of rules, beside and before those that are always there'),
  classification: z.string().min(1).optional().describe("a file in the form of Suricata's classification.config: what classtype means"),
  rules: z.array(signatureSchema).max(MAX_SIGNATURES).default([]).describe('signatures, inline'),
  budget: budget.prefault({}).describe('how much of a flow is looked at to find its protocol'),
  streams: streams.prefault({}).describe('buffers in which streams are put together'),
  block: block.prefault({}).describe('flows to drop by what they are'),
  icmpErrorsPerSecond: z.int().min(0).max(MAX_ERRORS).default(1000).describe('most ICMP errors in a second that rules with the action reject make; 0: none'),
});

/** `suricata` are the rules of the files, read by `prepareOptions`. */
export const dpiOptions = dpiShape.transform((options) => ({ ...options, suricata: [] as Rule[] }));

export type DpiInput = z.input<typeof dpiOptions>;
export type DpiOptions = z.output<typeof dpiOptions>;

/** Reads the signature files and puts what they say behind the inline rules: `create` gets one list. */
export async function prepareOptions(options: DpiOptions, preparation: Preparation): Promise<DpiOptions> {
  const rules = [...options.rules];
  const suricata: ReadRules = { rules: [], placeOf: new Map() };
  const settings = await readSettings(options, preparation);
  const placeOf = new Map<string, string>();
  options.rules.forEach((rule, index) => {
    if (placeOf.has(rule.name)) {
      preparation.problem({ path: ['rules', index, 'name'], message: 'the name is used twice', found: rule.name, expected: 'unique names' });
    }
    placeOf.set(rule.name, `rules[${index}]`);
  });
  for (const [index, name] of options.signatures.entries()) {
    const path = preparation.resolve(name);
    if (name.endsWith('.rules')) {
      await readRules(path, index, settings, suricata, preparation);
      continue;
    }
    const file = await readSignatureFile(path);
    reportProblems(path, ['signatures', index], file.problems, preparation);
    file.signatures.forEach((signature, k) => {
      const line = file.lines[k];
      const before = placeOf.get(signature.name);
      if (before !== undefined) {
        const message = `${path}:${line}: the name is used twice, before at ${before}`;
        const found = signature.name;
        preparation.problem({ path: ['signatures', index], message, found, expected: 'unique names', line, column: 1 });
      }
      placeOf.set(signature.name, `${path}:${line}`);
      rules.push(signature);
    });
  }
  const bytes = rules.reduce((sum, rule) => sum + signatureBytes(rule).length, 0);
  const tooMany = (message: string, found: string, expected: string): void => preparation.problem({ path: ['signatures'], message, found, expected });
  if (rules.length > MAX_SIGNATURES) {
    tooMany('too many signatures', String(rules.length), `at most ${MAX_SIGNATURES}`);
  } else if (bytes >= MAX_STATES) {
    tooMany('the signatures are too long together', `${bytes} bytes`, `less than ${MAX_STATES} bytes`);
  }
  checkRules(suricata.rules, tooMany);
  return { ...options, signatures: [], rules, suricata: suricata.rules };
}

interface ReadRules {
  rules: Rule[];
  /** By gid and sid. */
  placeOf: Map<string, string>;
}

async function readSettings({ variables, classification }: DpiOptions, preparation: Preparation): Promise<RuleSettings> {
  if (classification === undefined) return { variables, classifications: null };
  const path = preparation.resolve(classification);
  const { classifications, problems } = await readClassifications(path);
  reportProblems(path, ['classification'], problems, preparation);
  return { variables, classifications: problems.length > 0 ? null : classifications };
}

async function readRules(path: string, index: number, settings: RuleSettings, read: ReadRules, preparation: Preparation): Promise<void> {
  const file = await readRuleFile(path, settings);
  reportProblems(path, ['signatures', index], file.problems, preparation);
  file.rules.forEach((rule, k) => {
    const key = `${rule.gid}:${rule.sid}`;
    const line = file.lines[k];
    const before = read.placeOf.get(key);
    if (before !== undefined) {
      const message = `${path}:${line}: sid ${rule.sid} stands twice, before at ${before}`;
      preparation.problem({ path: ['signatures', index], message, found: key, expected: 'unique sids', line, column: 1 });
    }
    read.placeOf.set(key, `${path}:${line}`);
    read.rules.push(rule);
  });
}

function checkRules(rules: readonly Rule[], tooMany: (message: string, found: string, expected: string) => void): void {
  if (rules.length > MAX_RULES) tooMany('too many rules', String(rules.length), `at most ${MAX_RULES}`);
  const names = flowbitNames(rules);
  if (names.length > MAX_FLOWBITS) tooMany('the rules use too many names of flowbits', String(names.length), `at most ${MAX_FLOWBITS}`);
}

/** Mistakes in a file, each at its line and column. */
function reportProblems(path: string, place: (string | number)[], problems: readonly RuleProblem[], preparation: Preparation): void {
  for (const { message, line, column } of problems) {
    const where = line === undefined || column === undefined ? '' : `:${line}:${column}`;
    const position = line === undefined || column === undefined ? {} : { line, column };
    preparation.problem({ path: place, message: `${path}${where}: ${message}`, ...position });
  }
}
