/** Options of the DPI, and their check on the main thread: signature files are read there, all mistakes reported at once. */
import { z } from 'zod';
import type { Preparation } from '../contract.js';
import { protocolsCalled } from './protocol-table.js';
import { MAX_STATES } from './signatures/automaton.js';
import { readSignatureFile } from './signatures/signature-file.js';
import { signatureBytes, signatureSchema } from './signatures/signature.js';

/** The automata's tables stay below about 70 MB. */
const MAX_SIGNATURES = 10_000;
/** Counted in a byte of the flow's words, fourfold. */
const MAX_BUDGET_PACKETS = 63;
const MAX_BUDGET_BYTES = 32_768;

const budget = z.strictObject({
  /** Packets with payload to look at per direction, to find the protocol. */
  packets: z.int().min(1).max(MAX_BUDGET_PACKETS).default(8),
  /** Payload bytes to look at per direction. */
  bytes: z.int().min(64).max(MAX_BUDGET_BYTES).default(4096),
});

const streams = z.strictObject({
  /** Beginnings of streams that can be kept at a time. */
  buffers: z.int().min(0).max(65_536).default(256),
  /** Bytes of each: the longest request or ClientHello that can be put together. */
  bytes: z.int().min(512).max(MAX_BUDGET_BYTES).default(4096),
});

const hostSuffix = z
  .string()
  .max(255)
  .transform((text) => text.toLowerCase().replace(/^\*?\./, '').replace(/\.$/, ''))
  .refine((text) => /^[a-z0-9_:-]+(\.[a-z0-9_:-]+)*$/.test(text), { error: 'expected a host name' });

const block = z.strictObject({
  /** Names as in the table of protocols, in either case. */
  protocols: z
    .array(z.string().refine((name) => protocolsCalled(name).length > 0, { error: 'expected a protocol that is recognised' }))
    .default([]),
  /** Host names: each means itself and everything below it. */
  hosts: z.array(hostSuffix).default([]),
});

export const dpiOptions = z.strictObject({
  /** Signature files (YAML). */
  signatures: z.array(z.string().min(1)).default([]),
  /** Signatures, inline. */
  rules: z.array(signatureSchema).max(MAX_SIGNATURES).default([]),
  budget: budget.prefault({}),
  streams: streams.prefault({}),
  /** Flows to drop by what they are. */
  block: block.prefault({}),
});

export type DpiInput = z.input<typeof dpiOptions>;
type DpiOptions = z.output<typeof dpiOptions>;

/** Reads the signature files and puts what they say behind the inline rules: `create` gets one list. */
export async function prepareOptions(options: DpiOptions, preparation: Preparation): Promise<DpiOptions> {
  const rules = [...options.rules];
  const placeOf = new Map<string, string>();
  options.rules.forEach((rule, index) => {
    if (placeOf.has(rule.name)) {
      preparation.problem({ path: ['rules', index, 'name'], message: 'the name is used twice', found: rule.name, expected: 'unique names' });
    }
    placeOf.set(rule.name, `rules[${index}]`);
  });
  for (const [index, name] of options.signatures.entries()) {
    const path = preparation.resolve(name);
    const file = await readSignatureFile(path);
    for (const { message, line, column } of file.problems) {
      const where = line === undefined || column === undefined ? '' : `:${line}:${column}`;
      const position = line === undefined || column === undefined ? {} : { line, column };
      preparation.problem({ path: ['signatures', index], message: `${path}${where}: ${message}`, ...position });
    }
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
  return { ...options, signatures: [], rules };
}
